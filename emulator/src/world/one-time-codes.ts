import type { Clock } from './clock.js';
import type { Channel, Purpose } from './outbox.js';
import { randomBase62, randomDigits } from './random.js';
import type { Settings } from './settings.js';

interface OneTimeCode {
  readonly code: string;
  readonly expiresAt: number;
  used: boolean;
  mistyped: boolean;
}

/** Whom a one-time code was made for. */
export interface Challenge {
  readonly userId: string;
  readonly purpose: Purpose;
  readonly channel: Channel;
}

interface Pending extends Challenge {
  readonly oneTimeCode: OneTimeCode;
  failures: number;
}

const hour = 3_600_000;

/** One-time codes by identifier, under the rules of the wire contract, registration, section 3.5. */
export class OneTimeCodes {
  private readonly clock: Clock;
  private readonly pending = new Map<string, Pending>();
  private readonly sends = new Map<string, number[]>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Counts a send to a user on a channel; false when the hour's limit is reached. */
  maySend(username: string, channel: Channel, limit: number): boolean {
    const key = `${channel} ${username.toLowerCase()}`;
    const recent = (this.sends.get(key) ?? []).filter((at) => this.clock.now() - at < hour);
    const allowed = recent.length < limit;
    this.sends.set(key, allowed ? [...recent, this.clock.now()] : recent);
    return allowed;
  }

  /** An identifier: base64 of a record id with key prefix `0Qt`. */
  newIdentifier(): string {
    return Buffer.from(`0Qt${randomBase62(12)}`).toString('base64');
  }

  /**
   * A new identifier and the code to send. The code of an earlier call is sent again while it is
   * unused, unexpired and was never mistyped; the earlier identifier stays usable.
   */
  issue(challenge: Challenge, settings: Settings['otp']): { identifier: string; code: string } {
    const earlier = settings.resendSameCode ? this.resendable(challenge) : undefined;
    const oneTimeCode = earlier ?? {
      code: settings.fixed ?? randomDigits(settings.digits),
      expiresAt: this.clock.now() + settings.ttl[challenge.channel] * 1000,
      used: false,
      mistyped: false,
    };
    const identifier = this.newIdentifier();
    this.pending.set(identifier, { ...challenge, oneTimeCode, failures: 0 });
    return { identifier, code: oneTimeCode.code };
  }

  /** What an identifier was issued for, whether or not its code is still good. */
  find(identifier: string): Challenge | undefined {
    return this.pending.get(identifier);
  }

  /**
   * Uses up the code when it is right. After `maxFailures` wrong tries the identifier is dead; the
   * user is never locked.
   */
  accept(identifier: string, code: string, settings: Settings['otp']): boolean {
    const pending = this.pending.get(identifier);
    if (pending === undefined || pending.failures >= settings.maxFailures) return false;
    const { oneTimeCode } = pending;
    if (oneTimeCode.used || this.clock.now() >= oneTimeCode.expiresAt) return false;
    if (oneTimeCode.code !== code) {
      pending.failures += 1;
      oneTimeCode.mistyped = true;
      return false;
    }
    oneTimeCode.used = true;
    return true;
  }

  clear(): void {
    this.pending.clear();
    this.sends.clear();
  }

  private resendable(wanted: Challenge): OneTimeCode | undefined {
    return [...this.pending.values()].find(
      ({ userId, purpose, channel, oneTimeCode }) =>
        userId === wanted.userId &&
        purpose === wanted.purpose &&
        channel === wanted.channel &&
        !oneTimeCode.used &&
        !oneTimeCode.mistyped &&
        this.clock.now() < oneTimeCode.expiresAt,
    )?.oneTimeCode;
  }
}
