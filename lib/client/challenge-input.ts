import { HeadlessError } from '../errors.js';
import type { Fields } from '../protocol/answer.js';
import type { LoginStatus } from '../protocol/challenge.js';
import type { ChallengeStep } from '../protocol/challenge-request.js';
import type { Recaptcha } from '../protocol/recaptcha.js';
import {
  checkCredential,
  checkEmailTemplate,
  checkMethod,
  checkRecaptcha,
  type VisitorArgument,
} from './arguments.js';
import type { Callback } from './callback.js';
import { ChallengeSession, type ChallengeFlow } from './challenge-session.js';
import type { NamedLogin, OtpStart } from './inputs.js';
import type { RegistrationStart } from './registration.js';
import { readUser, type UserArgument } from './user-argument.js';
import { checkCustomdata, checkUserdata } from './userdata.js';

interface AnyChallenge extends Recaptcha, VisitorArgument {
  /** Further parameters, for servers that want some. None takes the place of one that the client sets. */
  readonly parameters?: Readonly<Record<string, string>> | undefined;
}

interface FirstChallenge extends AnyChallenge {
  /** Begins again within a login that goes on, as to have the code sent once more. */
  readonly session?: ChallengeSession | undefined;
}

/** Login by password. */
export interface PasswordChallenge extends FirstChallenge, UserArgument {
  readonly flow: 'password';
  /** Sent as it is. */
  readonly password: string;
}

/** Login by a one-time code, which this has sent. */
export interface PasswordlessChallenge extends FirstChallenge, OtpStart {
  readonly flow: 'passwordless';
}

/** Registration of a new user, who gets a one-time code by this. */
export interface RegistrationChallenge extends FirstChallenge, RegistrationStart {
  readonly flow: 'registration';
}

/** The answer to a challenge: a code, a password, or whatever the server asks for. */
export interface ChallengeAnswer extends AnyChallenge {
  readonly session: ChallengeSession;
  readonly flow?: undefined;
  /** The one-time code as the visitor typed it. */
  readonly otp?: string | undefined;
  readonly password?: string | undefined;
  /** The authorization code that a browser brought back after `redirect`. It is exchanged, and nothing is asked. */
  readonly code?: string | undefined;
  /** What a browser brought back after `redirect`, as it came: a code, which is exchanged, or an error, which is thrown. */
  readonly callback?: Callback | undefined;
}

/** What `HeadlessClient.challenge` takes. */
export type ChallengeInput =
  PasswordChallenge | PasswordlessChallenge | RegistrationChallenge | ChallengeAnswer;

/** What `HeadlessClient.challenge` gives. */
export type ChallengeOutcome =
  | {
      readonly state: 'done';
      readonly login: NamedLogin;
      /** For a later step-up, where the server keeps the session. Salesforce is not known to. */
      readonly session: ChallengeSession | undefined;
    }
  | {
      /** More is asked for, or what was entered was wrong: `errorCode` says which. */
      readonly state: 'challenge';
      readonly session: ChallengeSession;
      /** `authorization_required`, `insufficient_authorization`, or the server's own word. */
      readonly error: string;
      /** Salesforce's refinement: `invalid_credentials`, `invalid_otp`, `login_initialized`, `credentials_required`. */
      readonly errorCode: string | undefined;
      /** Where a one-time code went. */
      readonly loginStatus: LoginStatus | undefined;
      /** Every member of the answer but `auth_session`, without what was entered. */
      readonly members: Fields;
    }
  | {
      /** The server wants a browser. */
      readonly state: 'redirect';
      /** Where to send it. Undefined: begin a login by redirect. */
      readonly url: string | undefined;
      /** Seconds that `url` is good for, when the server says so. */
      readonly expiresIn: number | undefined;
      readonly session: ChallengeSession;
    };

/** An input once checked. */
export interface CheckedChallenge {
  /** The login that goes on. */
  readonly resumed: ChallengeSession | undefined;
  /** Undefined where a login goes on. */
  readonly flow: ChallengeFlow | undefined;
  readonly step: ChallengeStep;
}

function refuse(message: string): never {
  throw new HeadlessError('invalid_argument', { message });
}

function readParameters(given: unknown): Readonly<Record<string, string>> {
  if (given === undefined) return {};
  if (typeof given !== 'object' || given === null) refuse('`parameters` must be an object.');
  const parameters: [string, string][] = Object.entries(given).map(([name, value]) => {
    if (typeof value === 'string') return [name, value];
    return refuse('`parameters` must be texts.');
  });
  return Object.fromEntries(parameters);
}

function readAnswer(input: ChallengeAnswer, parameters: Readonly<Record<string, string>>) {
  const { otp, password } = input;
  const isEmpty = otp === undefined && password === undefined;
  if (isEmpty && Object.keys(parameters).length === 0) {
    throw new HeadlessError('missing_credentials');
  }
  return {
    otp: otp === undefined ? undefined : checkCredential(otp, 'secret'),
    password: password === undefined ? undefined : checkCredential(password, 'secret'),
  };
}

function readStep(
  input: ChallengeInput,
  parameters: Readonly<Record<string, string>>,
): ChallengeStep {
  switch (input.flow) {
    case 'password':
      return { ...readUser(input), password: checkCredential(input.password, 'secret') };
    case 'passwordless':
      return {
        ...readUser(input),
        verificationMethod: checkMethod(input.method),
        emailTemplate: checkEmailTemplate(input.emailTemplate),
      };
    case 'registration': {
      const { userdata, password, method, emailTemplate } = input;
      const customdata = checkCustomdata(input.customdata);
      return {
        userdata: checkUserdata(userdata),
        password: password === undefined ? undefined : checkCredential(password, 'secret'),
        customdata: customdata && JSON.stringify(customdata),
        verificationMethod: method && checkMethod(method),
        emailTemplate: checkEmailTemplate(emailTemplate),
      };
    }
    case undefined:
      return readAnswer(input, parameters);
    default:
      return refuse('`flow` must be password, passwordless or registration.');
  }
}

/** The login that an input goes on with. @throws {HeadlessError} `invalid_argument` when `session` is none. */
export function resumedBy(input: object): ChallengeSession | undefined {
  const resumed: unknown = Reflect.get(input, 'session');
  if (resumed === undefined || resumed instanceof ChallengeSession) return resumed;
  return refuse('`session` must be a ChallengeSession.');
}

/**
 * Holds an input to what can be sent.
 *
 * @throws {HeadlessError} `missing_credentials`, `malformed_credentials`, `invalid_fields`, `invalid_argument`.
 */
export function readChallengeInput(input: ChallengeInput): CheckedChallenge {
  const resumed = resumedBy(input);
  if (input.flow === undefined && resumed === undefined) refuse('Give a `flow`, or a `session`.');
  const parameters = readParameters(input.parameters);
  return {
    resumed,
    flow: input.flow,
    step: { ...readStep(input, parameters), ...checkRecaptcha(input), parameters },
  };
}
