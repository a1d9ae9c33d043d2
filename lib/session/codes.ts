import { createHash } from 'node:crypto';
import { HeadlessError } from '../errors.js';
import type { OtpTicket } from '../client/inputs.js';
import {
  dataOf,
  openSession,
  saveSession,
  type OpenSession,
  type PendingCode,
  type SessionRequest,
} from './express-session.js';
import { endedAmong, sessionIdsIn } from './ended-sessions.js';
import type { Locks } from './locks.js';
import { Records } from './records.js';

/** How much of one-time codes a browser session gets. */
export interface CodeLimits {
  /** Guesses per code. Default 3, like Salesforce. Asking again gives new ones only once all are spent. */
  readonly codeAttempts: number;
  /** Codes per attempt and hour. Default 5, like Salesforce. */
  readonly codeSends: number;
  /** Seconds a code is waited for. Default 900. */
  readonly codeLifetime: number;
}

interface CodeAttempt {
  readonly username: string;
  readonly method: 'email' | 'sms';
  /** The newest identifier; undefined when Salesforce refused the account, which the visitor must not notice. */
  readonly identifier?: string;
  readonly expiresAt: number;
  readonly guessesLeft: number;
  /** When codes were sent, milliseconds since the epoch, within the last hour. */
  readonly sentAt: readonly number[];
}

const hour = 3_600_000;
/** So many attempts can wait in one session; the oldest makes room for a new one. */
const mostAttempts = 5;

function isAttempt(value: unknown): CodeAttempt | undefined {
  return typeof value === 'object' && value !== null && 'guessesLeft' in value
    ? (value as CodeAttempt)
    : undefined;
}

const records = new Records('code', isAttempt);

/**
 * One attempt per session and username, so that asking again finds the guesses and the sends there have been, even
 * after other attempts have pushed this one out of the session.
 */
function attemptName(session: OpenSession, username: string): string {
  const digest = createHash('sha256').update(`${session.id}\n${username}`).digest('base64url');
  return digest.slice(0, 22);
}

/** A record is found from its own session only. */
function recordName(session: OpenSession, attempt: string): string {
  return `${session.id}\n${attempt}`;
}

/** Sends a code: the identifier and method, or undefined when Salesforce refused the account. */
export type SendCode = (
  username: string,
  method: 'email' | 'sms' | undefined,
) => Promise<OtpTicket | undefined>;

/** The one-time codes that the sessions of one app wait for. */
export class Codes {
  private readonly locks: Locks;
  private readonly limits: CodeLimits;

  constructor(locks: Locks, limits: CodeLimits) {
    this.locks = locks;
    this.limits = limits;
  }

  /** The attempts that wait in a session, newest last. Reads what is already loaded. */
  pending(req: SessionRequest): readonly PendingCode[] {
    const now = Date.now();
    return (req.session?.sfHeadless?.codes ?? []).filter(({ expiresAt }) => expiresAt > now);
  }

  /**
   * Has a code sent, and remembers on the server what belongs to it. The same username again, or none, means
   * "send it again": the attempt keeps its name and the guesses it has left.
   *
   * @throws {HeadlessError} `missing_credentials`, `too_many_codes`, or what `send` throws.
   */
  async start(
    req: SessionRequest,
    username: string | undefined,
    method: 'email' | 'sms' | undefined,
    send: SendCode,
  ): Promise<PendingCode> {
    const session = openSession(req);
    return this.locks.run(`code ${session.id}`, async () => {
      const wanted = username ?? (await this.newestUsername(session));
      if (wanted === undefined) throw new HeadlessError('missing_credentials');
      const name = attemptName(session, wanted);
      const again = await records.get(session.store, recordName(session, name));
      const now = Date.now();
      const sentAt = (again?.sentAt ?? []).filter((time) => time > now - hour);
      if (sentAt.length >= this.limits.codeSends) throw new HeadlessError('too_many_codes');
      const ticket = await send(wanted, method ?? again?.method);
      const guessesLeft = again?.guessesLeft ?? 0;
      const attempt: CodeAttempt = {
        username: wanted,
        method: ticket?.method ?? method ?? 'email',
        ...(ticket && { identifier: ticket.identifier }),
        expiresAt: now + this.limits.codeLifetime * 1000,
        guessesLeft: guessesLeft > 0 ? guessesLeft : this.limits.codeAttempts,
        sentAt: [...sentAt, now],
      };
      await records.set(
        session.store,
        recordName(session, name),
        attempt,
        Math.max(attempt.expiresAt, now + hour),
      );
      await this.noteFormer(req, session);
      const pending = { attempt: name, method: attempt.method, expiresAt: attempt.expiresAt };
      await this.remember(session, pending);
      return pending;
    });
  }

  /**
   * Tries a code. Every try costs a guess before Salesforce is asked, so that neither a crash nor parallel requests
   * give guesses away; a code that was right is used up.
   *
   * @param attempt which of several attempts; default the newest.
   * @throws {HeadlessError} `no_code_requested`, `code_expired`, `too_many_attempts`, `invalid_code`, or what `redeem` throws.
   */
  async finish<T>(
    req: SessionRequest,
    attempt: string | undefined,
    redeem: (ticket: OtpTicket) => Promise<T>,
  ): Promise<T> {
    const session = openSession(req);
    return this.locks.run(`code ${session.id}`, async () => {
      const known = session.session.sfHeadless?.codes ?? [];
      const name =
        attempt === undefined
          ? known.at(-1)?.attempt
          : known.find((c) => c.attempt === attempt)?.attempt;
      const found =
        name === undefined
          ? undefined
          : await records.get(session.store, recordName(session, name));
      if (name === undefined || found === undefined) throw new HeadlessError('no_code_requested');
      if (found.expiresAt <= Date.now()) throw new HeadlessError('code_expired');
      if (found.guessesLeft <= 0) throw new HeadlessError('too_many_attempts');
      const guessed = { ...found, guessesLeft: found.guessesLeft - 1 };
      await records.set(
        session.store,
        recordName(session, name),
        guessed,
        Math.max(found.expiresAt, Date.now() + hour),
      );
      if (found.identifier === undefined) throw new HeadlessError('invalid_code');
      const result = await redeem({ identifier: found.identifier, method: found.method });
      await records.delete(session.store, recordName(session, name));
      await this.forget(session, name);
      return result;
    });
  }

  /** A browser that never got the answer to its login asks for a new code, in a new session: the login finds the old one. */
  private async noteFormer(req: SessionRequest, session: OpenSession): Promise<void> {
    const named = sessionIdsIn(req).filter((id) => id !== session.id);
    const formerly = named.length === 0 ? [] : await endedAmong(session.store, named);
    if (formerly.length > 0) dataOf(session).formerly = formerly;
  }

  private async newestUsername(session: OpenSession): Promise<string | undefined> {
    const newest = session.session.sfHeadless?.codes?.at(-1);
    return (
      newest && (await records.get(session.store, recordName(session, newest.attempt)))?.username
    );
  }

  private async remember(session: OpenSession, pending: PendingCode): Promise<void> {
    const data = dataOf(session);
    const others = (data.codes ?? []).filter(({ attempt }) => attempt !== pending.attempt);
    data.codes = [...others.slice(-(mostAttempts - 1)), pending];
    await saveSession(session);
  }

  private async forget(session: OpenSession, name: string): Promise<void> {
    const data = dataOf(session);
    data.codes = (data.codes ?? []).filter(({ attempt }) => attempt !== name);
    await saveSession(session);
  }
}
