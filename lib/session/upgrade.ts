import { HeadlessError } from '../errors.js';
import type { SessionIdentity, Store, UpgradeOutcome } from './express-session.js';
import { upgradeIdOf, type Ledger, type LedgerEntry, type UpgradeMode } from './ledger.js';

/** What the app's upgrade hook gets. */
export interface Upgrade {
  /** Stable for this guest and this user: use it as idempotency key, for the hook may run more than once. */
  readonly upgradeId: string;
  /** The guest's visitor id: what the app has tied to it belongs to the user now. */
  readonly uvid: string;
  /** The app's user, as it was logged in or is deserialized. */
  readonly user: unknown;
  /** Who Salesforce says it is; undefined when the app logged somebody in by other means. */
  readonly identity: SessionIdentity | undefined;
  /** The session keys named in `carry`, as the guest had them. */
  readonly carried: Readonly<Record<string, unknown>>;
  /** Which flow logged the user in: `password`, `otp`, or `login` for a plain `req.login`. */
  readonly flow: string;
  readonly req: object;
}

/**
 * Takes what a guest had to the user the guest has become. May return what it did; returning nothing means `merge`.
 * A hook that throws is tried again on a later request, or undoes the login with `onUpgradeError: 'refuse'`.
 */
export type OnUpgrade = (upgrade: Upgrade) => unknown;

/** One step from guest to named user, before it is known how it ends. */
export interface UpgradeStep {
  readonly uvid: string;
  /** Who the guest is to become. */
  readonly owner: string;
  readonly carried: Readonly<Record<string, unknown>>;
  readonly flow: string;
  /** Whether Salesforce refused the visitor id. */
  readonly uvidRefused: boolean;
  /** Whether somebody else was logged in. */
  readonly anotherUser: boolean;
  /** Whether an earlier login has taken the goods out of the session: what it noted then is what there is. */
  readonly isPromised: boolean;
}

/** How far an upgrade got before the hook. */
export interface BegunUpgrade {
  readonly outcome: UpgradeOutcome;
  /** What moves into the user's session. */
  readonly carried: Readonly<Record<string, unknown>>;
  /** Whether this login made the promise; one that was there before outlives the login. */
  readonly isNew: boolean;
}

const firstRetry = 1_000;
const longestRetry = 300_000;
const modes: readonly unknown[] = ['merge', 'keep-guest', 'keep-account'];

function modeOf(answer: unknown): UpgradeMode {
  if (answer === undefined) return 'merge';
  if (modes.includes(answer)) return answer as UpgradeMode;
  throw new HeadlessError('invalid_argument', {
    message: "`onUpgrade` must return 'merge', 'keep-guest', 'keep-account' or nothing.",
  });
}

/** Runs the upgrades of one app. Whoever calls it holds the lock of the visitor. */
export class Upgrades {
  private readonly ledger: Ledger;
  private readonly onUpgrade: OnUpgrade | undefined;
  private readonly running = new Set<string>();

  constructor(ledger: Ledger, onUpgrade: OnUpgrade | undefined) {
    this.ledger = ledger;
    this.onUpgrade = onUpgrade;
  }

  /**
   * Settles whose the guest is. The outcome is final unless it is `deferred`: then the guest has been promised to this
   * user, nobody else gets it, and the hook is still to run.
   */
  async begin(store: Store, step: UpgradeStep): Promise<BegunUpgrade> {
    const { uvid, owner, flow } = step;
    const upgradeId = upgradeIdOf(uvid, owner);
    const not = (reason: 'another-user' | 'visitor-of-another'): BegunUpgrade => ({
      outcome: { status: 'not-linked', upgradeId, uvid, reason },
      // What the session has gathered since the goods were promised to somebody else is nobody's but this user's.
      carried: step.isPromised && !step.anotherUser ? step.carried : {},
      isNew: false,
    });
    if (step.anotherUser) return not('another-user');
    const entry = await this.ledger.get(store, uvid);
    if (entry !== undefined && entry.owner !== owner) return not('visitor-of-another');
    if (entry?.status === 'done') {
      const mode = entry.mode && { mode: entry.mode };
      return {
        outcome: { status: 'already-linked', upgradeId, uvid, ...mode },
        carried: step.carried,
        isNew: false,
      };
    }
    // A session that still holds the goods knows best; one that was emptied has none, or new ones that came since.
    const noted = entry?.carried ?? {};
    const goods = step.isPromised ? noted : { ...noted, ...step.carried };
    await this.ledger.set(store, uvid, {
      owner,
      upgradeId,
      status: 'started',
      carried: goods,
      flow,
    });
    const reason = step.uvidRefused ? ({ reason: 'uvid-refused' } as const) : {};
    return {
      outcome: { status: 'deferred', upgradeId, uvid, retryAt: Date.now(), ...reason },
      carried: { ...goods, ...step.carried },
      isNew: entry === undefined,
    };
  }

