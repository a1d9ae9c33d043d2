import { randomBytes } from 'node:crypto';
import { HeadlessError } from '../errors.js';
import type { Fields } from '../protocol/answer.js';
import { checkAccessTokenClaims, type AccessTokenClaims } from '../protocol/claims.js';
import { discoveryRequest, readDiscovery } from '../protocol/discovery.js';
import { passwordlessStartRequest, readPasswordlessStart } from '../protocol/passwordless.js';
import { readRevoke, revokeRequest } from '../protocol/revoke.js';
import { createUvid, type HintSpelling, type Visitor } from '../protocol/uvid.js';
import { checkCredential, checkMethod, checkVisitor, uvidOf } from './arguments.js';
import type { VisitorArgument } from './arguments.js';
import { traced } from './diagnostics.js';
import { Exchange, expectation, type FlowInput, type Hint } from './exchange.js';
import { guestIdentity, namedIdentity } from './identity.js';
import type {
  GuestLogin,
  LoginInput,
  NamedLogin,
  OtpFinish,
  OtpStart,
  OtpTicket,
} from './inputs.js';
import { SigningKeys } from './keys.js';
import { readOptions, type HeadlessClientOptions, type Settings } from './options.js';
import { Transport } from './transport.js';

/**
 * Talks to one Experience Cloud site as one app. One client serves every request of a process: it holds the
 * connection pool and the key cache, and nothing about any user.
 *
 * Every method rejects with a {@link HeadlessError} and nothing else. No call is repeated, but for a login that was
 * refused for its visitor hint alone (`uvidHint.retryWithout`).
 */
export class HeadlessClient {
  readonly #settings: Settings;
  readonly #transport: Transport;
  readonly #keys: SigningKeys;
  readonly #exchange: Exchange;

