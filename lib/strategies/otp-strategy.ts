import type { ServerResponse } from 'node:http';
import type { NamedIdentity } from '../client/identity.js';
import type { OtpStart, OtpTicket } from '../client/inputs.js';
import { HeadlessError } from '../errors.js';
import { announceLogin, headlessOf, visitorFor } from '../session/headless.js';
import { formField, formOf, readerOf } from './form.js';
import { HeadlessStrategy, type StrategyOptions, type Verb } from './headless-strategy.js';
import type { Login, LoginRequest, Verify } from './verify.js';

/** What a visitor asks a code with. Without a username or login hint the newest code of the session is sent again. */
export type OtpRequest = Partial<OtpStart>;

/** What a visitor logs in with. */
export interface OtpCredentials {
  /** The code as typed; blanks in it do not count. */
  readonly code?: string | undefined;
  /** Which attempt of this session, when the form says so. Default: the newest. */
  readonly attempt?: string | undefined;
}

/** Options of {@link OtpStrategy}. */
export interface OtpStrategyOptions extends StrategyOptions {
  /** Reads the request of `start()`. Default: the body's `username` or `login_hint`, `method` and `recaptcha` (or `g-recaptcha-response`). */
  request?(req: LoginRequest): OtpRequest;
  /** Reads the login. Default: the body's `code` (or `otp`) and `attempt`. */
  credentials?(req: LoginRequest): OtpCredentials;
}

function readRequest(req: LoginRequest): OtpRequest {
  const form = formOf(req);
  const method = formField(form, 'method');
  if (method !== undefined && method !== 'email' && method !== 'sms') {
    throw new HeadlessError('malformed_credentials');
  }
  return {
    username: formField(form, 'username'),
    loginHint: formField(form, 'login_hint'),
    method,
    recaptcha: formField(form, 'recaptcha') ?? formField(form, 'g-recaptcha-response'),
  };
}

function readLogin(req: LoginRequest): OtpCredentials {
  const form = formOf(req);
  return {
    code: formField(form, 'code') ?? formField(form, 'otp'),
    attempt: formField(form, 'attempt'),
  };
}

/**
 * Login by a one-time code that Salesforce sends by email or SMS, `sf-headless-otp`: `start()` has it sent,
 * `passport.authenticate` takes it. Needs `headlessSession`: what belongs to a code stays on the server, bound to the
 * session that asked for it, and is good for one login.
 */
export class OtpStrategy extends HeadlessStrategy<NamedIdentity> {
  private readonly request: (req: LoginRequest) => OtpRequest;
  private readonly credentials: (req: LoginRequest) => OtpCredentials;

  /** @throws {TypeError} naming the option that is missing or wrong. */
  constructor(options: OtpStrategyOptions, verify: Verify<Login<NamedIdentity>>) {
    super('sf-headless-otp', options, verify);
    this.request = readerOf(new.target.name, options, 'request', readRequest);
    this.credentials = readerOf(new.target.name, options, 'credentials', readLogin);
  }

  /**
   * Middleware that has a code sent and goes on; `req.headless.code` then says how and until when. It goes on alike
   * for a user who does not exist. A refusal goes to the error handler as a {@link HeadlessError}.
   */
  start(): (req: LoginRequest, res: ServerResponse, next: (error?: unknown) => void) => void {
    return (req, _res, next) => {
      this.send(req).then(
        () => {
          next();
        },
        (error: unknown) => {
          next(this.inAppWords(error));
        },
      );
    };
  }

  private async send(req: LoginRequest): Promise<void> {
    const { codes } = headlessOf(req).services;
    const { username, loginHint, customdata, method, ...rest } = this.request(req);
    const isNew = username !== undefined || loginHint !== undefined;
    const request = { user: isNew ? { username, loginHint } : undefined, method, keep: customdata };
    await codes.start(req, 'otp', request, async (sending): Promise<OtpTicket | undefined> => {
      const { user, method: by, kept } = sending;
      try {
        return await this.client.startOtp({ ...rest, ...user, customdata: kept, method: by });
      } catch (error) {
        // Whether an account exists is not for a stranger to learn: the answer is that of any other.
        if (error instanceof HeadlessError && error.code === 'account_refused') return undefined;
        throw error;
      }
    });
  }

  protected override async attempt(req: LoginRequest): Promise<Verb> {
    const { codes } = headlessOf(req).services;
    const { code, attempt } = this.credentials(req);
    const typed = code?.replace(/\s+/g, '') ?? '';
    if (typed === '') throw new HeadlessError('missing_credentials');
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