  /** Whether the app takes goods over; without a hook they only move from session to session. */
  get takesGoods(): boolean {
    return this.onUpgrade !== undefined;
  }

  /**
   * Makes the promise firm: from here on any login of the user completes it. The goods have left the guest's session.
   */
  async owe(store: Store, { uvid }: UpgradeOutcome, owner: string): Promise<void> {
    await this.ledger.owe(store, uvid, owner);
  }

  /**
   * The upgrades of a user that have begun and not been completed.
   *
   * @param promised a visitor that may be among them without being on the user's list.
   */
  async owedTo(
    store: Store,
    owner: string,
    promised: string | undefined,
  ): Promise<UpgradeOutcome[]> {
    const uvids = new Set(await this.ledger.owedTo(store, owner));
    const entry = promised === undefined ? undefined : await this.ledger.get(store, promised);
    if (promised !== undefined && entry?.status === 'started' && entry.owner === owner) {
      uvids.add(promised.toLowerCase());
    }
    return [...uvids].map((uvid) => ({
      status: 'deferred',
      uvid,
      upgradeId: upgradeIdOf(uvid, owner),
    }));
  }

  /**
   * Runs the hook of a deferred upgrade, unless it has been run to its end meanwhile.
   *
   * @throws whatever the hook throws, and then nothing has changed.
   */
  async complete(
    store: Store,
    { upgradeId, uvid, reason }: UpgradeOutcome,
    user: unknown,
    identity: SessionIdentity | undefined,
    req: object,
  ): Promise<UpgradeOutcome> {
    const entry = await this.ledger.get(store, uvid);
    if (entry?.upgradeId !== upgradeId) {
      return { status: 'not-linked', upgradeId, uvid, reason: 'visitor-of-another' };
    }
    const mode =
      entry.status === 'done'
        ? entry.mode
        : await this.runHook(store, uvid, entry, user, identity, req);
    return {
      status: reason === undefined ? 'linked' : 'not-linked',
      upgradeId,
      uvid,
      ...(reason && { reason }),
      ...(mode && { mode }),
    };
  }

  /** Whether the hook of a visitor's upgrade is running in this process. */
  isRunning(uvid: string): boolean {
    return this.running.has(uvid.toLowerCase());
  }

  /** Takes a promise back whose login did not come about. */
  async abandon(store: Store, { uvid }: UpgradeOutcome, owner: string): Promise<void> {
    await this.ledger.forget(store, uvid);
    if (this.takesGoods) await this.ledger.settle(store, uvid, owner);
  }

  private async runHook(
    store: Store,
    uvid: string,
    { owner, upgradeId, carried = {}, flow = 'login' }: LedgerEntry,
    user: unknown,
    identity: SessionIdentity | undefined,
    req: object,
  ): Promise<UpgradeMode> {
    let mode: UpgradeMode;
    this.running.add(uvid.toLowerCase());
    try {
      const upgrade = { upgradeId, uvid, user, identity, carried, flow, req };
      mode = modeOf(await this.onUpgrade?.(upgrade));
    } catch (error) {
      // Written anew, the promise lives on for as long as it is tried.
      const promise = { owner, upgradeId, status: 'started', carried, flow } as const;
      await this.ledger.set(store, uvid, promise).catch(() => undefined);
      throw error;
    } finally {
      this.running.delete(uvid.toLowerCase());
    }
    await this.ledger.set(store, uvid, { owner, upgradeId, status: 'done', mode });
    if (owner !== undefined) await this.ledger.settle(store, uvid, owner);
    return mode;
  }
}

/** A deferred outcome after one more failure: the pause doubles from one second to five minutes. */
export function postponed(outcome: UpgradeOutcome, failedAt: number): UpgradeOutcome {
  const pause = Math.max(0, (outcome.retryAt ?? failedAt) - (outcome.failedAt ?? failedAt));
  const next = Math.min(longestRetry, Math.max(firstRetry, pause * 2));
  return { ...outcome, failedAt, retryAt: failedAt + next };
}
