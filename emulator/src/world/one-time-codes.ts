import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from './clock.js';
import type { Channel, Purpose } from './outbox.js';
import { randomBase62, randomDigits } from './random.js';
import type { Registration } from './registration.js';
import type { Settings } from './settings.js';

interface OneTimeCode {
  readonly code: string;
  readonly expiresAt: number;
  used: boolean;
  mistyped: boolean;
}

/** Whom a one-time code was made for, and for what. Equal ones are sent the same code. */
export type Challenge =
  | { readonly purpose: 'passwordless'; readonly channel: Channel; readonly userId: string }
  /** The username of somebody or nobody, in lower case. */
  | { readonly purpose: 'forgotPassword'; readonly channel: Channel; readonly username: string }
  /** The data wait here for as long as the code (wire contract, registration, section 2.3). */
  | {
      readonly purpose: 'registration';
      readonly channel: Channel;
      readonly registration: Registration;
    };

interface Pending {
  readonly challenge: Challenge;
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

  /**
   * An identifier: base64 of a record id with key prefix `0Qt`, or for registrations of nothing that
   * is known (wire contract, registration, sections 2.3 and 3.3).
   */
  newIdentifier(purpose: Purpose = 'passwordless'): string {
    return purpose === 'registration'
      ? randomBytes(12).toString('base64')
      : Buffer.from(`0Qt${randomBase62(12)}`).toString('base64');
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
    const identifier = this.newIdentifier(challenge.purpose);
    this.pending.set(identifier, { challenge, oneTimeCode, failures: 0 });
    return { identifier, code: oneTimeCode.code };
  }

  /** What an identifier was issued for, whether or not its code is still good. */
  find(identifier: string): Challenge | undefined {
    return this.pending.get(identifier)?.challenge;
  }

  /**
   * Judges a code without using it up. A wrong one counts; after `maxFailures` of them, and once it
   * was used or expired, the identifier is dead. The user is never locked.
   */
  judge(identifier: string, code: string, maxFailures: number): 'right' | 'wrong' | 'dead' {
    const pending = this.pending.get(identifier);
    if (pending === undefined || pending.failures >= maxFailures) return 'dead';
    const { oneTimeCode } = pending;
    if (oneTimeCode.used || this.clock.now() >= oneTimeCode.expiresAt) return 'dead';
    if (oneTimeCode.code === code) return 'right';
    pending.failures += 1;
    oneTimeCode.mistyped = true;
    return 'wrong';
  }

  /** From now on the code is used, under every identifier it was sent with. */
  use(identifier: string): void {
    const pending = this.pending.get(identifier);
    if (pending !== undefined) pending.oneTimeCode.used = true;
  }

  /** Uses up the code when it is right. */
  accept(identifier: string, code: string, settings: Settings['otp']): boolean {
    const isRight = this.judge(identifier, code, settings.maxFailures) === 'right';
    if (isRight) this.use(identifier);
    return isRight;
  }

  clear(): void {
    this.pending.clear();
    this.sends.clear();
  }

  private resendable(wanted: Challenge): OneTimeCode | undefined {
    return [...this.pending.values()].find(
      ({ challenge, oneTimeCode }) =>
        isDeepStrictEqual(challenge, wanted) &&
        !oneTimeCode.used &&
        !oneTimeCode.mistyped &&
        this.clock.now() < oneTimeCode.expiresAt,
    )?.oneTimeCode;
  }
}
