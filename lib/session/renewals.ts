import { randomUUID } from 'node:crypto';
import type { HeadlessClient } from '../client/headless-client.js';
import { RefreshUnverified } from '../client/refresh-unverified.js';
import type { TokenSet } from '../client/token-set.js';
import { HeadlessError } from '../errors.js';
import type { Store } from './express-session.js';
import { LayeredLocks, type HeldLock, type Locks } from './locks.js';
import { pause } from './pause.js';
import { isUsedByAnother, leftTokenUntouched } from './refresh-failures.js';
import type { RefreshMark, RefreshMarks } from './refresh-marks.js';
import type { RenewedTokens } from './renewed-tokens.js';
import type { TokenOptions } from './token-options.js';
import type { TokenRecord, TokenRecords } from './token-records.js';

/** However little is left of the time of another's refresh, its answer gets this long to turn up (milliseconds). */
const leastPatience = 2_000;
/** Longer than a process takes from reading a mark to having written its own (milliseconds). */
const rivalsPause = 200;
/** How long nobody asks again after Salesforce has said that there were too many calls (milliseconds). */
const pauseAfterLimit = 5_000;

/** What {@link Renewals} works with. */
export interface RenewalServices {
  readonly client: HeadlessClient;
  readonly locks: Locks;
  readonly records: TokenRecords;
  readonly marks: RefreshMarks;
  readonly renewed: RenewedTokens;
  readonly options: TokenOptions;
}

/** One session's tokens, about to be renewed. */
interface Subject {
  readonly store: Store;
  readonly id: string;
  readonly found: TokenRecord;
}

/**
 * Refreshes the tokens of sessions, one refresh at a time for each. Where refresh tokens rotate, using one twice ends
 * every login of the user, so a refresh is on record before it is sent: whoever finds it there does not send another.
 */
export class Renewals {
  private readonly running = new Map<string, Promise<TokenRecord>>();
  private readonly services: RenewalServices;
  private heldUntil = -Infinity;

  constructor(services: RenewalServices) {
    this.services = services;
  }

  /** How long (milliseconds) a refresh can be under way, and its answer on the way to the store. */
  private get patience(): number {
    return this.services.client.timeout + leastPatience;
  }

  /** Whether the tokens of a session are being renewed, by this process or, as far as the mark says, another. */
  async isUnderWay(store: Store, sessionId: string, { generation }: TokenRecord): Promise<boolean> {
    if (this.running.has(sessionId)) return true;
    const mark = await this.services.marks.get(store, sessionId, generation);
    return mark !== undefined && Math.abs(Date.now() - mark.at) < this.patience;
  }

  /**
   * Tokens newer than the ones that were seen: made by this call, or by whoever was quicker.
   *
   * @throws {HeadlessError} `login_required` when the login has ended, `refresh_lost`, or what kept the answer away.
   */
  async run(store: Store, sessionId: string, seen: TokenRecord): Promise<TokenRecord> {
    const running = this.running.get(sessionId);
    const result = await (running ?? this.begin(store, sessionId, seen));
    // What was under way may have been what has been found wanting since.
    const isNews = running === undefined || result.generation > seen.generation;
    return isNews ? result : (this.running.get(sessionId) ?? this.begin(store, sessionId, seen));
  }

  private begin(store: Store, sessionId: string, seen: TokenRecord): Promise<TokenRecord> {
    const mine = this.services.locks
      .run(`tokens ${sessionId}`, (lock) => this.renew(store, sessionId, seen, lock))
      .finally(() => this.running.delete(sessionId));
    this.running.set(sessionId, mine);
    return mine;
  }

