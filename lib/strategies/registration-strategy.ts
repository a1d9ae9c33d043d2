import type { NamedIdentity } from '../client/identity.js';
import type { RegistrationStart, RegistrationTicket } from '../client/registration.js';
import { HeadlessError } from '../errors.js';
import { announceLogin, headlessOf, visitorFor } from '../session/headless.js';
import { readCode, typedCode, type OtpCredentials } from './code-form.js';
import { readerOf, type Reader } from './form.js';
import { HeadlessStrategy, type StrategyOptions, type Verb } from './headless-strategy.js';
import type { Middleware } from './middleware.js';
import type { OwnOptionKinds } from './options.js';
import {
  addresseeOf,
  emptyForm,
  readRegistrationForm,
  type RegistrationRequest,
} from './registration-form.js';
import type { Login, LoginRequest, Verify } from './verify.js';

/** Options of {@link RegistrationStrategy}. */
export interface RegistrationStrategyOptions extends StrategyOptions {
  /**
   * Says what of the request of `start()` goes to Salesforce. Default: of the body `firstName`, `lastName`, `email` and
   * `username` as `userdata`, `password`, `method` and `recaptcha` (or `g-recaptcha-response`), and nothing else.
   */
  registration?(req: LoginRequest): RegistrationRequest | Promise<RegistrationRequest>;
  /** Reads the login. Default: the body's `code` (or `otp`) and `attempt`. */
  credentials?(req: LoginRequest): OtpCredentials | Promise<OtpCredentials>;
}

const ownOptions: OwnOptionKinds<RegistrationStrategyOptions, StrategyOptions> = {
  registration: 'function',
  credentials: 'function',
};

/** What it takes to have the code sent again. */
type KeptRegistration = Pick<
  RegistrationStart,
  'userdata' | 'customdata' | 'password' | 'emailTemplate'
>;

function keptOf(request: RegistrationRequest): KeptRegistration | undefined {
  const { userdata, customdata, password, emailTemplate } = request;
  const isNew = Object.values(userdata ?? {}).some(
    (value) => value !== undefined && value !== null,
  );
  return userdata && isNew ? { userdata, customdata, password, emailTemplate } : undefined;
}

/**
 * Registration with a one-time code that Salesforce sends by email or SMS, `sf-headless-registration`: `start()` has it
 * sent, `passport.authenticate` takes it, has the user made and logs the user in. Needs `headlessSession`. What was
 * entered waits in the session store, sealed, until the code is right.
 */
export class RegistrationStrategy extends HeadlessStrategy<NamedIdentity> {
  private readonly registration: Reader<RegistrationRequest>;
  private readonly isStandingForm: boolean;
  private readonly credentials: Reader<OtpCredentials>;

  /** @throws {TypeError} naming the option that is missing or wrong. */
  constructor(options: RegistrationStrategyOptions, verify: Verify<Login<NamedIdentity>>) {
    super('sf-headless-registration', ownOptions, options, verify);
    const owner = new.target.name;
    this.registration = readerOf(owner, options, 'registration', readRegistrationForm);
    this.isStandingForm = options.registration === undefined;
    this.credentials = readerOf(owner, options, 'credentials', readCode);
  }

  /**
   * Middleware that hands the registration to Salesforce, which sends a code, and goes on; `req.headless.code` then says
   * how and until when. Without user data in the form, the newest registration of this session is sent again. What is
   * wrong goes to the error handler as a {@link HeadlessError}, with `fields` where it is about fields.
   */
  start(): Middleware {
    return this.middleware((req) => this.send(req));
  }

  private async send(req: LoginRequest): Promise<void> {
    const { codes } = headlessOf(req).services;
    const request = await this.registration(req);
    const { method, recaptcha, recaptchaEvent } = request;
    const keep = keptOf(request);
    const asked = { user: keep && addresseeOf(keep, method), method, keep };
    try {
      await codes.start(req, 'registration', asked, (sending): Promise<RegistrationTicket> => {
        const { kept, method: by } = sending;
        if (kept === undefined) throw new HeadlessError('missing_credentials');
        return this.client.startRegistration({ ...kept, method: by, recaptcha, recaptchaEvent });
      });
    } catch (error) {
      const isNothing = error instanceof HeadlessError && error.code === 'missing_credentials';
      throw isNothing && this.isStandingForm && keep === undefined ? emptyForm() : error;
    }
  }

  protected override async attempt(req: LoginRequest): Promise<Verb> {
    const { codes } = headlessOf(req).services;
    const { code, attempt } = await this.credentials(req);
    const typed = typedCode(code);
    const uvid = await visitorFor(req);
    const login = await codes.finish(req, 'registration', attempt, ({ identifier, method }) =>
      this.client.finishRegistration({ identifier, method, code: typed, uvid }),
    );
    return this.conclude(
      { flow: 'registration', identity: login.identity, tokens: login.tokens, uvid, req },
      () => {
        announceLogin(req, 'registration', login);
      },
    );
  }
}
