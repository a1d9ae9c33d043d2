import { isForEverybody } from '../client/decoys.js';
import { HeadlessError } from '../errors.js';
import type { VerificationMethod } from '../protocol/authorize.js';
import {
  attemptName,
  mostAttempts,
  recordName,
  records,
  type CodeAttempt,
  type CodeFlow,
  type CodeUser,
} from './code-attempts.js';
import {
  dataOf,
  openSession,
  saveSession,
  type OpenSession,
  type PendingCode,
  type SessionRequest,
} from './express-session.js';
import { noteFormer } from './ended-sessions.js';
import type { Locks } from './locks.js';
import type { Sealing } from './sealing.js';
import { SendBudget } from './send-budget.js';

/** How much of one-time codes a browser session gets. */
export interface CodeLimits {
  /** Guesses per code. Default 3, like Salesforce. Asking again gives new ones only once all are spent. */
  readonly codeAttempts: number;
  /** Codes per attempt and hour. Default 5, like Salesforce. */
  readonly codeSends: number;
  /** Seconds a code is waited for. Default 900. */
  readonly codeLifetime: number;
}

const hour = 3_600_000;

/** What a code is asked with. */
export interface CodeRequest<K> {
  /** Left out, the newest code of this flow is sent again. */
  readonly user?: CodeUser | undefined;
  readonly method?: VerificationMethod | undefined;
  /** What it takes to have the code sent again; kept sealed. Left out, what an earlier request kept. */
  readonly keep?: K | undefined;
}

/** What is known when a code is sent, at first or again. */
export interface CodeSending<K> {
  readonly user: CodeUser;
  readonly method: VerificationMethod | undefined;
  /** Undefined when nothing was kept, or when it was sealed by a key that is gone. */
  readonly kept: K | undefined;
}

/** A code that was sent, as far as it takes to redeem it. */
export interface SentCode {
  /** Salesforce's name of the request; empty in flows that have none. */
  readonly identifier: string;
  readonly method: VerificationMethod;
  /**
   * Whether Salesforce refused, and the identifier is none of its own: it is asked about only so that the answer takes as
   * long as any other.
   */
  readonly isRefused?: boolean;
}

/** What a code can be redeemed with: where Salesforce refused to send another one, what it sent before is still good. */
function redeemable(
  sent: SentCode | undefined,
  again: CodeAttempt | undefined,
): Pick<CodeAttempt, 'identifier' | 'isRefused'> {
  const isRefused = sent === undefined || sent.isRefused === true;
  if (isRefused && again?.identifier !== undefined && again.isRefused !== true) {
    return { identifier: again.identifier };
  }
  return sent === undefined ? {} : { identifier: sent.identifier, isRefused };
}

/** The one-time codes that the sessions of one app wait for. */
export class Codes {
  private readonly locks: Locks;
  private readonly limits: CodeLimits;
  private readonly sealing: Sealing;
  private readonly budget: SendBudget;

  constructor(locks: Locks, limits: CodeLimits, sealing: Sealing) {
    this.locks = locks;
    this.limits = limits;
    this.sealing = sealing;
    this.budget = new SendBudget('code', limits);
  }

  /** The attempts that wait in a session, newest last. Reads what is already loaded. */
  pending(req: SessionRequest): readonly PendingCode[] {
    const now = Date.now();
    return (req.session?.sfHeadless?.codes ?? []).filter(({ expiresAt }) => expiresAt > now);
  }

  /**
   * Has a code sent, and remembers on the server what belongs to it. The same user again, or none, means
   * "send it again": the attempt keeps its name and the guesses it has left.
   *
   * @param send gives what was sent, or undefined when Salesforce refused and there is nothing to ask about.
   * @throws {HeadlessError} `missing_credentials`, `too_many_codes`, or what `send` throws.
   */
  async start<K>(
    req: SessionRequest,
    flow: CodeFlow,
    request: CodeRequest<K>,
    send: (sending: CodeSending<K>) => Promise<SentCode | undefined>,
  ): Promise<PendingCode> {
    const session = openSession(req);
    return this.locks.run(`code ${session.id}`, async () => {
      const user = request.user ?? (await this.newestUser(session, flow));
      if (user === undefined) throw new HeadlessError('missing_credentials');
      const name = attemptName(session, flow, user);
      const record = recordName(session, name);
      const again = await records.get(session.store, record);
      const now = Date.now();
      const sentAt = (again?.sentAt ?? []).filter((time) => time > now - hour);
      if (sentAt.length >= this.limits.codeSends) throw new HeadlessError('too_many_codes');
      await this.budget.check(session);
      const method = request.method ?? again?.method;
      const kept = request.keep ?? (this.unsealed(record, again?.kept) as K | undefined);
      const sent = await send({ user, method, kept });
      const guessesLeft = again?.guessesLeft ?? 0;
      const attempt: CodeAttempt = {
        flow,
        user,
        method: sent?.method ?? method ?? 'email',
        ...redeemable(sent, again),
        ...(kept !== undefined && { kept: this.sealing.seal(record, JSON.stringify(kept)) }),
        expiresAt: now + this.limits.codeLifetime * 1000,
        guessesLeft: guessesLeft > 0 ? guessesLeft : this.limits.codeAttempts,
        sentAt: [...sentAt, now],
      };
      await this.write(session, name, attempt);
      await this.budget.note(session);
      await noteFormer(req, session);
      const { expiresAt } = attempt;
      const pending = { flow, attempt: name, method: attempt.method, expiresAt };
      await this.remember(session, pending);
      return pending;
    });
  }

