import type { HeadlessClient } from '../client/headless-client.js';
import type { TokenSet } from '../client/token-set.js';
import { HeadlessError } from '../errors.js';
import { clientName } from './client-name.js';
import type { Store } from './express-session.js';
import { FutileRenewals } from './futile-renewals.js';
import type { Locks } from './locks.js';
import { pause } from './pause.js';
import { RefreshMarks } from './refresh-marks.js';
import { Renewals } from './renewals.js';
import { RenewedTokens } from './renewed-tokens.js';
import { Revocations } from './revocations.js';
import type { Sealing } from './sealing.js';
import type { TokenOptions } from './token-options.js';
import {
  freshness,
  TokenRecords,
  tokenRecord,
  type TokenOwner,
  type TokenRecord,
} from './token-records.js';

/** The tokens of the sessions of one app: kept beside the sessions, renewed when needed, ended with them. */
export class Tokens {
  /** Renewals after which a token was refused all the same, by session. */
  readonly futile = new FutileRenewals();
  private readonly options: TokenOptions;
  private readonly client: HeadlessClient;
  private readonly locks: Locks;
  private readonly records: TokenRecords;
  private readonly marks: RefreshMarks;
  private readonly renewals: Renewals;
  private readonly revocations: Revocations;
  private hasWarned = false;

  constructor(client: HeadlessClient, locks: Locks, sealing: Sealing, options: TokenOptions) {
    this.options = options;
    this.client = client;
    this.locks = locks;
    const records = new TokenRecords(sealing, options.lifetime);
    const marks = new RefreshMarks(options.lifetime);
    const revocations = new Revocations(client, locks, sealing, options.revokeTimeout * 1000);
    const renewed = new RenewedTokens({ client, records, marks, revocations, options });
    this.records = records;
    this.marks = marks;
    this.revocations = revocations;
    this.renewals = new Renewals({ client, locks, records, marks, renewed, options });
  }

  /** Keeps the tokens of a session. @throws {HeadlessError} `storage_failed`. */
  async keep(store: Store, sessionId: string, owner: TokenOwner, tokens: TokenSet): Promise<void> {
    if (!this.areOurs(tokens)) return;
    const assumedLife = this.options.sessionTimeout * 1000;
    const record = tokenRecord(owner, tokens, { ahead: this.client.clockAhead, assumedLife }, 0);
    // The session of a login is new and nobody's yet; a guest may log in or out while its tokens are on their way.
    if (owner.kind === 'named') await this.records.set(store, sessionId, record);
    else await this.records.replace(store, sessionId, record);
    this.revocations.look(store);
  }

  /** Tokens of another site or app would go, when they are used or renewed, to whom they are none of the business. */
  private areOurs(tokens: TokenSet): boolean {
    const isOurs = clientName(tokens) === clientName(this.client);
    if (!isOurs && !this.hasWarned) {
      this.hasWarned = true;
      process.emitWarning(
        'A strategy has another client than headlessSession: the tokens of its logins are not kept, and ' +
          'req.headless.accessToken() has none of them.',
        { code: 'SF_HEADLESS_CLIENT' },
      );
    }
    return isOurs;
  }

  /**
   * The record with the end of its token, where the token does not say it itself and introspection does. It is asked once;
   * where that fails the end stays assumed.
   *
   * @throws {HeadlessError} `storage_failed`, or that introspection is not set up.
   */
  withKnownEnd(store: Store, sessionId: string, seen: TokenRecord): Promise<TokenRecord> {
    if (!this.options.introspect || seen.endIsAssumed !== true) return Promise.resolve(seen);
    return this.locks.run(`tokens ${sessionId}`, async () => {
      const before = await this.records.get(store, sessionId);
      if (before?.generation !== seen.generation) return before ?? seen;
      if (before.endIsAssumed !== true) return before;
      const expiresAt = await this.endOf(before);
      // Whoever renewed the tokens while Salesforce was asked has the newer record.
      const now = await this.records.get(store, sessionId);
      if (now?.generation !== before.generation) return now ?? before;
      const known: TokenRecord = { ...now, expiresAt, endIsAssumed: false };
      await this.records.replace(store, sessionId, known);
      return known;
    });
  }

