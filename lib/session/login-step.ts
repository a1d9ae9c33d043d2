import type { ServerResponse } from 'node:http';
import { HeadlessError } from '../errors.js';
import { carriedFrom, digest, keysToCarry, newestOf } from './carry.js';
import type { Successor } from './ended-sessions.js';
import {
  fetched,
  stored,
  type HeadlessSessionData,
  type Session,
  type UpgradeOutcome,
} from './express-session.js';
import { endBefore } from './former-session.js';
import type { Headless } from './headless.js';
import type { LoginNews } from './login-news.js';
import { completeJoined } from './joined-session.js';
import { discardLoginTokens, keepLoginTokens } from './login-tokens.js';
import { remember, restore, serializeIntoNewSession, type Before } from './new-session.js';
import { serializedUser, type LogIn, type PassportRequest } from './passport-request.js';
import { OldSession } from './old-session.js';
import { ownerOf, previousOwner } from './owner.js';
import { postponed } from './upgrade.js';

/** One login of one request. Whoever runs it holds the lock of the visitor, and for the first half that of the session. */
export class LoginStep {
  private readonly req: PassportRequest;
  private readonly res: ServerResponse;
  private readonly headless: Headless;
  private readonly before: Before;
  private readonly old: OldSession;
  private readonly news: LoginNews;
  /** Whether a login that is undone takes its promise with it. */
  private madePromise = false;
  /** The new session once it is in the store; undefined when there is none, or an earlier login's is joined. */
  private entered: { readonly fresh: Session; readonly owner: string } | undefined;
  private joined: Session | undefined;

  constructor(headless: Headless, news: LoginNews) {
    this.req = headless.request;
    this.res = headless.response;
    this.headless = headless;
    this.before = remember(this.req);
    this.old = new OldSession(this.before.open, this.before.data, headless.hadSession);
    this.news = news;
  }

  /** The first half: a new session is in the store, and the old one knows of it. */
  enter(original: LogIn, user: unknown, options: object): Promise<void> {
    return this.orRestore(() => this.logIn(original, user, options));
  }

  /**
   * The second half: the app's hook takes over what the guest had. It may take its time, so it does not have the lock of
   * the session: whoever logs out meanwhile is not to wait for it.
   */
  settle(user: unknown): Promise<void> {
    return this.orRestore(async () => {
      if (this.entered === undefined) return;
      await this.completeUpgrade(this.entered.fresh, user, this.entered.owner);
      this.endOld();
      if (!this.news.guest) this.headless.services.cookie?.clear(this.req, this.res);
    });
  }

  /** What a login that joined another's session has left to do: that one may have died before its hook ran. */
  async settleJoined(user: unknown): Promise<void> {
    const { joined, headless } = this;
    const uvid = joined?.sfHeadless?.upgrade?.uvid;
    if (joined === undefined || uvid === undefined) return;
    await headless.services.locks.run(`visitor ${uvid.toLowerCase()}`, () =>
      completeJoined(headless, joined, user),
    );
  }

  private async orRestore(work: () => Promise<void>): Promise<void> {
    try {
      await work();
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
    const end = await endBefore(this.headless, this.before, owner);
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
    if (successor !== undefined && isSame && (await this.join(successor))) return;
    await this.beginUpgrade(fresh, owner, carried, uvid, anotherUser);
    const next = { id: this.freshId(), owner, carried: state };
    await this.save(fresh, next, keys);
    this.entered = { fresh, owner };
  }

  private freshId(): string {
    return this.req.sessionID ?? '';
  }

  /** Another request of this browser has logged the same person in: this one joins its session. */
  private async join({ id }: Successor): Promise<boolean> {
    const { store } = this.before.open;
    const data = await fetched(store, id);
    if (typeof data !== 'object' || data === null) return false;
    // A session takes its id from the request when it is made.
    this.req.sessionID = id;
    store.createSession?.(this.req, data);
    if (this.req.session) {
      this.headless.guarded.remember(id, this.req.session);
      this.joined = this.req.session;
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
    // The browser's session on the site is none of this login's doing, and outlives it.
    if (flow === 'sso' || old.siteSession === true) data.siteSession = true;
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
      await this.headless.services.locks.run(`session ${this.before.open.id}`, () =>
        this.old.reinstate(),
      );
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
