import type { NamedIdentity } from '../client/identity.js';
import { decoyIdentifier, isAboutAccount } from '../client/decoys.js';
import type { OtpStart } from '../client/inputs.js';
import type { SentCode } from '../session/codes.js';
import { announceLogin, headlessOf, visitorFor } from '../session/headless.js';
import {
  methodField,
  readCode,
  recaptchaField,
  typedCode,
  userFields,
  type OtpCredentials,
} from './code-form.js';
import { inHandlersWords } from './discovery-message.js';
import { formOf, readerOf, type Reader } from './form.js';
import { HeadlessStrategy, type StrategyOptions, type Verb } from './headless-strategy.js';
import type { Middleware } from './middleware.js';
import type { OwnOptionKinds } from './options.js';
import type { Login, LoginRequest, Verify } from './verify.js';

/** What a visitor asks a code with. Without a username or login hint the newest code of the session is sent again. */
export type OtpRequest = Partial<OtpStart>;

/** Options of {@link OtpStrategy}. */
export interface OtpStrategyOptions extends StrategyOptions {
  /** Reads the request of `start()`. Default: the body's `username` or `login_hint`, `method` and `recaptcha` (or `g-recaptcha-response`). */
  request?(req: LoginRequest): OtpRequest | Promise<OtpRequest>;
  /** Reads the login. Default: the body's `code` (or `otp`) and `attempt`. */
  credentials?(req: LoginRequest): OtpCredentials | Promise<OtpCredentials>;
  /**
   * Whether a visitor sees what the site's discovery handler says about a login hint. Default false: it can tell who has
   * an account.
   */
  readonly discoveryMessage?: boolean | undefined;
}

const ownOptions: OwnOptionKinds<OtpStrategyOptions, StrategyOptions> = {
  request: 'function',
  credentials: 'function',
  discoveryMessage: 'boolean',
};

function readRequest(req: LoginRequest): OtpRequest {
  const form = formOf(req);
  return { ...userFields(form), method: methodField(form), recaptcha: recaptchaField(form) };
}

/**
 * Login by a one-time code that Salesforce sends by email or SMS, `sf-headless-otp`: `start()` has it sent,
 * `passport.authenticate` takes it. Needs `headlessSession`: what belongs to a code stays on the server, bound to the
 * session that asked for it, and is good for one login.
 */
export class OtpStrategy extends HeadlessStrategy<NamedIdentity> {
  private readonly request: Reader<OtpRequest>;
  private readonly credentials: Reader<OtpCredentials>;
  private readonly discoveryMessage: boolean;

  /** @throws {TypeError} naming the option that is missing or wrong. */
  constructor(options: OtpStrategyOptions, verify: Verify<Login<NamedIdentity>>) {
    super('sf-headless-otp', ownOptions, options, verify);
    this.request = readerOf(new.target.name, options, 'request', readRequest);
    this.credentials = readerOf(new.target.name, options, 'credentials', readCode);
    this.discoveryMessage = options.discoveryMessage ?? false;
  }

  /**
   * Middleware that has a code sent and goes on; `req.headless.code` then says how and until when. It goes on alike
   * for a user who does not exist. A refusal goes to the error handler as a {@link HeadlessError}.
   */
  start(): Middleware {
    return this.middleware((req) => this.send(req));
  }

  private async send(req: LoginRequest): Promise<void> {
    const { codes } = headlessOf(req).services;
    const { username, loginHint, customdata, method, ...rest } = await this.request(req);
    const isNew = username !== undefined || loginHint !== undefined;
    const request = { user: isNew ? { username, loginHint } : undefined, method, keep: customdata };
    await codes.start(req, 'otp', request, async (sending): Promise<SentCode> => {
      const { user, method: by, kept } = sending;
      try {
        return await this.client.startOtp({ ...rest, ...user, customdata: kept, method: by });
      } catch (error) {
        // Whether an account exists is not for a stranger to learn: the answer is that of any other.
        if (!isAboutAccount(error)) throw error;
        const isShown = this.discoveryMessage && user.loginHint !== undefined;
        const said = isShown ? inHandlersWords(error) : undefined;
        if (said !== undefined) throw said;
        return { identifier: decoyIdentifier(), method: by ?? 'email', isRefused: true };
      }
    });
  }

  protected override async attempt(req: LoginRequest): Promise<Verb> {
    const { codes } = headlessOf(req).services;
    const { code, attempt } = await this.credentials(req);
    const typed = typedCode(code);
    const uvid = await visitorFor(req);
    const login = await codes.finish(req, 'otp', attempt, ({ identifier, method }) =>
      this.client.finishOtp({ identifier, method, code: typed, uvid }),
    );
    return this.conclude(
      { flow: 'otp', identity: login.identity, tokens: login.tokens, uvid, req },
      () => {
        announceLogin(req, 'otp', login);
      },
    );
  }
}
