import { createHash } from 'node:crypto';
import type { VerificationMethod } from '../protocol/authorize.js';
import type { OpenSession, PendingCode } from './express-session.js';
import { Records } from './records.js';

/** What a one-time code is for. A code of one flow is none of another. */
export type CodeFlow = PendingCode['flow'];

/** Whose code it is, as the visitor put it. */
export interface CodeUser {
  readonly username?: string | undefined;
  readonly loginHint?: string | undefined;
}

/** What the server knows of one code that a browser waits for. */
export interface CodeAttempt {
  readonly flow: CodeFlow;
  readonly user: CodeUser;
  readonly method: VerificationMethod;
  /** Salesforce's name of the newest request; undefined when there is none to ask about. */
  readonly identifier?: string;
  /** Whether Salesforce refused the account, which the visitor must not notice: no code is right. */
  readonly isRefused?: boolean;
  /** Sealed: what it takes to have the code sent again. */
  readonly kept?: string;
  readonly expiresAt: number;
  readonly guessesLeft: number;
  /** When codes were sent, milliseconds since the epoch, within the last hour. */
  readonly sentAt: readonly number[];
}

function isAttempt(value: unknown): CodeAttempt | undefined {
  return typeof value === 'object' && value !== null && 'guessesLeft' in value
    ? (value as CodeAttempt)
    : undefined;
}

/** Attempts by {@link recordName}. */
export const records = new Records('code', isAttempt);

/** So many attempts can wait in one session; the oldest makes room for a new one. */
export const mostAttempts = 5;

/** How a user is named, in one spelling: Salesforce looks at no capitals, and limits that do would be none. */
export function spelledAlike({ username, loginHint }: CodeUser): readonly (string | undefined)[] {
  return [username, loginHint].map((name) => name?.trim().toLowerCase());
}

/**
 * One attempt per session, flow and user, so that asking again finds the guesses and the sends there have been, even
 * after other attempts have pushed this one out of the session.
 */
export function attemptName(session: OpenSession, flow: CodeFlow, user: CodeUser): string {
  const whose = JSON.stringify([session.id, flow, ...spelledAlike(user)]);
  return createHash('sha256').update(whose).digest('base64url').slice(0, 22);
}

/** A record is found from its own session only. */
export function recordName(session: OpenSession, attempt: string): string {
  return `${session.id}\n${attempt}`;
}
