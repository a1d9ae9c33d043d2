import { createHash } from 'node:crypto';
import { fetched, stored, type Store } from './express-session.js';

/** A record as it lies in the store: express-session's stores take their expiry from `cookie`. */
interface StoredRecord {
  readonly cookie: {
    readonly originalMaxAge: number;
    readonly maxAge: number;
    readonly expires: string;
  };
  readonly record: unknown;
}

/**
 * Records that lie beside the sessions in the same store, under keys of their own. Requests that run in parallel
 * overwrite each other's session blob with what they read before; they cannot overwrite these. The key is a digest,
 * so that whoever reads the store's keys learns neither session ids nor visitor ids.
 */
export class Records<T> {
  private readonly kind: string;
  private readonly read: (value: unknown) => T | undefined;

  /**
   * @param kind what is kept, one word.
   * @param read recognises a record; undefined for anything that has another shape.
   */
  constructor(kind: string, read: (value: unknown) => T | undefined) {
    this.kind = kind;
    this.read = read;
  }

  /** The record, or undefined when there is none. @throws {HeadlessError} `storage_failed`. */
  async get(store: Store, name: string): Promise<T | undefined> {
    const value = await fetched(store, this.key(name));
    if (typeof value !== 'object' || value === null || !('record' in value)) return undefined;
    return this.read(value.record);
  }

  /** Writes the record. @param expiresAt when the store may forget it, milliseconds since the epoch. */
  async set(store: Store, name: string, record: T, expiresAt: number): Promise<void> {
    const maxAge = expiresAt - Date.now();
    const expires = new Date(expiresAt).toISOString();
    // Stores differ in which of them they look at.
    const value: StoredRecord = { cookie: { originalMaxAge: maxAge, maxAge, expires }, record };
    await stored((done) => store.set(this.key(name), value, done));
  }

  /** Removes the record, if there is one. @throws {HeadlessError} `storage_failed`. */
  async delete(store: Store, name: string): Promise<void> {
    await stored((done) => store.destroy(this.key(name), done));
  }

  private key(name: string): string {
    const digest = createHash('sha256').update(name).digest('base64url');
    return `sf-headless-${this.kind}-${digest}`;
  }
}
