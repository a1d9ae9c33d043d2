import type { ChallengeOutcome } from '../client/challenge-input.js';
import type { HeadlessClient } from '../client/headless-client.js';
import { HeadlessError } from '../errors.js';
import { isAboutAccount } from '../client/decoys.js';
import { seeminglySent } from '../client/refused-challenge.js';
import type { KeptStart } from '../session/challenge-records.js';
import type { ChallengeTurn, StepKind, Turned } from '../session/challenges.js';
import { headlessOf, visitorFor, type Headless } from '../session/headless.js';
import { isCallback, queryOf } from './callback.js';
import { typedCode } from './code-form.js';
import type { FirstPartyCredentials } from './first-party-form.js';
import { addresseeOf, type RegistrationRequest } from './registration-form.js';
import type { LoginRequest } from './verify.js';

/** What one request says. */
export interface FirstPartyRequest extends FirstPartyCredentials {
  /** Undefined where nobody registers. */
  readonly registration?: RegistrationRequest | undefined;
}

/** Whether an account exists is not for a stranger to learn: a refused one is told like a wrong password. */
async function orWrong(outcome: Promise<ChallengeOutcome>): Promise<ChallengeOutcome> {
  try {
    return await outcome;
  } catch (error) {
    const isRefused = error instanceof HeadlessError && error.code === 'account_refused';
    throw isRefused ? new HeadlessError('invalid_credentials') : error;
  }
}

/** What goes on with a login that waits. */
interface Entered {
  readonly otp?: string;
  readonly password?: string | undefined;
  readonly callback?: URLSearchParams;
}

function kindOf({ otp, callback }: Entered): StepKind {
  if (callback !== undefined) return 'callback';
  return otp === undefined ? 'entry' : 'guess';
}

/** The steps that one request can take with a login at the challenge endpoint. */
export class FirstPartySteps {
  private readonly client: HeadlessClient;
  private readonly req: LoginRequest;
  private readonly headless: Headless;
  private readonly given: FirstPartyRequest;

  /** @throws {HeadlessError} `session_required`. */
  constructor(client: HeadlessClient, req: LoginRequest, given: FirstPartyRequest) {
    this.client = client;
    this.req = req;
    this.headless = headlessOf(req);
    this.given = given;
  }

  /** Goes on with a login that waits, or begins one: whichever the request has what it takes for. */
  async next(): Promise<Turned> {
    const { code, password, parameters, registration } = this.given;
    const away = this.returned();
    if (away !== undefined) return this.answer({ callback: queryOf(this.req) }, away);
    if (code !== undefined) return this.answer({ otp: typedCode(code) });
    // A link, or a prefetch of it, must not have a code sent.
    if (this.isVisit()) {
      throw new HeadlessError(
        isCallback(queryOf(this.req)) ? 'sso_state_unknown' : 'missing_credentials',
      );
    }
    if (registration?.userdata !== undefined) return this.start();
    if (!this.isNamed() && (password !== undefined || parameters !== undefined)) {
      return this.answer({ password });
    }
    return password === undefined ? this.start() : this.logIn(password);
  }

  /**
   * Has a one-time code sent: for a registration, for a user, or once more for whoever waits for one.
   *
   * @throws {HeadlessError} `missing_credentials` when there is nobody to send it to.
   */
  async start(): Promise<Turned> {
    const { method, customdata, username, loginHint, registration } = this.given;
    if (registration?.userdata !== undefined) {
      const { userdata, customdata: custom, password, emailTemplate } = registration;
      const keep: KeptStart = {
        ...{ flow: 'registration', userdata, customdata: custom, password, emailTemplate },
        method: registration.method ?? method,
      };
      return this.begin(keep, addresseeOf(registration, keep.method));
    }
    if (!this.isNamed()) return this.again();
    const keep: KeptStart = { flow: 'passwordless', username, loginHint, customdata, method };
    return this.begin(keep, { username, loginHint });
  }

  private isVisit(): boolean {
    return this.req.method === 'GET' || this.req.method === 'HEAD';
  }

  /** The newest login that waits for a browser, when this request is the browser that comes back. */
  private returned(): string | undefined {
    if (!this.isVisit() || !isCallback(queryOf(this.req))) return undefined;
    const pending = this.headless.services.challenges.pending(this.req);
    return pending.filter(({ state }) => state === 'redirect').at(-1)?.attempt;
  }

  private isNamed(): boolean {
    return this.given.username !== undefined || this.given.loginHint !== undefined;
  }

  private async begin(keep: KeptStart, user: KeptUser): Promise<Turned> {
    const { challenges } = this.headless.services;
    return challenges.begin(this.req, { flow: keep.flow, user, keep }, (turn) =>
      this.send(keep, turn),
    );
  }

  private async again(): Promise<Turned> {
    if (this.headless.challenge === undefined) throw new HeadlessError('missing_credentials');
    const { attempt, method } = this.given;
    return this.headless.services.challenges.proceed(this.req, attempt, 'send', (turn) => {
      const { keep } = turn;
      if (keep === undefined) throw new HeadlessError('missing_credentials');
      return this.send({ ...keep, method: method ?? keep.method }, turn);
    });
  }

  private async send(keep: KeptStart, { resumed }: ChallengeTurn): Promise<ChallengeOutcome> {
    const { recaptcha, recaptchaEvent, parameters } = this.given;
    const proof = keep.flow === 'registration' ? this.given.registration : undefined;
    const more = {
      session: resumed,
      parameters,
      recaptcha: proof?.recaptcha ?? recaptcha,
      recaptchaEvent: proof?.recaptchaEvent ?? recaptchaEvent,
      uvid: await visitorFor(this.req),
    };
    try {
      return await this.client.challenge({ ...keep, ...more });
    } catch (error) {
      if (keep.flow !== 'passwordless' || !isAboutAccount(error)) throw error;
      return seeminglySent(resumed, keep.method);
    }
  }

  private async logIn(password: string): Promise<Turned> {
    const { challenges } = this.headless.services;
    const { username, loginHint, customdata, recaptcha, recaptchaEvent, parameters } = this.given;
    const user = { username, loginHint };
    return challenges.begin(this.req, { flow: 'password', user }, async (turn) => {
      const { resumed, pending } = turn;
      const uvid = await visitorFor(this.req);
      const more = { recaptcha, recaptchaEvent, parameters, uvid };
      // Salesforce knows who it is by then; a retry is documented with the password alone.
      if (resumed !== undefined && pending?.state === 'invalid_credentials') {
        return orWrong(this.client.challenge({ session: resumed, password, ...more }));
      }
      const input = {
        flow: 'password',
        ...user,
        customdata,
        password,
        session: resumed,
        ...more,
      } as const;
      return orWrong(this.client.challenge(input));
    });
  }

  private async answer(entered: Entered, attempt = this.given.attempt): Promise<Turned> {
    const { recaptcha, recaptchaEvent, parameters } = this.given;
    const { challenges } = this.headless.services;
    const kind = kindOf(entered);
    return challenges.proceed(this.req, attempt, kind, async ({ resumed }) => {
      if (resumed === undefined) throw new HeadlessError('no_code_requested');
      const uvid = await visitorFor(this.req);
      return this.client.challenge({
        ...{ session: resumed, ...entered, recaptcha, recaptchaEvent, parameters, uvid },
      });
    });
  }
}

interface KeptUser {
  readonly username?: string | undefined;
  readonly loginHint?: string | undefined;
}
