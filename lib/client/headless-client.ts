import { HeadlessError } from '../errors.js';
import type { Fields } from '../protocol/answer.js';
import { checkAccessTokenClaims, type AccessTokenClaims } from '../protocol/claims.js';
import { discoveryRequest, readDiscovery } from '../protocol/discovery.js';
import { readRevoke, revokeRequest } from '../protocol/revoke.js';
import { checkCredential, type VisitorArgument } from './arguments.js';
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
import type { HeadlessClientOptions } from './options.js';
import { passwordLogin } from './password-login.js';

/**
 * Talks to one Experience Cloud site as one app. One client serves every request of a process: it holds the
 * connection pool and the key cache, and nothing about any user.
 *
 * Every method rejects with a {@link HeadlessError} and nothing else. No call is repeated, but for a login that was
 * refused for its visitor hint alone (`uvidHint.retryWithout`).
 */
export class HeadlessClient {
  readonly #context: ClientContext;

  /** @throws {TypeError} naming the option that is missing, wrong or unknown. */
  constructor(options: HeadlessClientOptions) {
    this.#context = createContext(options);
  }

  /** The site's URL as calls use it: prefix kept, no trailing slash. */
  get site(): string {
    return this.#context.settings.site.base;
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
   * Gets a guest token for a visitor: for the given id, for the id inside a given guest token, or for a new one.
   *
   * @throws {HeadlessError} `uvid_refused` when Salesforce does not take the id; `flow_disabled`.
   */
  guest(argument: VisitorArgument = {}): Promise<GuestLogin> {
    return this.#flow('guest', () => guestLogin(this.#context, argument));
  }

  /** The claims about the user of an access token. @throws {HeadlessError} `access_token_refused`. */
  userinfo(accessToken: string): Promise<Fields> {
    return this.#flow('userinfo', () =>
      askUserinfo(this.#context, this.site, checkCredential(accessToken, 'secret')),
    );
  }

  /** Ends an access or refresh token. A token that Salesforce does not know counts as ended. */
  revoke(token: string): Promise<void> {
    return this.#flow('revoke', async () => {
      const request = revokeRequest(this.site, checkCredential(token, 'secret'));
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
      checkAccessTokenClaims(await keys.verify(token), expectation(settings, Date.now())),
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
