import { createHash } from 'node:crypto';
import type {
  ChallengeOutcome,
  PasswordlessChallenge,
  RegistrationChallenge,
} from '../client/challenge-input.js';
import { ChallengeSession, type ChallengeFlow } from '../client/challenge-session.js';
import { HeadlessError, type HeadlessErrorCode } from '../errors.js';
import { challengeStateOf } from './challenge-state.js';
import type { CodeUser } from './code-attempts.js';
import { endedAmong, sessionIdsIn } from './ended-sessions.js';
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

/** What it takes to have a one-time code sent again. */
export type KeptStart =
  | Omit<PasswordlessChallenge, 'session' | 'recaptcha' | 'recaptchaEvent' | 'uvid'>
  | Omit<RegistrationChallenge, 'session' | 'recaptcha' | 'recaptchaEvent' | 'uvid'>;

/** What the server knows of one login that a browser is in the middle of. Sealed: most of it is secret. */
interface ChallengeRecord {
  readonly pending: PendingChallenge;
  /** Undefined when Salesforce refused the account, which the visitor must not notice. */
  readonly session?: string | undefined;
  readonly keep?: KeptStart | undefined;
  /** Whether an answer got lost, which may have named the next session: whoever begins again begins a new login. */
  readonly isUnsure?: boolean;
}

/** A login that begins. */
export interface ChallengeStart {
  readonly flow: ChallengeFlow;
  readonly user: CodeUser;
  readonly keep?: KeptStart | undefined;
}

/** What a step is taken with. */
export interface ChallengeTurn {
  /** The login that goes on; undefined for one that begins, or whose account Salesforce refused. */
  readonly resumed: ChallengeSession | undefined;
  /** As the app was last told. */
  readonly pending: PendingChallenge | undefined;
  readonly keep: KeptStart | undefined;
}

/** What came of a step. */
export interface Turned {
  /** Undefined when Salesforce refused the account: to be told like any other. */
  readonly outcome: ChallengeOutcome | undefined;
  /** Undefined when the login is done. */
  readonly pending: PendingChallenge | undefined;
}

/** What a step is: what a visitor enters, a code that is sent, or the one answer that a browser brings back. */
export type StepKind = 'entry' | 'send' | 'callback';

type Turn = (turn: ChallengeTurn) => Promise<ChallengeOutcome | undefined>;

/** So many logins can wait in one session; the oldest makes room for a new one. */
const mostPending = 5;
/** After these, the login that there was is over. */
const endings: readonly HeadlessErrorCode[] = [
  'challenge_expired',
  'too_many_attempts',
  'registration_refused',
];

function isRecord(value: unknown): ChallengeRecord | undefined {
  return typeof value === 'object' && value !== null && 'pending' in value
    ? (value as ChallengeRecord)
    : undefined;
}

/** A record is found from its own session only. */
function recordName({ id }: OpenSession, attempt: string): string {
  return `${id}\n${attempt}`;
}

/** One attempt per session, flow and user, so that whoever begins again goes on with the session that Salesforce gave. */
function attemptName({ id }: OpenSession, { flow, user }: ChallengeStart): string {
  const whose = JSON.stringify([id, 'challenge', flow, user.username, user.loginHint]);
  return createHash('sha256').update(whose).digest('base64url').slice(0, 22);
}

/** The logins at the challenge endpoint that the sessions of one app are in the middle of. */
export class Challenges {
  private readonly locks: Locks;
  private readonly lifetime: number;
  private readonly records: SealedRecords<ChallengeRecord>;

  /** @param lifetime seconds that the next step is waited for. */
  constructor(locks: Locks, lifetime: number, sealing: Sealing) {
    this.locks = locks;
    this.lifetime = lifetime;
    this.records = new SealedRecords('challenge', sealing, isRecord);
  }

  /** The logins that wait in a session, newest last. Reads what is already loaded. */
  pending(req: SessionRequest): readonly PendingChallenge[] {
    const now = Date.now();
    return (req.session?.sfHeadless?.challenges ?? []).filter(({ expiresAt }) => expiresAt > now);
  }