  /**
   * Tries a code. Every try costs a guess before Salesforce is asked, so that neither a crash nor parallel requests
   * give guesses away; a code that was right is used up.
   *
   * @param attempt which of several attempts of this flow; default the newest.
   * @throws {HeadlessError} `no_code_requested`, `code_expired`, `too_many_attempts`, `invalid_code`, or what `redeem` throws.
   */
  async finish<R>(
    req: SessionRequest,
    flow: CodeFlow,
    attempt: string | undefined,
    redeem: (sent: SentCode & { readonly user: CodeUser }) => Promise<R>,
  ): Promise<R> {
    const session = openSession(req);
    return this.locks.run(`code ${session.id}`, async () => {
      const name = this.named(session, flow, attempt);
      const found =
        name === undefined
          ? undefined
          : await records.get(session.store, recordName(session, name));
      if (name === undefined || found?.flow !== flow) throw new HeadlessError('no_code_requested');
      if (found.expiresAt <= Date.now()) throw new HeadlessError('code_expired');
      if (found.guessesLeft <= 0) throw new HeadlessError('too_many_attempts');
      await this.write(session, name, { ...found, guessesLeft: found.guessesLeft - 1 });
      const { identifier, method, user } = found;
      if (identifier === undefined) throw new HeadlessError('invalid_code');
      const result = await this.redeemed(session, name, found, () =>
        redeem({ identifier, method, user }),
      );
      await this.end(session, name);
      return result;
    });
  }

  /** What a refusal says about the code, beyond that the try is spent. */
  private async redeemed<R>(
    session: OpenSession,
    name: string,
    attempt: CodeAttempt,
    redeem: () => Promise<R>,
  ): Promise<R> {
    try {
      const result = await redeem();
      if (attempt.isRefused !== true) return result;
    } catch (error) {
      if (attempt.isRefused === true && !isForEverybody(error)) {
        throw new HeadlessError('invalid_code');
      }
      const code = error instanceof HeadlessError ? error.code : undefined;
      // A try that failed for what else the visitor entered was no wrong guess: the code is as good as before.
      if (code === 'password_policy') await this.write(session, name, attempt);
      // No guess at this code can be right any more; the next code gets all of its own.
      if (code === 'new_code_required')
        await this.write(session, name, { ...attempt, guessesLeft: 0 });
      // The code was right and is used up; what was registered would be refused again.
      if (code === 'registration_refused') await this.end(session, name);
      throw error;
    }
    throw new HeadlessError('invalid_code');
  }

  private named(
    { session }: OpenSession,
    flow: CodeFlow,
    attempt: string | undefined,
  ): string | undefined {
    const known = (session.sfHeadless?.codes ?? []).filter((each) => each.flow === flow);
    const found =
      attempt === undefined ? known.at(-1) : known.find((each) => each.attempt === attempt);
    return found?.attempt;
  }

  private async write(session: OpenSession, name: string, attempt: CodeAttempt): Promise<void> {
    // The sends of the last hour count even when the code has long expired.
    const forgetAt = Math.max(attempt.expiresAt, Date.now() + hour);
    await records.set(session.store, recordName(session, name), attempt, forgetAt);
  }

  private unsealed(record: string, sealed: string | undefined): unknown {
    const text = sealed === undefined ? undefined : this.sealing.open(record, sealed);
    return text === undefined ? undefined : JSON.parse(text);
  }

  private async newestUser(session: OpenSession, flow: CodeFlow): Promise<CodeUser | undefined> {
    const newest = this.named(session, flow, undefined);
    if (newest === undefined) return undefined;
    return (await records.get(session.store, recordName(session, newest)))?.user;
  }

  private async remember(session: OpenSession, pending: PendingCode): Promise<void> {
    const data = dataOf(session);
    const others = (data.codes ?? []).filter(({ attempt }) => attempt !== pending.attempt);
    data.codes = [...others.slice(-(mostAttempts - 1)), pending];
    await saveSession(session);
  }

  private async end(session: OpenSession, name: string): Promise<void> {
    await records.delete(session.store, recordName(session, name));
    const data = dataOf(session);
    data.codes = (data.codes ?? []).filter(({ attempt }) => attempt !== name);
    await saveSession(session);
  }
}
