import { HeadlessError } from '../errors.js';
import type { Fields } from '../protocol/answer.js';
import { checkAccessTokenClaims, type AccessTokenClaims } from '../protocol/claims.js';
import { discoveryRequest, readDiscovery } from '../protocol/discovery.js';
import type { Introspection } from '../protocol/introspect.js';
import { readRevoke, revokeRequest } from '../protocol/revoke.js';
import { callApi, type ApiCall } from './api-call.js';
import { checkToken, type VisitorArgument } from './arguments.js';
import {
  browserRequest,
  redeemGuest,
  type BrowserRequestInput,
  type BrowserStart,
  type RedeemGuestInput,
} from './browser-request.js';
import { challenge } from './challenge.js';
import { ChallengeEndpoint } from './challenge-endpoint.js';
import type { ChallengeInput, ChallengeOutcome } from './challenge-input.js';
import { createContext, type ClientContext } from './context.js';
import { traced } from './diagnostics.js';
import { expectation } from './exchange.js';
import { guestLogin } from './guest-login.js';
import type {
  GuestLogin,
  LoginInput,
  NamedLogin,
  OtpFinish,
  OtpStart,
  OtpTicket,
} from './inputs.js';
import { askUserinfo } from './named-login.js';
import { finishOtp, startOtp } from './one-time-code.js';
import { askIdentityUrl } from './identity-url.js';
import { introspect, type IntrospectionOptions } from './introspection.js';
import type { HeadlessClientOptions } from './options.js';
import { singleAccess, type SingleAccessOptions } from './single-access.js';
import { passwordLogin } from './password-login.js';
import * as reset from './password-reset.js';
import {
  redeem,
  ssoUrl,
  type RedeemInput,
  type SsoInput,
  type SsoStart,
} from './redirect-login.js';
import { refresh, type RefreshInput } from './refresh.js';
import * as registration from './registration.js';
import type { TokenSet } from './token-set.js';

/**
 * Talks to one Experience Cloud site as one app. One client serves every request of a process: it holds the
 * connection pool and the key cache, and nothing about any user.
 *
 * Every method rejects with a {@link HeadlessError} and nothing else. No call is repeated, but for a login that was
 * refused for its visitor hint alone (`uvidHint.retryWithout`), and a call that was refused for a dead integration token.
 */
export class HeadlessClient {
  readonly #context: ClientContext;
  readonly #challenges: ChallengeEndpoint;

  /** @throws {TypeError} naming the option that is missing, wrong or unknown. */
  constructor(options: HeadlessClientOptions) {
    this.#context = createContext(options);
    this.#challenges = new ChallengeEndpoint(this.#context);
  }

  /** The site's URL as calls use it: prefix kept, no trailing slash. */
  get site(): string {
    return this.#context.settings.site.base;
  }

  /** The consumer key of the app that it speaks for. */
  get clientId(): string {
    return this.#context.settings.clientId;
  }

  /**
   * Where a browser that has a session on the Experience Cloud site itself (single sign-on, a link by `siteUrl`) is sent to
   * end it. Salesforce takes no address to come back to (wire contract, first-party, section 12).
   */
  get siteLogoutUrl(): string {
    return `${this.site}/services/auth/idp/oidc/logout`;
  }

  /** Milliseconds that one call may take. */
  get timeout(): number {
    return this.#context.transport.timeout;
  }

  /**
   * Milliseconds by which Salesforce's clock is ahead of this machine's, as its last answer showed: zero where they differ
   * by no more than two seconds, and before the first answer.
   */
  get clockAhead(): number {
    return this.#context.transport.clockAhead;
  }

  /**
   * Logs a customer in by password and username or login hint: one authorize call, one token call (and userinfo, if told to).
   *
   * @throws {HeadlessError} `invalid_credentials` for an unknown user and a wrong password alike.
   */
  login(input: LoginInput): Promise<NamedLogin> {
    return this.#flow('login', () => passwordLogin(this.#context, input));
  }

