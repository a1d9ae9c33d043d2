import type { Client } from './clients.js';
import type { Clock } from './clock.js';
import { randomBase62 } from './random.js';

/** A login that may be refreshed: one user, one client, one current refresh token. */
export interface Approval {
  readonly clientId: string;
  readonly userId: string;
  readonly scopes: readonly string[];
  readonly uvid: string | undefined;
  readonly createdAt: number;
  /** Counts the approvals: their order, whatever becomes of their refresh tokens. */
  readonly number: number;
  usedAt: number;
  refreshToken: string;
}

/** An access token the emulator has issued. */
export interface AccessToken {
  readonly value: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  /** The named user; undefined for a guest token. */
  readonly userId: string | undefined;
  readonly uvid: string | undefined;
  /** Milliseconds since the epoch. */
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly approval: Approval | undefined;
}

const unitHours: Readonly<Record<string, number>> = { HOURS: 1, DAYS: 24, MONTHS: 720 };

function policyEnd(approval: Approval, policy: string): number {
  if (policy === 'infinite') return Infinity;
  const [kind, amount, unit = ''] = policy.split(':');
  const from = kind === 'specific_lifetime' ? approval.createdAt : approval.usedAt;
  return from + Number(amount ?? 0) * (unitHours[unit] ?? 0) * 3_600_000;
}

/** Access and refresh tokens. Expired and revoked ones are dead everywhere. */
export class Tokens {
  private readonly clock: Clock;
  private readonly access = new Map<string, AccessToken>();
  private readonly current = new Map<string, Approval>();
  private readonly spent = new Map<string, Approval>();
  private approvals = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  add(token: AccessToken): void {
    this.access.set(token.value, token);
  }

  /** The token, unless it expired, was revoked or never was. */
  live(value: string): AccessToken | undefined {
    const token = this.access.get(value);
    if (token === undefined || this.clock.now() >= token.expiresAt) return undefined;
    // Its approval may have ended while the token was being signed, when there was nothing to end yet.
    const { approval } = token;
    return approval === undefined || this.isCurrent(approval) ? token : undefined;
  }

  /**
   * Starts an approval with a refresh token. Beyond `limit` live ones of one user and client the
   * oldest is revoked without a word (wire contract, login, section 5.1).
   */
  approve(
    login: Pick<Approval, 'userId' | 'scopes' | 'uvid'>,
    client: Client,
    limit: number,
  ): Approval {
    const now = this.clock.now();
    const approval = {
      ...login,
      clientId: client.id,
      createdAt: now,
      number: (this.approvals += 1),
      usedAt: now,
      refreshToken: this.newRefreshToken(),
    };
    const alike = [...this.current.values()]
      .filter(({ clientId, userId }) => clientId === client.id && userId === login.userId)
      .filter((other) => now < policyEnd(other, client.refreshTokenPolicyType))
      .toSorted((one, other) => one.number - other.number);
    for (const old of alike.slice(0, Math.max(0, alike.length + 1 - limit))) this.end(old);
    this.current.set(approval.refreshToken, approval);
    return approval;
  }

  /**
   * The approval a refresh token stands for. A spent refresh token ends its approval and everything
   * issued under it; that, like an expired or unknown one, gives undefined.
   */
  approvalOf(refreshToken: string, client: Client): Approval | undefined {
    const stolen = this.spent.get(refreshToken);
    if (stolen !== undefined) this.end(stolen);
    const approval = this.current.get(refreshToken);
    if (approval?.clientId !== client.id) return undefined;
    return this.clock.now() < policyEnd(approval, client.refreshTokenPolicyType)
      ? approval
      : undefined;
  }

  /**
   * The approval of a current refresh token, with its end in milliseconds since the epoch (`Infinity`
   * for none). Unlike {@link approvalOf} asking changes nothing.
   */
  approvalBehind(
    refreshToken: string,
    clientOf: (id: string) => Client | undefined,
  ): (Approval & { readonly expiresAt: number }) | undefined {
    const approval = this.current.get(refreshToken);
    const client = approval && clientOf(approval.clientId);
    if (approval === undefined || client === undefined) return undefined;
    const expiresAt = policyEnd(approval, client.refreshTokenPolicyType);
    return this.clock.now() < expiresAt ? { ...approval, expiresAt } : undefined;
  }

  /** Replaces the refresh token of an approval; the old one is spent. */
  rotate(approval: Approval): void {
    this.current.delete(approval.refreshToken);
    this.spent.set(approval.refreshToken, approval);
    approval.refreshToken = this.newRefreshToken();
    this.current.set(approval.refreshToken, approval);
  }

  /** Records a use of the approval, for policies that count inactivity. */
  touch(approval: Approval): void {
    approval.usedAt = this.clock.now();
  }

  /**
   * An access token ends alone, a refresh token with every access token issued under it (wire
   * contract, login, section 5.2). False when the token is not alive.
   */
  revoke(value: string): boolean {
    const approval = this.current.get(value);
    if (approval !== undefined) this.end(approval);
    else if (this.live(value) === undefined) return false;
    this.access.delete(value);
    return true;
  }

  clear(): void {
    this.access.clear();
    this.current.clear();
    this.spent.clear();
  }

  private isCurrent(approval: Approval): boolean {
    return this.current.get(approval.refreshToken) === approval;
  }

  private end(approval: Approval): void {
    this.current.delete(approval.refreshToken);
    for (const token of this.access.values()) {
      if (token.approval === approval) this.access.delete(token.value);
    }
  }

  private newRefreshToken(): string {
    return `5Aep861${randomBase62(80)}`;
  }
}
