import { randomUUID } from 'node:crypto';
import type { HeadlessClient } from '../client/headless-client.js';
import type { TokenSet } from '../client/token-set.js';
import { HeadlessError } from '../errors.js';
import type { Store } from './express-session.js';
import { LayeredLocks, type Locks } from './locks.js';
import { pause } from './pause.js';
import { isUsedByAnother, leftTokenUntouched } from './refresh-failures.js';
import type { Revocations } from './revocations.js';
import type { TokenOptions } from './token-options.js';
import { renewedRecord, type TokenRecord, type TokenRecords } from './token-records.js';

/** However little is left of the time of another's refresh, its answer gets this long to turn up (milliseconds). */
const leastPatience = 2_000;
const storeTries = 3;
/** Longer than a process takes from reading a record to having written it (milliseconds). */
const rivalsPause = 200;

/** What {@link Renewals} works with. */
export interface RenewalServices {
  readonly client: HeadlessClient;
  readonly locks: Locks;
  readonly records: TokenRecords;
  readonly revocations: Revocations;
  readonly options: TokenOptions;
}

/**
 * Refreshes the tokens of sessions, one refresh at a time for each. Where refresh tokens rotate, using one twice ends
 * every login of the user, so a refresh is on record before it is sent: whoever finds it there does not send another.
 */
export class Renewals {
  private readonly running = new Map<string, Promise<TokenRecord>>();
  private readonly services: RenewalServices;

  constructor(services: RenewalServices) {
    this.services = services;
  }

  /** How long (milliseconds) a refresh can be under way, and its answer on the way to the store. */
  private get patience(): number {
    return this.services.client.timeout + leastPatience;
  }

  /** Whether the tokens of a session are being renewed, by this process or, as far as the record says, another. */
  isUnderWay(sessionId: string, { sent }: TokenRecord): boolean {
    if (this.running.has(sessionId)) return true;
    return sent !== undefined && Math.abs(Date.now() - sent.at) < this.patience;
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
      .run(`tokens ${sessionId}`, () => this.renew(store, sessionId, seen))
      .finally(() => this.running.delete(sessionId));
    this.running.set(sessionId, mine);
    return mine;
  }

  private async renew(store: Store, id: string, seen: TokenRecord): Promise<TokenRecord> {
    const found = await this.present(store, id);
    if (found.generation !== seen.generation) return found;
    if (found.sent !== undefined) return this.outcomeOf(store, id, found, found.sent.at);
    if (found.lost === true) return this.lastOf(found);
    const { refreshToken } = found;
    if (refreshToken === undefined) {
      throw new HeadlessError('login_required', {
        hint: 'There is no refresh token: request the scope `refresh_token`, and assign it to the app.',
      });
    }
    const by = randomUUID();
    await this.write(store, id, { ...found, sent: { at: Date.now(), by } });
    // Where locks do not reach every process, two may have come this far: the one that wrote last sends.
    if (this.mayHaveRivals(store)) await pause(rivalsPause);
    const agreed = await this.present(store, id);
    if (agreed.generation !== found.generation) return agreed;
    if (agreed.sent?.by !== by) return this.outcomeOf(store, id, agreed, Date.now());
    let tokens: TokenSet;
    try {
      tokens = await this.services.client.refresh({ refreshToken, userId: found.owner });
    } catch (error) {
      return this.failed(store, id, found, by, error);
    }
    return this.keep(store, id, found, tokens);
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

  private async write(store: Store, id: string, record: TokenRecord): Promise<void> {
    const isWritten = await this.services.records.replace(store, id, record);
    if (!isWritten) throw new HeadlessError('login_required');
  }

  /** The new tokens are in the store before anybody uses them, unless the session has ended: then they end too. */
  private async keep(
    store: Store,
    id: string,
    before: TokenRecord,
    tokens: TokenSet,
  ): Promise<TokenRecord> {
    const { options, revocations } = this.services;
    const next = renewedRecord(before, tokens, Date.now() + options.sessionTimeout * 1000);
    if (await this.store(store, id, next)) return next;
    await revocations.end(store, next.refreshToken ?? next.accessToken);
    throw new HeadlessError('login_required');
  }

  /** The only copy of a refresh token is in this process: a store that stumbles gets another chance. */
  private async store(store: Store, id: string, record: TokenRecord): Promise<boolean> {
    const { records } = this.services;
    for (let left = storeTries - 1; ; left -= 1) {
      try {
        const isThere = (await records.get(store, id)) !== undefined;
        return isThere && (await records.replace(store, id, record));
      } catch (error) {
        if (left === 0) throw error;
        await pause(100);
      }
    }
  }

  private async failed(
    store: Store,
    id: string,
    before: TokenRecord,
    by: string,
    error: unknown,
  ): Promise<TokenRecord> {
    const now = await this.present(store, id);
    if (now.generation !== before.generation) return now;
    const isOthers = now.sent !== undefined && now.sent.by !== by;
    if (isOthers || isUsedByAnother(error)) return this.outcomeOf(store, id, now, Date.now());
    if (error instanceof HeadlessError && error.code === 'login_required') {
      await this.services.records.delete(store, id);
      throw error;
    }
    if (leftTokenUntouched(error) || this.services.options.reusableRefreshTokens) {
      await this.write(store, id, before);
      throw error;
    }
    return this.lose(store, id, before, error);
  }

  /**
   * Somebody has sent a refresh whose answer is not stored yet. It may be under way; when it does not turn up, its
   * sender has died, and with it the only copy of the new refresh token.
   */
  private async outcomeOf(
    store: Store,
    id: string,
    seen: TokenRecord,
    sentAt: number,
  ): Promise<TokenRecord> {
    const now = Date.now();
    const { patience } = this;
    const left = Math.min(patience, Math.max(leastPatience, sentAt + patience - now));
    for (let delay = 50; Date.now() < now + left; delay = Math.min(500, delay * 2)) {
      await pause(delay);
      const found = await this.present(store, id);
      if (found.generation !== seen.generation) return found;
      if (found.lost === true) return this.lastOf(found);
      if (found.sent === undefined) {
        throw new HeadlessError('unreachable', { message: 'Another request could not refresh.' });
      }
    }
    return this.lose(store, id, seen, undefined);
  }

  /** The refresh token may be spent, and is never used again; the access token serves as long as it lasts. */
  private async lose(
    store: Store,
    id: string,
    { sent: _sent, refreshToken: _refreshToken, ...rest }: TokenRecord,
    cause: unknown,
  ): Promise<TokenRecord> {
    const lost: TokenRecord = { ...rest, lost: true };
    await this.write(store, id, lost);
    return this.lastOf(lost, cause);
  }

  private lastOf(record: TokenRecord, cause?: unknown): TokenRecord {
    if (record.expiresAt > Date.now()) return record;
    throw new HeadlessError('refresh_lost', { cause });
  }
}