  /**
   * Has Salesforce send a one-time code by email or SMS.
   *
   * @throws {HeadlessError} when Salesforce refuses. For an unknown user it usually answers as for a known one.
   */
  startOtp(start: OtpStart): Promise<OtpTicket> {
    return this.#flow('otp-start', () => startOtp(this.#context, start));
  }

  /**
   * Logs a customer in by the code that `startOtp` had sent.
   *
   * @throws {HeadlessError} `invalid_code` for a wrong, expired, used or unknown code alike.
   */
  finishOtp(input: OtpFinish): Promise<NamedLogin> {
    return this.#flow('otp', () => finishOtp(this.#context, input));
  }

  /**
   * Has Salesforce queue the data of a new user and send a one-time code.
   *
   * @throws {HeadlessError} `invalid_fields`, `password_policy`, `registration_refused`, or when Salesforce refuses.
   */
  startRegistration(
    start: registration.RegistrationStart,
  ): Promise<registration.RegistrationTicket> {
    return this.#flow('registration-start', () =>
      registration.startRegistration(this.#context, start),
    );
  }

  /**
   * Has the user made whose registration waits for this code, and logs the user in.
   *
   * @throws {HeadlessError} `invalid_code`; `registration_refused` when the site's handler makes no user.
   */
  finishRegistration(input: OtpFinish): Promise<NamedLogin> {
    return this.#flow('registration', () => registration.finishRegistration(this.#context, input));
  }

  /** Has Salesforce send a code to whoever forgot the password. Unknown users get the same answer, and no code. */
  startPasswordReset(start: reset.PasswordResetStart): Promise<void> {
    return this.#flow('password-reset-start', () => reset.startPasswordReset(this.#context, start));
  }

  /**
   * Sets a new password. It is no login, and gives no tokens.
   *
   * @throws {HeadlessError} `invalid_code`, `new_code_required`, `password_policy`.
   */
  finishPasswordReset(finish: reset.PasswordResetFinish): Promise<void> {
    return this.#flow('password-reset', () => reset.finishPasswordReset(this.#context, finish));
  }

  /**
   * One step of OAuth 2.0 for First-Party Applications: a login by password or one-time code, or a registration.
   *
   * @throws {HeadlessError} `challenge_expired`, `too_many_attempts`, and what refusals mean. Something wrong that may be
   *   entered again, such as a password, is an outcome.
   */
  challenge(input: ChallengeInput): Promise<ChallengeOutcome> {
    return this.#flow('challenge', () => challenge(this.#context, this.#challenges, input));
  }

  /**
   * Gets a guest token for a visitor: for the given id, for the id inside a given guest token, or for a new one.
   *
   * @throws {HeadlessError} `uvid_refused` when Salesforce does not take the id; `flow_disabled`.
   */
  guest(argument: VisitorArgument = {}): Promise<GuestLogin> {
    return this.#flow('guest', () => guestLogin(this.#context, argument));
  }

  /** Where to send a browser for a login by redirect: at an identity provider, or on the site's own login page. */
  ssoUrl(input: SsoInput = {}): Promise<SsoStart> {
    return this.#flow('sso-url', () => Promise.resolve(ssoUrl(this.#context, input)));
  }

  /**
   * Logs a customer in by what a browser brought back from a redirect, or from a flow that its page ran.
   *
   * @throws {HeadlessError} `sso_state_unknown` when it does not belong to the start; `sso_denied`.
   */
  redeem(input: RedeemInput): Promise<NamedLogin> {
    return this.#flow('redeem', () => redeem(this.#context, input));
  }

