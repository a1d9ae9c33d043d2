import type { NamedIdentity } from '../client/identity.js';
import { HeadlessError, salesforceErrors } from '../errors.js';
import type { Fields } from '../protocol/answer.js';
import type { Turned } from '../session/challenges.js';
import type { PendingChallenge } from '../session/express-session.js';
import { announceLogin } from '../session/headless.js';
import { readFirstParty, type FirstPartyCredentials } from './first-party-form.js';
import { FirstPartySteps, type FirstPartyRequest } from './first-party-steps.js';
import { readerOf, type Reader } from './form.js';
import { HeadlessStrategy, type StrategyOptions, type Verb } from './headless-strategy.js';
import type { Middleware } from './middleware.js';
import type { OwnOptionKinds } from './options.js';
import type { RegistrationRequest } from './registration-form.js';
import type { Login, LoginRequest, Verify } from './verify.js';

/** Options of {@link FirstPartyStrategy}. */
export interface FirstPartyStrategyOptions extends StrategyOptions {
  /** Reads a request. Default: the body's `username` or `login_hint`, `password`, `method`, `code` (or `otp`), `attempt` and `recaptcha`. */
  credentials?(req: LoginRequest): FirstPartyCredentials | Promise<FirstPartyCredentials>;
  /**
   * Says who registers with a request, or undefined for a login. Default: nobody. {@link RegistrationStrategy} has a
   * standing reader; here the app names the fields, since one route serves all flows.
   */
  registration?(
    req: LoginRequest,
  ): RegistrationRequest | undefined | Promise<RegistrationRequest | undefined>;
  /** Path or URL of the app's login by redirect, for when Salesforce wants a browser. Default: then it is an error. */
  readonly webLogin?: string | undefined;
}

const ownOptions: OwnOptionKinds<FirstPartyStrategyOptions, StrategyOptions> = {
  credentials: 'function',
  registration: 'function',
  webLogin: 'string',
};

function nobody(): undefined {
  return undefined;
}

/** What a login that goes on tells Passport. */
export interface ChallengeFailure {
  readonly type: 'challenge';
  /** For the visitor. */
  readonly message: string;
  readonly code: 'challenge_required';
  readonly challenge: PendingChallenge & {
    readonly error: string;
    readonly errorCode: string | undefined;
    /** Everything that the server said, but for what is secret. */
    readonly members: Fields;
  };
}

/** What a server says to something that may be entered again. */
const wrong: ReadonlyMap<string, 'invalid_credentials' | 'invalid_code'> = new Map([
  ['invalid_credentials', 'invalid_credentials'],
  ['invalid_otp', 'invalid_code'],
]);

/**
 * That a code was sent for a login, in words of Salesforce that are the same for everybody: the server's own may differ for
 * an account that it refuses.
 */
function likeAnyOther({ state, method = 'email' }: PendingChallenge) {
  const error = 'authorization_required';
  const errorCode = 'login_initialized';
  const login_status = { state, type: method.toUpperCase() };
  return { error, errorCode, members: { error, error_code: errorCode, login_status } };
}

/**
 * OAuth 2.0 for First-Party Applications, `sf-headless-first-party`: login by password or one-time code, and registration,
 * step by step at one route. A request logs in, or fails with a {@link ChallengeFailure} that says what comes next. Needs
 * `headlessSession`: what belongs to a login stays on the server, bound to the session that began it.
 */
export class FirstPartyStrategy extends HeadlessStrategy<NamedIdentity> {
  private readonly credentials: Reader<FirstPartyCredentials>;
  private readonly registration: Reader<RegistrationRequest | undefined>;
  private readonly webLogin: string | undefined;
  private readonly challengeMessage: string;

  /** @throws {TypeError} naming the option that is missing or wrong. */
  constructor(options: FirstPartyStrategyOptions, verify: Verify<Login<NamedIdentity>>) {
    super('sf-headless-first-party', ownOptions, options, verify);
    const owner = new.target.name;
    const { webLogin, messages } = options;
    if (webLogin !== undefined && webLogin === '') {
      throw new TypeError(`${owner}: option \`webLogin\` must be a path or URL`);
    }
    this.credentials = readerOf(owner, options, 'credentials', readFirstParty);
    this.registration = readerOf(owner, options, 'registration', nobody, true);
    this.webLogin = webLogin;
    this.challengeMessage =
      messages?.challenge_required ?? new HeadlessError('challenge_required').message;
  }

  /**
   * Middleware that has a one-time code sent, for a login or a registration, and goes on; `req.headless.challenge` then
   * says how and until when. Without a user in the request, the newest code of the session is sent again. A refusal goes
   * to the error handler as a {@link HeadlessError}; when Salesforce wants a browser, it is sent there.
   */
  start(): Middleware {
    return (req, res, next) => {
      let url: string | undefined;
      const send = async (): Promise<void> => {
        const given = await this.read(req);
        if (given.password !== undefined && given.registration?.userdata === undefined) {
          throw new HeadlessError('invalid_argument', {
            message: 'start() sends one-time codes; a password goes to passport.authenticate().',
          });
        }
        const turned = await new FirstPartySteps(this.client, req, given).start();
        url = this.browserUrl(turned);
        if (turned.outcome.state === 'done') throw new HeadlessError('unexpected_answer');
      };
      this.middleware(send)(req, res, (error?: unknown) => {
        if (url === undefined || error !== undefined) {
          next(error);
          return;
        }
        res.statusCode = 302;
        res.setHeader('Location', url);
        res.setHeader('Content-Length', '0');
        res.end();
      });
    };
  }

  protected override async attempt(req: LoginRequest): Promise<Verb> {
    const turned = await new FirstPartySteps(this.client, req, await this.read(req)).next();
    const url = this.browserUrl(turned);
    if (url !== undefined) {
      return () => {
        this.redirect(url);
      };
    }
    const { outcome, pending } = turned;
    if (outcome.state === 'done') {
      const { login } = outcome;
      const { identity, tokens, uvid } = login;
      return this.conclude({ flow: 'first-party', identity, tokens, uvid, req }, () => {
        announceLogin(req, 'first-party', login);
      });
    }
    if (pending === undefined || outcome.state !== 'challenge') {
      throw new HeadlessError('unexpected_answer');
    }
    const mistake = wrong.get(outcome.errorCode ?? '');
    if (mistake !== undefined) throw new HeadlessError(mistake);
    const isSent = pending.flow === 'passwordless' && pending.state === 'otp_sent';
    const { error, errorCode, members } = isSent ? likeAnyOther(pending) : outcome;
    // A set-up fault stays one, even where the server would let the visitor go on.
    const fault = salesforceErrors.get(error);
    if (fault !== undefined) throw new HeadlessError(fault, { cause: { error } });
    const failure: ChallengeFailure = {
      type: 'challenge',
      message: this.challengeMessage,
      code: 'challenge_required',
      challenge: { ...pending, error, errorCode, members },
    };
    return () => {
      this.fail(failure, 401);
    };
  }

  private async read(req: LoginRequest): Promise<FirstPartyRequest> {
    return { ...(await this.credentials(req)), registration: await this.registration(req) };
  }

  /** Where the browser is to go on, when Salesforce wants one. @throws {HeadlessError} `browser_required`. */
  private browserUrl({ outcome }: Turned): string | undefined {
    if (outcome.state !== 'redirect') return undefined;
    const url = outcome.url ?? this.webLogin;
    if (url === undefined) throw new HeadlessError('browser_required');
    return url;
  }
}
