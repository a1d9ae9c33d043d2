import { randomBytes } from 'node:crypto';
import type { Clock } from './clock.js';

/** Whom a call of the challenge endpoint is about: a username, or a hint for the discovery handler. */
export type Identity =
  | { readonly username: string }
  | { readonly loginHint: string; readonly customDataJson: string | null };

/** A login in progress at the challenge endpoint. */
export interface AuthSession {
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly codeChallenge: string | undefined;
  readonly nonce: string | undefined;
  /** Milliseconds since the epoch; rotation does not move it. */
  readonly expiresAt: number;
  /** The guest the login carries along. */
  uvid: string | undefined;
  /** Who was named last, for a retry that sends the password alone. */
  identity: Identity | undefined;
  /** Identifier of the one-time code waited for; never shown to the client. */
  awaited: string | undefined;
  wrongAnswers: number;
}

/** Wrong answers after which a session is dead. */
const maxWrongAnswers = 5;

/** Sessions by their current `auth_session` value (wire contract, first-party, section 3.9). */
export class AuthSessions {
  private readonly clock: Clock;
  private readonly sessions = new Map<string, AuthSession>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Stores a new session. The value is 32 random bytes in base64url. */
  open(session: AuthSession): string {
    const value = randomBytes(32).toString('base64url');
    this.sessions.set(value, session);
    return value;
  }

  /** The session a value stands for now; undefined when it is unknown, old, or spent by wrong answers. */
  find(value: string): AuthSession | undefined {
    const session = this.sessions.get(value);
    if (session === undefined || session.wrongAnswers >= maxWrongAnswers) return undefined;
    return this.clock.now() < session.expiresAt ? session : undefined;
  }

  /** Gives the session another value. Undefined when the one given has already been replaced. */
  rotate(value: string): string | undefined {
    const session = this.find(value);
    if (session === undefined) return undefined;
    this.sessions.delete(value);
    return this.open(session);
  }

  /** Ends the session. False when there was none. */
  close(value: string): boolean {
    const live = this.find(value) !== undefined;
    this.sessions.delete(value);
    return live;
  }

  clear(): void {
    this.sessions.clear();
  }
}
