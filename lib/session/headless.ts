import type { ServerResponse } from 'node:http';
import type { ApiCall } from '../client/api-call.js';
import type { NamedLogin } from '../client/inputs.js';
import { HeadlessError } from '../errors.js';
import {
  openSession,
  type Guest,
  type PendingChallenge,
  type PendingCode,
  type Session,
  type SessionIdentity,
  type SessionRequest,
  type UpgradeOutcome,
} from './express-session.js';
import { ensureGuest, guestOf, visitOf } from './guest.js';
import type { GuardedStore } from './guarded-store.js';
import type { HeadlessServices } from './headless-services.js';
import type { LoginNews } from './login-news.js';
import { logOut, type LoggedOut, type LogoutOptions } from './logout-step.js';
import { serializedUser, type PassportRequest } from './passport-request.js';
import { callApi } from './api-calls.js';
import { SessionTokens } from './session-tokens.js';
import { siteLink } from './site-link.js';

const nothing: ReadonlyMap<string, string> = new Map();

/** The named keys of a session as texts, those that it has. */
function snapshot(
  session: object | null | undefined,
  keys: readonly string[],
): ReadonlyMap<string, string> {
  if (!session) return nothing;
  const present = keys.filter((key) => Object.hasOwn(session, key));
  return new Map(present.map((key) => [key, JSON.stringify(Reflect.get(session, key))]));
}

/** `req.headless`: what is known of the visitor of this request, and what can be done with it. */
export class Headless {
  readonly #req: PassportRequest;
  readonly #res: ServerResponse;
  readonly #services: HeadlessServices;
  readonly #guarded: GuardedStore;
  readonly #idAtStart: string | undefined;
  readonly #atStart: ReadonlyMap<string, string>;
  #sessionTokens: SessionTokens | undefined;
  #news: LoginNews | undefined;
  #visit: string | undefined;

  /** @internal */
  constructor(
    req: PassportRequest,
    res: ServerResponse,
    services: HeadlessServices,
    guarded: GuardedStore,
  ) {
    this.#req = req;
    this.#res = res;
    this.#services = services;
    this.#guarded = guarded;
    this.#idAtStart = req.sessionID;
    this.#atStart = services.carry.length === 0 ? nothing : snapshot(req.session, services.carry);
  }

  /** Most requests ask for no token. */
  get #tokens(): SessionTokens {
    return (this.#sessionTokens ??= new SessionTokens(this));
  }