  /** @throws {TypeError} naming the option that is missing, wrong or unknown. */
  constructor(options: HeadlessClientOptions) {
    this.#settings = readOptions(options);
    this.#transport = new Transport(options);
    this.#keys = new SigningKeys(this.#settings.site, this.#transport);
    this.#exchange = new Exchange(
      this.#settings,
      options.clientSecret,
      this.#transport,
      this.#keys,
    );
  }

  /** The site's URL as calls use it: prefix kept, no trailing slash. */
  get site(): string {
    return this.#settings.site.base;
  }

  /**
   * Logs a customer in by username and password: one authorize call, one token call (and userinfo, if told to).
   *
   * @throws {HeadlessError} `invalid_credentials` for an unknown user and a wrong password alike.
   */
  login(input: LoginInput): Promise<NamedLogin> {
    return this.#flow('login', () => {
      const name = checkCredential(input.username, 'name');
      const secret = checkCredential(input.password, 'secret');
      return this.#named({ flow: 'named-user', credentials: { name, secret } }, input);
    });
  }

  /**
   * Has Salesforce send a one-time code by email or SMS.
   *
   * @throws {HeadlessError} when Salesforce refuses. For an unknown user it usually answers as for a known one.
   */
  startOtp(start: OtpStart): Promise<OtpTicket> {
    return this.#flow('otp-start', async () => {
      const method = checkMethod(start.method);
      const init = {
        username: checkCredential(start.username, 'name'),
        verificationMethod: method,
        recaptcha: start.recaptcha,
        recaptchaEvent: start.recaptchaEvent,
        emailTemplate: start.emailTemplate,
      };
      const request = passwordlessStartRequest(this.#settings.site, init);
      const response = await this.#transport.send(request);
      return { identifier: readPasswordlessStart(init, request, response), method };
    });
  }

  /**
   * Logs a customer in by the code that `startOtp` had sent.
   *
   * @throws {HeadlessError} `invalid_code` for a wrong, expired, used or unknown code alike.
   */
  finishOtp(input: OtpFinish): Promise<NamedLogin> {
    return this.#flow('otp', () => {
      const name = checkCredential(input.identifier, 'name');
      const secret = checkCredential(input.code, 'secret');
      const verificationMethod = checkMethod(input.method);
      return this.#named(
        { flow: 'passwordless', credentials: { name, secret }, verificationMethod },
        input,
      );
    });
  }

  /**
   * Gets a guest token for a visitor: for the given id, for the id inside a given guest token, or for a new one.
   *
   * @throws {HeadlessError} `uvid_refused` when Salesforce does not take the id; `flow_disabled`.
   */
  guest(argument: VisitorArgument = {}): Promise<GuestLogin> {
    return this.#flow('guest', async () => {
      const visitor = checkVisitor(argument) ?? { uvid: createUvid(randomBytes) };
      const sent = uvidOf(visitor);
      const { guestScope: scope, guestHint: spelling } = this.#settings;
      const { claims, tokens } = await this.#exchange.run(
        { flow: 'guest', scope },
        { visitor, spelling },
      );
      const identity = guestIdentity(claims, sent);
      return { identity, tokens, uvid: identity.uvid };
    });
  }

  /** The claims about the user of an access token. @throws {HeadlessError} `access_token_refused`. */
  userinfo(accessToken: string): Promise<Fields> {
    return this.#flow('userinfo', () =>
      this.#exchange.userinfo(this.#settings.site.base, checkCredential(accessToken, 'secret')),
    );
  }

  /** Ends an access or refresh token. A token that Salesforce does not know counts as ended. */
  revoke(token: string): Promise<void> {
    return this.#flow('revoke', async () => {
      const request = revokeRequest(this.#settings.site.base, checkCredential(token, 'secret'));
      readRevoke(request, await this.#transport.send(request));
    });
  }

  /**
   * Verifies a JWT access token of this app: signature, issuer, audience, client, times, subject.
   *
   * @throws {HeadlessError} `invalid_token`, naming what is wrong.
   */
  verifyAccessToken(token: string): Promise<AccessTokenClaims> {
    return this.#flow('verify-access-token', async () =>
      checkAccessTokenClaims(
        await this.#keys.verify(token),
        expectation(this.#settings, Date.now()),
      ),
    );
  }

  /** The site's OpenID Connect metadata. @throws {HeadlessError} `site_not_found`, `untrusted_host`. */
  discover(): Promise<Fields> {
    return this.#flow('discover', async () => {
      const request = discoveryRequest(this.#settings.site);
      return readDiscovery(this.#settings.site, request, await this.#transport.send(request));
    });
  }

  /** Closes idle connections, so that nothing of this client outlives it. */
  async close(): Promise<void> {
    await this.#transport.close();
  }

  async #named(input: FlowInput, argument: VisitorArgument): Promise<NamedLogin> {
    const visitor = checkVisitor(argument);
    const uvid = visitor && (argument.uvid ?? uvidOf(visitor));
    const { scope, namedHint } = this.#settings;
    const hint =
      visitor === undefined || namedHint === false
        ? undefined
        : { visitor, spelling: spellingFor(visitor, namedHint) };
    const { exchanged, sentHint } = await this.#withOrWithout({ ...input, scope }, hint);
    const { answer, claims, tokens, tokenBase } = exchanged;
    const userinfo = this.#settings.userinfo
      ? await this.#exchange.userinfo(tokenBase, answer.accessToken)
      : undefined;
    const identity = namedIdentity(claims, userinfo, sentHint ? uvid : undefined);
    return { identity, tokens, uvid, uvidRefused: hint !== undefined && !sentHint };
  }

  /** A visitor hint that Salesforce refuses must not cost the login: no code was issued, so it may be sent once more. */
  async #withOrWithout(input: FlowInput, hint: Hint | undefined) {
    try {
      return { exchanged: await this.#exchange.run(input, hint), sentHint: hint !== undefined };
    } catch (error) {
      const isHintAlone = error instanceof HeadlessError && error.code === 'uvid_refused';
      if (hint === undefined || !isHintAlone || !this.#settings.retryWithoutHint) throw error;
      return { exchanged: await this.#exchange.run(input, undefined), sentHint: false };
    }
  }

  #flow<T>(flow: string, run: () => Promise<T>): Promise<T> {
    const { site, clientId } = this.#settings;
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

/** Second-hand knowledge pairs a plain id with the body and a token with the header (wire contract, login, section 11). */
function spellingFor(
  visitor: Visitor,
  { in: place, prefix }: Exclude<Settings['namedHint'], false>,
): HintSpelling {
  return { in: place ?? ('guestToken' in visitor ? 'header' : 'body'), prefix };
}
