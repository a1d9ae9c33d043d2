import type { Store } from './express-session.js';
import { Records } from './records.js';
import type { Sealing } from './sealing.js';

/**
 * Records whose content is secret: in the store they are one sealed text each, which opens under the name it was sealed
 * for and no other. A record copied into another session, or to another kind, does not open.
 */
export class SealedRecords<T> {
  private readonly kind: string;
  private readonly sealing: Sealing;
  private readonly read: (value: unknown) => T | undefined;
  private readonly records: Records<string>;

  /**
   * @param kind what is kept, one word.
   * @param read recognises a record; undefined for anything that has another shape.
   */
  constructor(kind: string, sealing: Sealing, read: (value: unknown) => T | undefined) {
    this.kind = kind;
    this.sealing = sealing;
    this.read = read;
    this.records = new Records(kind, (value) => (typeof value === 'string' ? value : undefined));
  }

  /**
   * The record, or undefined when there is none, or none that opens: after its key has been taken out of the ring it is
   * as good as lost, which is no error.
   *
   * @throws {HeadlessError} `storage_failed`.
   */
  async get(store: Store, name: string): Promise<T | undefined> {
    const sealed = await this.records.get(store, name);
    const text = sealed === undefined ? undefined : this.sealing.open(this.purpose(name), sealed);
    return text === undefined ? undefined : this.read(JSON.parse(text));
  }

  /** Writes the record. @param expiresAt when the store may forget it, milliseconds since the epoch. */
  async set(store: Store, name: string, record: T, expiresAt: number): Promise<void> {
    const sealed = this.sealing.seal(this.purpose(name), JSON.stringify(record));
    await this.records.set(store, name, sealed, expiresAt);
  }

  /** Removes the record, if there is one. @throws {HeadlessError} `storage_failed`. */
  async delete(store: Store, name: string): Promise<void> {
    await this.records.delete(store, name);
  }

  private purpose(name: string): string {
    return `${this.kind} record ${name}`;
  }
}
