import { createHash } from 'node:crypto';
import type { PasswordlessChallenge, RegistrationChallenge } from '../client/challenge-input.js';
import type { ChallengeFlow } from '../client/challenge-session.js';
import { spelledAlike, type CodeUser } from './code-attempts.js';
import type { OpenSession, PendingChallenge } from './express-session.js';

/** What it takes to have a one-time code sent again. */
export type KeptStart =
  | Omit<PasswordlessChallenge, 'session' | 'recaptcha' | 'recaptchaEvent' | 'uvid'>
  | Omit<RegistrationChallenge, 'session' | 'recaptcha' | 'recaptchaEvent' | 'uvid'>;

/** A login that begins. */
export interface ChallengeStart {
  readonly flow: ChallengeFlow;
  readonly user: CodeUser;
  /** Left out where no code is sent. */
  readonly keep?: KeptStart | undefined;
}

/** How much of an attempt's limits is used up. It outlives the login, or beginning again would lift them. */
interface ChallengeCounts {
  readonly guessesLeft: number;
  /** When codes were sent, milliseconds since the epoch, within the last hour. */
  readonly sentAt: readonly number[];
}

/** What the server knows of one login that a browser is in the middle of. Sealed: most of it is secret. */
export interface ChallengeRecord extends ChallengeCounts {
  /** Undefined once the login is over. */
  readonly pending?: PendingChallenge | undefined;
  readonly session?: string | undefined;
  readonly keep?: KeptStart | undefined;
  /**
   * Whether the session may be spent, or have got a successor, without our knowing: whoever begins again begins a new
   * login.
   */
  readonly isUnsure?: boolean;
}

/** Recognises a record. */
export function isRecord(value: unknown): ChallengeRecord | undefined {
  return typeof value === 'object' && value !== null && 'guessesLeft' in value
    ? (value as ChallengeRecord)
    : undefined;
}

/** A record is found from its own session only. */
export function recordName({ id }: OpenSession, attempt: string): string {
  return `${id}\n${attempt}`;
}

/** One attempt per session, flow and user, so that whoever begins again goes on with the session that Salesforce gave. */
export function attemptName({ id }: OpenSession, { flow, user }: ChallengeStart): string {
  const whose = JSON.stringify([id, 'challenge', flow, ...spelledAlike(user)]);
  return createHash('sha256').update(whose).digest('base64url').slice(0, 22);
}
