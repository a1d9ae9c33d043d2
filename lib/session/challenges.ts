import type { ChallengeOutcome } from '../client/challenge-input.js';
import { ChallengeSession } from '../client/challenge-session.js';
import { HeadlessError, type HeadlessErrorCode, type HeadlessFault } from '../errors.js';
import {
  attemptName,
  isRecord,
  recordName,
  type ChallengeRecord,
  type ChallengeStart,
  type KeptStart,
} from './challenge-records.js';
import { challengeStateOf } from './challenge-state.js';
import { mostAttempts } from './code-attempts.js';
import type { CodeLimits } from './codes.js';
import { noteFormer } from './ended-sessions.js';
import {
  dataOf,
  openSession,
  saveSession,
  type OpenSession,
  type PendingChallenge,
  type SessionRequest,
} from './express-session.js';
import type { Locks } from './locks.js';
import { SealedRecords } from './sealed-records.js';
import type { Sealing } from './sealing.js';
import { SendBudget } from './send-budget.js';

/** What a step is taken with. */
export interface ChallengeTurn {
  /** The login that goes on; undefined for one that begins. */
  readonly resumed: ChallengeSession | undefined;
  /** As the app was last told. */
  readonly pending: PendingChallenge | undefined;
  readonly keep: KeptStart | undefined;
}

/** What came of a step. */
export interface Turned {
  readonly outcome: ChallengeOutcome;
  /** Undefined when the login is done. */
  readonly pending: PendingChallenge | undefined;
}

/**
 * What a step is: a code that is sent, a guess at it, the one answer that a browser brings back, or anything else that a
 * visitor enters.
 */
export type StepKind = 'send' | 'guess' | 'callback' | 'entry';

type Turn = (turn: ChallengeTurn) => Promise<ChallengeOutcome>;

interface Step {
  readonly attempt: string;
  readonly flow: PendingChallenge['flow'];
  readonly kind: StepKind;
  readonly keep: KeptStart | undefined;
  /** Whether it can begin a login, and so needs none that goes on. */
  readonly begins: boolean;
}

const hour = 3_600_000;
/** After these, the login that there was is over. */
const endings: readonly HeadlessErrorCode[] = [
  'challenge_expired',
  'too_many_attempts',
  'registration_refused',
];
/** After these nobody knows whether the session is spent: the step may have been right, and what followed it failed. */
const doubts: readonly HeadlessFault[] = ['network', 'upstream', 'configuration'];

/** The logins at the challenge endpoint that the sessions of one app are in the middle of. */
export class Challenges {
  private readonly locks: Locks;
  private readonly limits: CodeLimits;
  private readonly budget: SendBudget;
  private readonly records: SealedRecords<ChallengeRecord>;

  constructor(locks: Locks, limits: CodeLimits, sealing: Sealing) {
    this.locks = locks;
    this.limits = limits;
    this.budget = new SendBudget('challenge', limits);
    this.records = new SealedRecords('challenge', sealing, isRecord);
  }

  /** The logins that wait in a session, newest last. Reads what is already loaded. */
  pending(req: SessionRequest): readonly PendingChallenge[] {
    const now = Date.now();
    return (req.session?.sfHeadless?.challenges ?? []).filter(({ expiresAt }) => expiresAt > now);
  }

  /**
   * Begins a login, or goes on with the one of the same flow and user. Steps of one browser take turns.
   *
   * @throws {HeadlessError} `too_many_codes`, or what `turn` throws.
   */
  async begin(req: SessionRequest, start: ChallengeStart, turn: Turn): Promise<Turned> {
    const session = openSession(req);
    const { flow, keep } = start;
    return this.locks.run(`challenge ${session.id}`, async () => {
      const attempt = attemptName(session, start);
      const found = await this.records.get(session.store, recordName(session, attempt));
      await noteFormer(req, session);
      const kind = keep === undefined ? 'entry' : 'send';
      return this.take(session, { attempt, flow, kind, keep, begins: true }, found, turn);
    });
  }

  /**
   * Goes on with a login.
   *
   * @param attempt which of several; default the newest.
   * @throws {HeadlessError} `no_code_requested` when there is none, `challenge_expired`, `too_many_attempts` after so many
   *   guesses, `too_many_codes`, or what `turn` throws.
   */
  async proceed(
    req: SessionRequest,
    attempt: string | undefined,
    kind: StepKind,
    turn: Turn,
  ): Promise<Turned> {
    const session = openSession(req);
    return this.locks.run(`challenge ${session.id}`, async () => {
      const known = session.session.sfHeadless?.challenges ?? [];
      const name = attempt ?? known.at(-1)?.attempt;
      if (name === undefined) throw new HeadlessError('no_code_requested');
      const found = await this.records.get(session.store, recordName(session, name));
      // The store forgets a record that is too old; the session still knows that there was one.
      const pending = found?.pending ?? known.find((each) => each.attempt === name);
      if (pending !== undefined && pending.expiresAt <= Date.now()) {
        await this.end(session, name, found);
        throw new HeadlessError('challenge_expired');
      }
      if (found?.pending === undefined) throw new HeadlessError('no_code_requested');
      const { flow } = found.pending;
      const step = { attempt: name, flow, kind, keep: found.keep, begins: kind === 'send' };
      return this.take(session, step, found, turn);
    });
  }