  /** The guest of this session, or undefined. Reading it creates nothing. */
  get guest(): Guest | undefined {
    return guestOf(this.#req);
  }

  /** The newest one-time code that this session waits for, or undefined. */
  get code(): PendingCode | undefined {
    return this.#services.codes.pending(this.#req).at(-1);
  }

  /** The newest first-party login that this session is in the middle of, or undefined. */
  get challenge(): PendingChallenge | undefined {
    return this.#services.challenges.pending(this.#req).at(-1);
  }

  /** Who is logged in, as Salesforce said it at the login, or undefined. */
  get identity(): SessionIdentity | undefined {
    const { session } = this.#req;
    const isLoggedIn = session && serializedUser(this.#req, session) !== undefined;
    return isLoggedIn ? session.sfHeadless?.identity : undefined;
  }

  /** What came of the last step from guest to named user, or undefined. */
  get upgrade(): UpgradeOutcome | undefined {
    return this.#req.session?.sfHeadless?.upgrade;
  }

  /**
   * The guest of this session, created on first need: a visitor id and a guest token. Calls that run in parallel
   * get the same one, and a visitor who comes back after the session has expired gets the old one.
   *
   * @throws {HeadlessError} `session_required`, `storage_failed`, or what kept the guest token away.
   */
  ensureGuest(): Promise<Guest> {
    return ensureGuest(this, this.#services.client);
  }

  /**
   * An access token of the user, or else of the guest, that is good for a while yet (`tokens.margin`): the one there is,
   * or a new one. Calls in parallel, in this request or others, share one renewal.
   *
   * @throws {HeadlessError} `login_required` when nobody is logged in, or Salesforce has ended the login;
   *   `refresh_lost`; or what kept a new token away.
   */
  async accessToken(): Promise<string> {
    return (await this.#tokens.current()).accessToken;
  }

  /**
   * Calls an API of the org or the site in the name of the user, or else of the guest. A token that Salesforce no longer
   * takes is renewed, and the call made once more, when its body can be sent again.
   *
   * @param path below the instance URL of the login, such as `/services/data/v66.0/query?q=…`, or a URL of the site or
   *   one of the client's `issuers`: no other host ever gets the token.
   * @throws {HeadlessError} `invalid_argument` for any other URL; what `accessToken` throws; what keeps the answer away.
   */
  fetch(path: string | URL, init: ApiCall = {}): Promise<Response> {
    return callApi(this.#services.client, this.#tokens, path, init);
  }

  /**
   * A link that logs the browser into the Experience Cloud site, once and within a minute, and leads to a page there.
   * Hand it to nobody else than the user: redirect to it.
   *
   * @param path a page of the site, relative to it, such as `/account`. Default: its start page.
   * @throws {HeadlessError} `scope_missing`, `invalid_argument` for a path that leads elsewhere, `access_token_refused`.
   */
  siteUrl(path?: string): Promise<string> {
    return siteLink(this, this.#tokens, path);
  }

  /**
   * Ends the login: a new, empty session for this request, the old one gone for good, the visitor id forgotten, the
   * tokens ended at Salesforce. When Salesforce does not answer in time (`tokens.revokeTimeout`) the logout stands all the
   * same, and the tokens are ended later.
   *
   * @throws {HeadlessError} `session_required`, `storage_failed`.
   */
  async logout(options: LogoutOptions = {}): Promise<LoggedOut> {
    const hasSiteSession = this.#req.session?.sfHeadless?.siteSession === true;
    await logOut(this, options);
    return { siteLogoutUrl: hasSiteSession ? this.#services.client.siteLogoutUrl : undefined };
  }

  /** @internal */
  get services(): HeadlessServices {
    return this.#services;
  }

  /** @internal */
  get request(): PassportRequest {
    return this.#req;
  }

  /** @internal */
  get response(): ServerResponse {
    return this.#res;
  }

  /** @internal */
  get guarded(): GuardedStore {
    return this.#guarded;
  }

  /** @internal Whether the browser named this session; one just made for this request is in use nowhere else. */
  get hadSession(): boolean {
    const id = encodeURIComponent(this.#idAtStart ?? '');
    return id !== '' && (this.#req.headers.cookie ?? '').includes(id);
  }

  /** @internal Has the store hold a session as it is now, whatever else happens to this request, unless it has ended. */
  async saveNow(session: Session): Promise<void> {
    const { id, store } = openSession(this.#req);
    await this.#guarded.save(store, id, session);
  }

  /** @internal A carried key as it was when the request arrived, as text. */
  atStart(key: string): string | undefined {
    return this.#atStart.get(key);
  }

  /** @internal The visitor whom a login of this request is to take over, as far as a strategy has asked. */
  get visit(): string | undefined {
    return this.#visit;
  }

  /** @internal */
  noteVisit(uvid: string): void {
    this.#visit = uvid;
  }

  /** @internal A strategy says what it knows, right before it says `success`. */
  announce(news: LoginNews): void {
    this.#news = news;
  }

  /** @internal What is known of the login that happens now; the app may log somebody in by itself. */
  async takeNews(): Promise<LoginNews> {
    const news = this.#news;
    this.#news = undefined;
    return news ?? { flow: 'login', uvidRefused: false, uvid: (await visitOf(this))?.uvid };
  }
}

/** A request that may have passed `headlessSession`. */
export interface HeadlessRequest extends SessionRequest {
  headless?: Headless;
}

/** A strategy tells the session what it knows of a login, right before it says `success`. */
export function announceLogin(req: HeadlessRequest, flow: string, login: NamedLogin): void {
  // The claims are the strategy's to show and too much for a session.
  const { kind, sub, userId, organizationId, username, email, name } = login.identity;
  const identity = { kind, sub, userId, organizationId, username, email, name };
  const { uvidRefused, tokens } = login;
  const uvid = login.uvid ?? req.headless?.visit;
  req.headless?.announce({ flow, identity, uvid, uvidRefused, tokens });
}

/**
 * The visitor id that is to go to Salesforce with a named login of a request, or undefined. One that somebody has become,
 * or is about to, stays here: Salesforce knows of it, and is not to hear of it with anybody else's login.
 */
export async function visitorFor({ headless }: HeadlessRequest): Promise<string | undefined> {
  const uvid = headless && (await visitOf(headless))?.uvid;
  if (headless === undefined || uvid === undefined) return undefined;
  headless.noteVisit(uvid);
  const { store } = openSession(headless.request);
  const entry = await headless.services.ledger.get(store, uvid);
  return entry === undefined ? uvid : undefined;
}

/** @throws {HeadlessError} `session_required` when the request did not pass `headlessSession`. */
export function headlessOf(req: HeadlessRequest): Headless {
  if (req.headless === undefined) throw new HeadlessError('session_required');
  return req.headless;
}