  private async endOf({ accessToken, expiresAt }: TokenRecord): Promise<number> {
    try {
      const answer = await this.client.introspect(accessToken);
      return answer.active ? (answer.expiresAt ?? expiresAt) : this.now();
    } catch (error) {
      const isSetUp = error instanceof HeadlessError && error.fault !== 'configuration';
      if (!isSetUp) throw error;
      return expiresAt;
    }
  }

  /** Milliseconds since the epoch, by Salesforce's clock. */
  private now(): number {
    return Date.now() + this.client.clockAhead;
  }

  /** The tokens of a session if they are this owner's, or undefined. @throws {HeadlessError} `storage_failed`. */
  async of(
    store: Store,
    sessionId: string,
    { kind, owner }: TokenOwner,
  ): Promise<TokenRecord | undefined> {
    const record = await this.records.get(store, sessionId);
    const isTheirs = record?.kind === kind && record.owner === owner;
    return isTheirs && record.client === clientName(this.client) ? record : undefined;
  }

  /** Whether tokens may be handed out now; `aging` ones should be renewed by somebody. */
  freshness(record: TokenRecord): ReturnType<typeof freshness> {
    return freshness(record, this.options, this.now());
  }

  /** Whether an access token has not ended yet, however little is left of it. */
  isAlive({ expiresAt }: TokenRecord): boolean {
    return expiresAt > this.now();
  }

  /** Whether somebody is renewing the tokens of a session right now. @throws {HeadlessError} `storage_failed`. */
  isRenewing(store: Store, sessionId: string, record: TokenRecord): Promise<boolean> {
    return this.renewals.isUnderWay(store, sessionId, record);
  }

  /** Newer tokens than the ones that were seen, see {@link Renewals.run}. */
  renew(store: Store, sessionId: string, seen: TokenRecord): Promise<TokenRecord> {
    return this.renewals.run(store, sessionId, seen);
  }

  /**
   * Removes the tokens of a session that has ended and ends them at Salesforce too. Waits for that a short time only;
   * what has not succeeded by then is tried again on later requests.
   *
   * @param kinds whose tokens are worth a call; the others are only removed.
   * @throws {HeadlessError} `storage_failed`, when the tokens may still lie there.
   */
  async end(
    store: Store,
    sessionId: string,
    kinds: readonly TokenOwner['kind'][] = ['named', 'guest'],
  ): Promise<void> {
    this.revocations.look(store);
    const record = await this.read(store, sessionId);
    const isWorth = record !== undefined && kinds.includes(record.kind);
    // Ending a refresh token ends every access token made by it.
    const token = isWorth
      ? (record.refreshToken ?? (this.isAlive(record) ? record.accessToken : undefined))
      : undefined;
    await Promise.all([
      this.remove(store, sessionId, record),
      token === undefined ? undefined : this.revocations.end(store, token),
    ]);
  }

  /** What cannot be read cannot be ended: a store that stumbles gets another chance. */
  private async read(store: Store, id: string): Promise<TokenRecord | undefined> {
    try {
      return await this.records.get(store, id);
    } catch {
      await pause(100);
      return this.records.get(store, id);
    }
  }

  /** A record whose key is gone from the ring is removed as well, though nobody can read it. */
  private async remove(store: Store, id: string, record: TokenRecord | undefined): Promise<void> {
    await this.records.delete(store, id);
    if (record?.kind === 'named') await this.marks.delete(store, id, record.generation);
  }

  /** Ends tokens that no session is going to have. */
  async discard(store: Store, tokens: TokenSet): Promise<void> {
    if (!this.areOurs(tokens)) return;
    await this.revocations.end(store, tokens.refreshToken ?? tokens.accessToken);
  }

  /** Tries again to end what an earlier logout could not, in the background. */
  retryDue(store: Store): void {
    this.revocations.retryDue(store);
  }
}