  /** Begins a login, or goes on with the one of the same flow and user. Steps of one browser take turns. */
  async begin(req: SessionRequest, start: ChallengeStart, turn: Turn): Promise<Turned> {
    const session = openSession(req);
    return this.locks.run(`challenge ${session.id}`, async () => {
      const attempt = attemptName(session, start);
      const live = await this.live(session, attempt);
      const found = live?.isUnsure === true ? undefined : live;
      await this.noteFormer(req, session);
      const { flow, keep } = start;
      return this.take(
        session,
        { flow, attempt, keep, pending: found?.pending },
        'send',
        found,
        turn,
      );
    });
  }

  /**
   * Goes on with a login.
   *
   * @param attempt which of several; default the newest.
   * @throws {HeadlessError} `no_code_requested` when there is none, `challenge_expired`, `invalid_code`, or what `turn` throws.
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
      const found = await this.live(session, name);
      if (found === undefined) {
        const last = known.find((each) => each.attempt === name);
        if (last === undefined || last.expiresAt > Date.now()) {
          throw new HeadlessError('no_code_requested');
        }
        // The store forgets a record that is too old; the session still knows that there was one.
        await this.end(session, name);
        throw new HeadlessError('challenge_expired');
      }
      const { pending, keep } = found;
      return this.take(
        session,
        { flow: pending.flow, attempt: name, keep, pending },
        kind,
        found,
        turn,
      );
    });
  }

  private async take(
    session: OpenSession,
    known: Pick<ChallengeTurn, 'pending' | 'keep'> & Pick<PendingChallenge, 'flow' | 'attempt'>,
    kind: StepKind,
    found: ChallengeRecord | undefined,
    turn: Turn,
  ): Promise<Turned> {
    const { flow, attempt, keep, pending: before } = known;
    const sealed = found?.session;
    let outcome: ChallengeOutcome | undefined;
    try {
      outcome = await turn({
        resumed: sealed === undefined ? undefined : ChallengeSession.from(sealed),
        pending: before,
        keep,
      });
    } catch (error) {
      const isOver =
        kind === 'callback' || (error instanceof HeadlessError && endings.includes(error.code));
      if (isOver && found !== undefined) await this.end(session, attempt);
      const isLost = error instanceof HeadlessError && error.fault === 'network';
      if (isLost && !isOver && found !== undefined) {
        const name = recordName(session, attempt);
        await this.records.set(
          session.store,
          name,
          { ...found, isUnsure: true },
          found.pending.expiresAt,
        );
      }
      throw error;
    }
    if (outcome?.state === 'done') {
      if (found !== undefined) await this.end(session, attempt);
      return { outcome, pending: undefined };
    }
    const expiresAt = Date.now() + this.lifetime * 1000;
    const asked = keep?.method ?? before?.method;
    const pending = { flow, attempt, expiresAt, ...challengeStateOf(outcome, before, asked) };
    const record = { pending, session: outcome?.session.serialize(), keep };
    await this.records.set(session.store, recordName(session, attempt), record, expiresAt);
    const data = dataOf(session);
    const others = (data.challenges ?? []).filter((each) => each.attempt !== attempt);
    data.challenges = [...others.slice(-(mostPending - 1)), pending];
    await saveSession(session);
    return { outcome, pending };
  }

  private async live(session: OpenSession, attempt: string): Promise<ChallengeRecord | undefined> {
    const found = await this.records.get(session.store, recordName(session, attempt));
    return found !== undefined && found.pending.expiresAt > Date.now() ? found : undefined;
  }

  /** A browser that never got the answer to its login begins again, in a new session: the login finds the old one. */
  private async noteFormer(req: SessionRequest, session: OpenSession): Promise<void> {
    const named = sessionIdsIn(req).filter((id) => id !== session.id);
    const formerly = named.length === 0 ? [] : await endedAmong(session.store, named);
    if (formerly.length > 0) dataOf(session).formerly = formerly;
  }

  private async end(session: OpenSession, attempt: string): Promise<void> {
    await this.records.delete(session.store, recordName(session, attempt));
    const data = dataOf(session);
    data.challenges = (data.challenges ?? []).filter((each) => each.attempt !== attempt);
    await saveSession(session);
  }
}
