import type { ServerResponse } from 'node:http';
import { HeadlessError } from '../errors.js';
import { carriedFrom, digest, keysToCarry, newestOf } from './carry.js';
import { endOfSession, sessionIdsIn, type SessionEnd, type Successor } from './ended-sessions.js';
import {
  openSession,
  fetched,
  stored,
  type HeadlessSessionData,
  type Session,
  type UpgradeOutcome,
} from './express-session.js';
import type { Headless } from './headless.js';
import type { LoginNews } from './login-news.js';
import { completeJoined } from './joined-session.js';
import { discardLoginTokens, keepLoginTokens } from './login-tokens.js';
import { remember, restore, serializeIntoNewSession, type Before } from './new-session.js';
import { serializedUser, type LogIn, type PassportRequest } from './passport-request.js';
import { OldSession } from './old-session.js';
import { settleOwed } from './owed.js';
import { ownerOf, previousOwner } from './owner.js';
import { postponed } from './upgrade.js';

/** One login of one request. Whoever runs it holds the locks of the session and the visitor. */
class LoginStep {
  private readonly req: PassportRequest;
  private readonly res: ServerResponse;
  private readonly headless: Headless;
  private readonly before: Before;
  private readonly old: OldSession;
  private readonly news: LoginNews;
  /** Whether a login that is undone takes its promise with it. */
  private madePromise = false;

  constructor(headless: Headless, news: LoginNews) {
    this.req = headless.request;
    this.res = headless.response;
    this.headless = headless;
    this.before = remember(this.req);
    this.old = new OldSession(this.before.open, this.before.data, headless.hadSession);
    this.news = news;
  }

  async run(original: LogIn, user: unknown, options: object): Promise<void> {
    try {
      await this.logIn(original, user, options);
    } catch (error) {
      restore(this.req, this.before);
      throw error;
    }
  }

  private async logIn(original: LogIn, user: unknown, options: object): Promise<void> {
    const { store, id: oldId, session: old } = this.before.open;
    const fresh = await serializeIntoNewSession(this.req, store, original, user, options);
    const principal = serializedUser(this.req, fresh);
    if (principal === undefined) {
      // Passport keeps no login sessions here: there is nothing to move.
      this.req.session = old;
      this.req.sessionID = oldId;
      return;
    }
    const owner = ownerOf(this.news, principal);
    const wasOwner = previousOwner(this.before);
    const end = await this.endOfOldSession(owner);
    const successor = end?.successors.find((each) => each.owner === owner);
    const first = end?.successors[0];
    const { promised } = this.before.data;
    const anotherUser =
      (wasOwner !== undefined && wasOwner !== owner) ||
      // What a session has gathered since its goods were promised to somebody is not theirs.
      (first !== undefined && first.owner !== owner && promised === undefined) ||
      (end?.closed === true && successor === undefined);
    const uvid = this.news.guest ? undefined : this.news.uvid;
    const keys = keysToCarry(this.headless, old, options);
    const source = end === undefined ? await newestOf(this.headless, this.before.open, keys) : old;
    const carried = anotherUser ? {} : carriedFrom(source, keys);
    const state = digest(carried, uvid);
    const isEmptied = Object.keys(carried).length === 0 && uvid === promised?.uvid;
    const isSame = end?.closed === true || successor?.carried === state || (isEmptied && promised);
    if (successor !== undefined && isSame && (await this.join(successor, user))) return;
    await this.beginUpgrade(fresh, owner, carried, uvid, anotherUser);
    const next = { id: this.freshId(), owner, carried: state };
    await this.save(fresh, next, keys);
    await this.completeUpgrade(fresh, user, owner);
    this.endOld();
    if (!this.news.guest) this.headless.services.cookie?.clear(this.req, this.res);
  }

  /**
   * What became of the session that the browser names. When it has ended, express-session does not know it any more and
   * has made a new one: a click that was on its way while an earlier one was answered, or a browser that never got the
   * answer, finds its session by the name.
   */
  private async endOfOldSession(owner: string): Promise<SessionEnd | undefined> {
    const { store, id } = this.before.open;
    const end = this.headless.hadSession ? await endOfSession(store, id) : undefined;
    if (end !== undefined) return end;
    const { formerly = [] } = this.before.data;
    for (const named of [...formerly, ...sessionIdsIn(this.req)]) {
      const former = named === id ? undefined : await endOfSession(store, named);
      // The name is no proof. Who is logged in is, and only that person's own session is joined.
      if (former?.successors.some((each) => each.owner === owner))
        return { ...former, closed: true };
    }
    return undefined;
  }

  private freshId(): string {
    return this.req.sessionID ?? '';
  }

  /** Another request of this browser has logged the same person in: this one joins its session. */
  private async join({ id }: Successor, user: unknown): Promise<boolean> {
    const { store } = this.before.open;
    const data = await fetched(store, id);
    if (typeof data !== 'object' || data === null) return false;
    // A session takes its id from the request when it is made.
    this.req.sessionID = id;
    store.createSession?.(this.req, data);
    if (this.req.session) {
      this.headless.guarded.remember(id, this.req.session);
      await completeJoined(this.headless, this.req.session, user);
    }
    this.endOld();
    discardLoginTokens(this.headless.services, store, this.news);
    this.headless.services.cookie?.clear(this.req, this.res);
    return true;
  }