  private async take(
    session: OpenSession,
    step: Step,
    found: ChallengeRecord | undefined,
    turn: Turn,
  ): Promise<Turned> {
    const { attempt, flow, kind, keep, begins } = step;
    const counted = await this.counted(session, step, found);
    const isLive = (found?.pending?.expiresAt ?? 0) > Date.now();
    const isSpent = found === undefined || found.isUnsure === true || found.guessesLeft <= 0;
    const live = isLive && !(begins && isSpent) ? found : undefined;
    let outcome: ChallengeOutcome;
    try {
      outcome = await turn({
        resumed: live?.session === undefined ? undefined : ChallengeSession.from(live.session),
        pending: live?.pending,
        keep,
      });
    } catch (error) {
      if (isLive) await this.afterFailure(session, step, counted, error);
      throw error;
    }
    if (outcome.state === 'done') {
      if (found !== undefined) await this.end(session, attempt, undefined);
      return { outcome, pending: undefined };
    }
    const expiresAt = Date.now() + this.limits.codeLifetime * 1000;
    const before = live?.pending;
    const told = challengeStateOf(outcome, before, keep?.method ?? before?.method);
    const pending = { flow, attempt, expiresAt, ...told };
    const { guessesLeft, sentAt } = counted;
    await this.write(session, attempt, {
      pending,
      session: outcome.session.serialize(),
      keep,
      guessesLeft: begins && guessesLeft <= 0 ? this.limits.codeAttempts : guessesLeft,
      sentAt: kind === 'send' ? [...sentAt, Date.now()] : sentAt,
    });
    if (kind === 'send') await this.budget.note(session);
    const data = dataOf(session);
    const others = (data.challenges ?? []).filter((each) => each.attempt !== attempt);
    data.challenges = [...others.slice(-(mostAttempts - 1)), pending];
    await saveSession(session);
    return { outcome, pending };
  }

  /**
   * Holds a step to the limits, before Salesforce is asked, and alike for everybody: what Salesforce itself counts, it
   * counts for accounts that exist. A guess is written down at once, so that neither a crash nor parallel requests give
   * it away.
   */
  private async counted(
    session: OpenSession,
    { attempt, kind }: Step,
    found: ChallengeRecord | undefined,
  ): Promise<ChallengeRecord> {
    const since = Date.now() - hour;
    const sentAt = (found?.sentAt ?? []).filter((time) => time > since);
    const guessesLeft = found?.guessesLeft ?? 0;
    if (kind === 'send') {
      if (sentAt.length >= this.limits.codeSends) throw new HeadlessError('too_many_codes');
      await this.budget.check(session);
    }
    if (kind !== 'guess') return { ...found, guessesLeft, sentAt };
    if (guessesLeft <= 0) throw new HeadlessError('too_many_attempts');
    const counted = { ...found, guessesLeft: guessesLeft - 1, sentAt };
    await this.write(session, attempt, counted);
    return counted;
  }

  private async afterFailure(
    session: OpenSession,
    { attempt, kind }: Step,
    counted: ChallengeRecord,
    error: unknown,
  ): Promise<void> {
    if (kind === 'callback') return this.end(session, attempt, counted);
    if (!(error instanceof HeadlessError)) return undefined;
    if (endings.includes(error.code)) return this.end(session, attempt, counted);
    if (!doubts.includes(error.fault)) return undefined;
    return this.write(session, attempt, { ...counted, isUnsure: true });
  }

  private async write(
    session: OpenSession,
    attempt: string,
    record: ChallengeRecord,
  ): Promise<void> {
    // The sends of the last hour count even when the login is long over.
    const forgetAt = Math.max(record.pending?.expiresAt ?? 0, Date.now() + hour);
    await this.records.set(session.store, recordName(session, attempt), record, forgetAt);
  }

  /** @param counts what of the limits is used up; undefined after a login, which was none of a guesser's. */
  private async end(
    session: OpenSession,
    attempt: string,
    counts: ChallengeRecord | undefined,
  ): Promise<void> {
    if (counts === undefined) {
      await this.records.delete(session.store, recordName(session, attempt));
    } else {
      const { guessesLeft, sentAt } = counts;
      await this.write(session, attempt, { guessesLeft, sentAt });
    }
    const data = dataOf(session);
    data.challenges = (data.challenges ?? []).filter((each) => each.attempt !== attempt);
    await saveSession(session);
  }
}