  private async renew(
    store: Store,
    id: string,
    seen: TokenRecord,
    lock: HeldLock | undefined,
  ): Promise<TokenRecord> {
    const { marks, client } = this.services;
    const found = await this.present(store, id);
    if (found.generation !== seen.generation) return found;
    const subject = { store, id, found };
    const { generation, refreshToken } = found;
    const earlier = await marks.get(store, id, generation);
    if (earlier?.lost === true) return this.lastOf(found);
    if (earlier !== undefined) return this.outcomeOf(subject, earlier.at);
    if (refreshToken === undefined) {
      throw new HeadlessError('login_required', {
        hint: 'There is no refresh token: request the scope `refresh_token`, and assign it to the app.',
      });
    }
    if (Date.now() < this.heldUntil) throw new HeadlessError('rate_limited');
    const mark = { at: Date.now(), by: randomUUID() };
    await marks.set(store, id, generation, mark);
    // Where locks do not reach every process, two may have come this far: the one that wrote last sends.
    if (this.mayHaveRivals(store)) await pause(rivalsPause);
    const agreed = await this.present(store, id);
    if (agreed.generation !== generation) return agreed;
    const isMine = (await marks.get(store, id, generation))?.by === mark.by;
    // A process that stalled for longer than its lock lasts is not the only one at this.
    if (!isMine || (await lock?.isHeld()) === false) return this.outcomeOf(subject, mark.at);
    let tokens: TokenSet;
    try {
      tokens = await client.refresh({ refreshToken, userId: found.owner });
    } catch (error) {
      return this.failed(subject, mark, error);
    }
    return this.services.renewed.keep(store, id, found, tokens, mark);
  }

  /** Whether processes that these locks do not reach may have the same sessions. */
  private mayHaveRivals(store: Store): boolean {
    const { locks } = this.services;
    return !(locks instanceof LayeredLocks) && store.constructor.name !== 'MemoryStore';
  }

  /** The tokens of a session that has not ended meanwhile. */
  private async present(store: Store, id: string): Promise<TokenRecord> {
    const found = await this.services.records.get(store, id);
    if (found === undefined) throw new HeadlessError('login_required');
    return found;
  }

  private async failed(subject: Subject, mark: RefreshMark, error: unknown): Promise<TokenRecord> {
    const { store, id, found } = subject;
    const { marks, records, renewed, options } = this.services;
    if (error instanceof RefreshUnverified) {
      await renewed.keepUnverified(store, id, found, error, mark);
      throw error;
    }
    const now = await this.present(store, id);
    if (now.generation !== found.generation) return now;
    const latest = await marks.get(store, id, found.generation);
    const isOthers = latest !== undefined && latest.by !== mark.by;
    if (isOthers || isUsedByAnother(error)) return this.outcomeOf(subject, Date.now());
    if (error instanceof HeadlessError && error.code === 'login_required') {
      await records.delete(store, id);
      throw error;
    }
    if (error instanceof HeadlessError && error.code === 'rate_limited') {
      this.heldUntil = Date.now() + pauseAfterLimit;
    }
    if (leftTokenUntouched(error) || options.reusableRefreshTokens) {
      await marks.delete(store, id, found.generation);
      throw error;
    }
    return this.lose(subject, mark, error);
  }

  /**
   * Somebody has sent a refresh whose answer is not stored yet. It may be under way; when it does not turn up, its
   * sender has died, and with it the only copy of the new refresh token.
   */
  private async outcomeOf(subject: Subject, sentAt: number): Promise<TokenRecord> {
    const { store, id, found } = subject;
    const now = Date.now();
    const { patience } = this;
    const left = Math.min(patience, Math.max(leastPatience, sentAt + patience - now));
    let mark: RefreshMark | undefined;
    for (let delay = 50; Date.now() < now + left; delay = Math.min(500, delay * 2)) {
      await pause(delay);
      const present = await this.present(store, id);
      if (present.generation !== found.generation) return present;
      mark = await this.services.marks.get(store, id, found.generation);
      if (mark?.lost === true) return this.lastOf(present);
      if (mark === undefined) {
        throw new HeadlessError('unreachable', { message: 'Another request could not refresh.' });
      }
    }
    return this.lose(subject, mark ?? { at: sentAt, by: '' }, undefined);
  }

  /** The refresh token may be spent, and is never used again; the access token serves as long as it lasts. */
  private async lose(
    { store, id, found }: Subject,
    mark: RefreshMark,
    cause: unknown,
  ): Promise<TokenRecord> {
    await this.services.marks.set(store, id, found.generation, { ...mark, lost: true });
    return this.lastOf(found, cause);
  }

  private lastOf(record: TokenRecord, cause?: unknown): TokenRecord {
    if (record.expiresAt > Date.now() + this.services.client.clockAhead) return record;
    throw new HeadlessError('refresh_lost', { cause });
  }
}