  private async beginUpgrade(
    fresh: Session,
    owner: string,
    carried: Record<string, unknown>,
    uvid: string | undefined,
    anotherUser: boolean,
  ): Promise<void> {
    const { upgrades } = this.headless.services;
    const { flow, identity, guest, uvidRefused } = this.news;
    const { open, data: old } = this.before;
    const data: HeadlessSessionData = {};
    data.owner = owner;
    if (identity !== undefined) data.identity = identity;
    if (flow === 'sso') data.siteSession = true;
    if (guest !== undefined) Object.assign(data, { guest, guestIsUser: true });
    fresh.sfHeadless = data;
    if (uvid !== undefined) {
      const isPromised = uvid === old.promised?.uvid;
      const step = { uvid, owner, carried, flow, uvidRefused, anotherUser, isPromised };
      const begun = await upgrades.begin(open.store, step);
      data.upgrade = begun.outcome;
      this.madePromise = begun.isNew;
      Object.assign(fresh, begun.carried);
      return;
    }
    if (!anotherUser && old.upgrade !== undefined) data.upgrade = old.upgrade;
    Object.assign(fresh, carried);
  }

  /** The new session is in the store before anything happens to the old one. */
  private async save(fresh: Session, successor: Successor, keys: readonly string[]): Promise<void> {
    const { store } = this.before.open;
    const id = this.freshId();
    const { upgrade } = fresh.sfHeadless ?? {};
    try {
      await keepLoginTokens(this.headless.services, store, id, this.news);
      await stored((done) => store.set(id, fresh, done));
      await this.old.name(successor);
      if (upgrade?.status === 'deferred' && this.headless.services.upgrades.takesGoods) {
        await this.old.empty(keys, upgrade.uvid);
        await this.headless.services.upgrades.owe(store, upgrade, successor.owner);
      }
    } catch (error) {
      await this.discard(id);
      await this.old.reinstate().catch(() => undefined);
      if (upgrade) await this.takePromiseBack(upgrade, successor.owner).catch(() => undefined);
      throw error;
    }
    this.headless.guarded.remember(id, fresh);
  }

  private endOld(): void {
    const { locks, tokens } = this.headless.services;
    this.old.endAfter(this.res, locks, tokens);
  }

  private async completeUpgrade(fresh: Session, user: unknown, owner: string): Promise<void> {
    const { upgrades, refuseOnUpgradeError } = this.headless.services;
    const outcome = fresh.sfHeadless?.upgrade;
    if (outcome?.status !== 'deferred' || fresh.sfHeadless === undefined) return;
    const { store } = this.before.open;
    try {
      const { identity } = this.news;
      fresh.sfHeadless.upgrade = await upgrades.complete(store, outcome, user, identity, this.req);
      await this.headless.saveNow(fresh);
    } catch (error) {
      if (!refuseOnUpgradeError) {
        fresh.sfHeadless.upgrade = postponed(outcome, Date.now());
        return;
      }
      await this.old.reinstate();
      await this.takePromiseBack(outcome, owner);
      await this.discard(this.freshId());
      throw new HeadlessError('upgrade_refused', { cause: error });
    }
  }

  private async takePromiseBack(outcome: UpgradeOutcome, owner: string): Promise<void> {
    if (!this.madePromise) return;
    await this.headless.services.upgrades.abandon(this.before.open.store, outcome, owner);
  }

  /** A session that the browser never hears of; if it cannot be removed now, the store forgets it in its time. */
  private async discard(id: string): Promise<void> {
    const { store } = this.before.open;
    await stored((done) => store.destroy(id, done)).catch(() => undefined);
    await this.headless.services.tokens?.end(store, id).catch(() => undefined);
  }
}

/**
 * Logs a user in, in the place of Passport's `req.logIn`: always under a new session id, with nothing of the old session
 * but the keys named in `carry`, and those only from a stranger's, a guest's or the same person's session.
 *
 * @throws {HeadlessError} `storage_failed`, `upgrade_refused`, `keep_session_info_refused`, or what the serializer
 *   throws; the request is then as it was before.
 */
export async function logIn(
  headless: Headless,
  original: LogIn,
  user: unknown,
  options: object,
): Promise<void> {
  const news = await headless.takeNews();
  const { locks } = headless.services;
  const { id, session } = openSession(headless.request);
  const promised = session.sfHeadless?.promised;
  const step = (): Promise<void> => new LoginStep(headless, news).run(original, user, options);
  const { uvid } = news;
  const ofVisitor =
    uvid === undefined ? step : () => locks.run(`visitor ${uvid.toLowerCase()}`, step);
  // A browser that sent no session cannot be logging in twice in it.
  await (headless.hadSession ? locks.run(`session ${id}`, ofVisitor) : ofVisitor());
  // The login stands, whatever comes of older debts.
  await settleOwed(headless, news, user, promised?.uvid).catch(() => undefined);
}