  /** The authorize call of a headless flow, for a page that adds the credentials and sends it to Salesforce itself. */
  browserRequest(input: BrowserRequestInput): Promise<BrowserStart> {
    return this.#flow('browser-request', () =>
      Promise.resolve(browserRequest(this.#context, input)),
    );
  }

  /** Gets a guest token by the code that a page got with `browserRequest`. @throws {HeadlessError} `sso_state_unknown`. */
  redeemGuest(input: RedeemGuestInput): Promise<GuestLogin> {
    return this.#flow('redeem-guest', () => redeemGuest(this.#context, input));
  }

  /** The claims about the user of an access token. @throws {HeadlessError} `access_token_refused`. */
  userinfo(accessToken: string): Promise<Fields> {
    return this.#flow('userinfo', () =>
      askUserinfo(this.#context, this.site, checkToken(accessToken, 'accessToken')),
    );
  }

  /**
   * Renews the tokens of a login. Where refresh tokens rotate, a second call with the same one ends every login of the
   * user: `req.headless.accessToken()` sees to it that there is none.
   *
   * @throws {HeadlessError} `login_required` when Salesforce has ended the login.
   */
  refresh(input: RefreshInput): Promise<TokenSet> {
    return this.#flow('refresh', () => refresh(this.#context, input));
  }

  /**
   * Calls an API of the site or the org with an access token, and gives the answer unread, whatever its status.
   *
   * @param target a path such as `/services/data/v66.0/query?q=…`, or a URL of the site or of one of `issuers`.
   * @param base instance URL of the login; default the site.
   */
  fetch(
    accessToken: string,
    target: string | URL,
    init?: ApiCall,
    base?: string,
  ): Promise<Response> {
    return callApi(this.#context, accessToken, target, init, base);
  }

  /** What Salesforce knows of the user of an identity URL. @throws {HeadlessError} `access_token_refused`, `untrusted_host`. */
  identity(identityUrl: string, accessToken: string): Promise<Fields> {
    return this.#flow('identity', () => askIdentityUrl(this.#context, identityUrl, accessToken));
  }

  /**
   * A one-time link into the Experience Cloud site: it logs a browser in as the user of the token, within about a minute.
   *
   * @param path relative to the site: `/account` leads to `{site}/account`. Default: the site's home page.
   * @throws {HeadlessError} `scope_missing`, `access_token_refused`, `invalid_argument` for a path that leaves the site.
   */
  singleAccess(
    accessToken: string,
    path?: string,
    options: SingleAccessOptions = {},
  ): Promise<string> {
    return this.#flow('single-access', () =>
      singleAccess(this.#context, accessToken, path, options),
    );
  }

  /** What a token is worth, as Salesforce says it. Private clients only. @throws {HeadlessError} `invalid_client`. */
  introspect(token: string, options: IntrospectionOptions = {}): Promise<Introspection> {
    return this.#flow('introspect', () => introspect(this.#context, token, options));
  }

  /** Ends an access or refresh token. A token that Salesforce does not know counts as ended. */
  revoke(token: string): Promise<void> {
    return this.#flow('revoke', async () => {
      const request = revokeRequest(this.site, checkToken(token, 'token'));
      readRevoke(request, await this.#context.transport.send(request));
    });
  }

  /**
   * Verifies a JWT access token of this app: signature, issuer, audience, client, times, subject.
   *
   * @throws {HeadlessError} `invalid_token`, naming what is wrong.
   */
  verifyAccessToken(token: string): Promise<AccessTokenClaims> {
    const { keys, settings } = this.#context;
    return this.#flow('verify-access-token', async () =>
      checkAccessTokenClaims(
        await keys.verify(token, 'caller'),
        expectation(settings, Date.now() + this.clockAhead),
      ),
    );
  }

  /** The site's OpenID Connect metadata. @throws {HeadlessError} `site_not_found`, `untrusted_host`. */
  discover(): Promise<Fields> {
    return this.#flow('discover', async () => {
      const { settings, transport } = this.#context;
      const request = discoveryRequest(settings.site);
      return readDiscovery(settings.site, request, await transport.send(request));
    });
  }

  /** Closes idle connections, so that nothing of this client outlives it. */
  async close(): Promise<void> {
    await this.#context.transport.close();
  }

  #flow<T>(flow: string, run: () => Promise<T>): Promise<T> {
    const { site, clientId } = this.#context.settings;
    return traced({ flow, site: site.origin, clientId }, async () => {
      try {
        return await run();
      } catch (error) {
        if (error instanceof HeadlessError) throw error;
        throw new HeadlessError('invalid_argument', { cause: error });
      }
    });
  }
}
