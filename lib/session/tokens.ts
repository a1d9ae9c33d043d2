import type { HeadlessClient } from '../client/headless-client.js';
import type { TokenSet } from '../client/token-set.js';
import { HeadlessError } from '../errors.js';
import type { Store } from './express-session.js';
import type { Locks } from './locks.js';
import { Renewals } from './renewals.js';
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
  private readonly options: TokenOptions;
  private readonly client: HeadlessClient;
  private readonly locks: Locks;
  private readonly records: TokenRecords;
  private readonly renewals: Renewals;
  private readonly revocations: Revocations;

  constructor(client: HeadlessClient, locks: Locks, sealing: Sealing, options: TokenOptions) {
    this.options = options;
    this.client = client;
    this.locks = locks;
    const records = new TokenRecords(sealing, options.lifetime);
    const revocations = new Revocations(client, locks, sealing, options.revokeTimeout * 1000);
    this.records = records;
    this.revocations = revocations;
    this.renewals = new Renewals({ client, locks, records, revocations, options });
  }

  /** Keeps the tokens of a session. @throws {HeadlessError} `storage_failed`. */
  async keep(store: Store, sessionId: string, owner: TokenOwner, tokens: TokenSet): Promise<void> {
    const assumedEnd = Date.now() + this.options.sessionTimeout * 1000;
    const record = tokenRecord(owner, tokens, assumedEnd, 0);
    // The session of a login is new and nobody's yet; a guest may log in or out while its tokens are on their way.
    if (owner.kind === 'named') await this.records.set(store, sessionId, record);
    else await this.records.replace(store, sessionId, record);
    this.revocations.look(store);
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
      const now = await this.records.get(store, sessionId);
      if (now?.generation !== seen.generation) return now ?? seen;
      if (now.endIsAssumed !== true || now.sent !== undefined) return now;
      const expiresAt = await this.endOf(now);
      const known: TokenRecord = { ...now, expiresAt, endIsAssumed: false };
      await this.records.replace(store, sessionId, known);
      return known;
    });
  }

  private async endOf({ accessToken, expiresAt }: TokenRecord): Promise<number> {
    try {
      const answer = await this.client.introspect(accessToken);
      return answer.active ? (answer.expiresAt ?? expiresAt) : Date.now();
    } catch (error) {
      const isSetUp = error instanceof HeadlessError && error.fault !== 'configuration';
      if (!isSetUp) throw error;
      return expiresAt;
    }
  }

  /** The tokens of a session if they are this owner's, or undefined. @throws {HeadlessError} `storage_failed`. */
  async of(
    store: Store,
    sessionId: string,
    { kind, owner }: TokenOwner,
  ): Promise<TokenRecord | undefined> {
    const record = await this.records.get(store, sessionId);
    return record?.kind === kind && record.owner === owner ? record : undefined;
  }

  /** Whether tokens may be handed out now; `aging` ones should be renewed by somebody. */
  freshness(record: TokenRecord): ReturnType<typeof freshness> {
    return freshness(record, this.options, Date.now());
  }

  /** Whether somebody is renewing the tokens of a session right now. */
  isRenewing(sessionId: string, record: TokenRecord): boolean {
    return this.renewals.isUnderWay(sessionId, record);
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
   */
  async end(
    store: Store,
    sessionId: string,
    kinds: readonly TokenOwner['kind'][] = ['named', 'guest'],
  ): Promise<void> {
    this.revocations.look(store);
    const record = await this.records.get(store, sessionId);
    if (record === undefined) return;
    await this.records.delete(store, sessionId);
    if (!kinds.includes(record.kind)) return;
    // Ending a refresh token ends every access token made by it.
    const { refreshToken, accessToken } = record;
    if (refreshToken !== undefined || record.expiresAt > Date.now()) {
      await this.revocations.end(store, refreshToken ?? accessToken);
    }
  }

  /** Ends tokens that no session is going to have. */
  async discard(store: Store, { refreshToken, accessToken }: TokenSet): Promise<void> {
    await this.revocations.end(store, refreshToken ?? accessToken);
  }

  /** Tries again to end what an earlier logout could not, in the background. */
  retryDue(store: Store): void {
    this.revocations.retryDue(store);
  }
}
