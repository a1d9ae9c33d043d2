import type { Store } from './express-session.js';
import { Records } from './records.js';

/** What is on record of one use of a refresh token. Nothing in it is secret. */
export interface RefreshMark {
  /** When it was about to be sent, milliseconds since the epoch. */
  readonly at: number;
  /** Which attempt: of two that write at once, the last one counts. */
  readonly by: string;
  /** Its answer never came: the refresh token must not be used again, but to be ended. */
  readonly lost?: true;
}

function isMark(value: unknown): RefreshMark | undefined {
  return typeof value === 'object' && value !== null && 'by' in value && 'at' in value
    ? (value as RefreshMark)
    : undefined;
}

/** After a renewal its mark stays for as long as a process may stall that has read the tokens before (milliseconds). */
const longestStall = 3_600_000;

/**
 * Marks that a refresh token has been used, written before it is sent. They lie beside the tokens, one for each
 * generation: a process that stalls and writes late cannot overwrite newer tokens with what it had read.
 */
export class RefreshMarks {
  private readonly records = new Records('refresh', isMark);
  private readonly lifetime: number;

  /** @param lifetime seconds that the tokens themselves are kept. */
  constructor(lifetime: number) {
    this.lifetime = lifetime;
  }

  /** The mark of one generation of a session's tokens. @throws {HeadlessError} `storage_failed`. */
  get(store: Store, sessionId: string, generation: number): Promise<RefreshMark | undefined> {
    return this.records.get(store, nameOf(sessionId, generation));
  }

  /** @throws {HeadlessError} `storage_failed`. */
  set(store: Store, sessionId: string, generation: number, mark: RefreshMark): Promise<void> {
    const end = Date.now() + this.lifetime * 1000;
    return this.records.set(store, nameOf(sessionId, generation), mark, end);
  }

  /** The tokens of the next generation are stored. @throws {HeadlessError} `storage_failed`. */
  settle(store: Store, sessionId: string, generation: number, mark: RefreshMark): Promise<void> {
    const end = Date.now() + longestStall;
    return this.records.set(store, nameOf(sessionId, generation), mark, end);
  }

  /** The refresh token has not been used after all, or is gone. @throws {HeadlessError} `storage_failed`. */
  delete(store: Store, sessionId: string, generation: number): Promise<void> {
    return this.records.delete(store, nameOf(sessionId, generation));
  }
}

function nameOf(sessionId: string, generation: number): string {
  return `${sessionId}\n${generation}`;
}
