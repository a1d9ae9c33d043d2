import type { TokenSet } from '../client/token-set.js';
import { clientName } from './client-name.js';
import { endOfSession } from './ended-sessions.js';
import type { Store } from './express-session.js';
import { SealedRecords } from './sealed-records.js';
import type { Sealing } from './sealing.js';

/**
 * The tokens of one session, as they lie sealed in the store. A record is written once for each generation. Times are
 * milliseconds since the epoch by Salesforce's clock, on which the processes of an app agree.
 */
export interface TokenRecord {
  /** Whose tokens: the user id of a named login, the visitor id of a guest. */
  readonly owner: string;
  readonly kind: 'named' | 'guest';
  /** Site and app whose tokens they are: another client has no use for them, and must not get them. */
  readonly client: string;
  readonly accessToken: string;
  readonly refreshToken?: string;
  readonly scope: readonly string[];
  readonly instanceUrl?: string;
  readonly communityUrl?: string;
  readonly storedAt: number;
  readonly expiresAt: number;
  /** Whether the token itself says nothing of its end. */
  readonly endIsAssumed?: boolean;
  /** Counts the renewals, so that whoever waited for one knows a newer record from the one it saw. */
  readonly generation: number;
}

function isRecord(value: unknown): TokenRecord | undefined {
  return typeof value === 'object' && value !== null && 'generation' in value
    ? (value as TokenRecord)
    : undefined;
}

/** Whose tokens. */
export type TokenOwner = Pick<TokenRecord, 'kind' | 'owner'>;

/** How a fresh token's end is reckoned. Milliseconds. */
export interface Reckoning {
  /** By which Salesforce's clock is ahead of this machine's. */
  readonly ahead: number;
  /** Life of a token that says nothing about its end itself. */
  readonly assumedLife: number;
}

/** A record of fresh tokens. */
export function tokenRecord(
  { kind, owner }: TokenOwner,
  tokens: TokenSet,
  { ahead, assumedLife }: Reckoning,
  generation: number,
): TokenRecord {
  const { accessToken, refreshToken, scope, instanceUrl, communityUrl, expiresAt } = tokens;
  const storedAt = Date.now() + ahead;
  return {
    owner,
    kind,
    client: clientName(tokens),
    accessToken,
    ...(refreshToken !== undefined && { refreshToken }),
    scope,
    ...(instanceUrl !== undefined && { instanceUrl }),
    ...(communityUrl !== undefined && { communityUrl }),
    storedAt,
    expiresAt: expiresAt === undefined ? storedAt + assumedLife : expiresAt + ahead,
    endIsAssumed: expiresAt === undefined,
    generation,
  };
}

/** The record that takes another's place. What Salesforce does not say again is as it was. */
export function renewedRecord(
  before: TokenRecord,
  tokens: TokenSet,
  reckoning: Reckoning,
): TokenRecord {
  const { refreshToken, scope, instanceUrl, communityUrl, generation } = before;
  const fresh = tokenRecord(before, tokens, reckoning, generation + 1);
  return {
    ...(refreshToken !== undefined && { refreshToken }),
    ...(instanceUrl !== undefined && { instanceUrl }),
    ...(communityUrl !== undefined && { communityUrl }),
    ...fresh,
    scope: fresh.scope.length > 0 ? fresh.scope : scope,
  };
}

/** How long tokens are kept, and when they are renewed. All in seconds. */
export interface TokenTimes {
  /** What an access token must have left when it is handed out, at most half its life. Default 60. */
  readonly margin: number;
  /** Tokens are renewed up to this much earlier, by chance, so that those of one moment do not end in one. Default 30. */
  readonly jitter: number;
  /** Life of opaque access tokens, which do not say it themselves: the session timeout of the app's policy. Default 7,200. */
  readonly sessionTimeout: number;
  /** How long the store keeps the tokens of a session in which nobody asks for them. Default 30 days. */
  readonly lifetime: number;
}

/** Whether a token may still be handed out, and whether it is time to renew it. @param now by Salesforce's clock. */
export function freshness(
  { expiresAt, storedAt, accessToken }: TokenRecord,
  { margin, jitter }: TokenTimes,
  now: number,
): 'fresh' | 'aging' | 'stale' {
  const life = Math.max(0, expiresAt - storedAt);
  const kept = Math.min(margin * 1000, life / 2);
  if (now >= expiresAt - kept) return 'stale';
  // The same token gives the same chance in every process; the last characters of a token are as good as random.
  const chance = (accessToken.charCodeAt(accessToken.length - 2) % 16) / 16;
  const early = Math.min(jitter * 1000, life / 4) * chance;
  return now >= expiresAt - kept - early ? 'aging' : 'fresh';
}

/** The token records of the sessions of one app, one for each session, beside the sessions in the same store. */
export class TokenRecords {
  private readonly records: SealedRecords<TokenRecord>;
  private readonly lifetime: number;

  /** @param lifetime seconds. */
  constructor(sealing: Sealing, lifetime: number) {
    this.records = new SealedRecords('tokens', sealing, isRecord);
    this.lifetime = lifetime;
  }

  /** The tokens of a session, or undefined. @throws {HeadlessError} `storage_failed`. */
  get(store: Store, sessionId: string): Promise<TokenRecord | undefined> {
    return this.records.get(store, sessionId);
  }

  /** @throws {HeadlessError} `storage_failed`. */
  set(store: Store, sessionId: string, record: TokenRecord): Promise<void> {
    // A guest's tokens are of no use after their end: it is given new ones by its visitor id.
    const { kind, storedAt, expiresAt } = record;
    const life = kind === 'guest' ? expiresAt - storedAt + 60_000 : this.lifetime * 1000;
    return this.records.set(store, sessionId, record, Date.now() + life);
  }

  /**
   * Writes the tokens of a session that somebody may log out of at this very moment, and says whether they stay. A logout
   * marks the session first and removes its tokens then: one of the two sees the other.
   *
   * @throws {HeadlessError} `storage_failed`.
   */
  async replace(store: Store, sessionId: string, record: TokenRecord): Promise<boolean> {
    await this.set(store, sessionId, record);
    if ((await endOfSession(store, sessionId))?.closed !== true) return true;
    await this.delete(store, sessionId);
    return false;
  }

  /** @throws {HeadlessError} `storage_failed`. */
  delete(store: Store, sessionId: string): Promise<void> {
    return this.records.delete(store, sessionId);
  }
}
