import { HeadlessError, type HeadlessErrorCode } from '../errors.js';
import { readAnswer, textField, type Fields } from './answer.js';
import { headlessCallRefusal } from './headless-call.js';
import { discoveryRefusal } from './passwordless.js';
import type { Recaptcha } from './recaptcha.js';
import { showable } from './redaction.js';
import { descriptionOf } from './refusal.js';
import type { WireRequest, WireResponse } from './wire.js';

/** Where a one-time code went, as Salesforce says it. */
export interface LoginStatus {
  /** Such as `otp_sent`. */
  readonly state: string;
  /** Such as `EMAIL`. */
  readonly type: string | undefined;
}

/** What a server asks for before it goes on. */
export interface Challenge {
  readonly kind: 'challenge';
  /** `authorization_required`, `insufficient_authorization`, or a word of the server's own. */
  readonly error: string;
  /** Salesforce's refinement, such as `invalid_credentials`. */
  readonly errorCode: string | undefined;
  readonly loginStatus: LoginStatus | undefined;
  /** Replaces the one there is. */
  readonly authSession: string | undefined;
  /** Every member of the answer but `auth_session`, without the secrets of the request. */
  readonly members: Fields;
}

/** What the challenge endpoint answers; what has no way on is thrown. */
export type ChallengeReply =
  | Challenge
  | {
      readonly kind: 'code';
      readonly code: string;
      readonly authSession: string | undefined;
    }
  | {
      readonly kind: 'redirect';
      /** Of RFC 9126. Left out, the login starts anew in the browser. */
      readonly requestUri: string | undefined;
      /** Seconds that `requestUri` is good for. */
      readonly expiresIn: number | undefined;
      readonly authSession: string | undefined;
    };

/** What a call was about, as far as it says what a refusal of it means. */
export interface ChallengeSubject extends Recaptcha {
  /** Whether somebody registers: then a refusal may be about the new user. */
  readonly isRegistration: boolean;
  /** Whether the user was named by a login hint: then a refusal may be in the words of the site's discovery handler. */
  readonly isByHint: boolean;
}

/** Salesforce's word, of the draft of 2023, and the one that took its place (wire contract, first-party, 4.8). */
const challengeErrors: readonly string[] = ['authorization_required', 'insufficient_authorization'];
/** With these there is no going on, even if they bring a session (wire contract, first-party, 3.8). */
const fatalErrors: readonly string[] = ['invalid_session', 'invalid_grant'];
const challengeStatuses: readonly number[] = [400, 401, 403];

/** The members of a JSON object. Other spellings that Salesforce has for errors are no challenge. */
function jsonMembers(request: WireRequest, response: WireResponse): Fields | undefined {
  if (!response.body.trimStart().startsWith('{')) return undefined;
  const answer = readAnswer(response, request.url);
  return answer.kind === 'fields' ? answer.fields : undefined;
}

function loginStatusOf(fields: Fields): LoginStatus | undefined {
  const status = fields['login_status'];
  if (typeof status !== 'object' || status === null) return undefined;
  const members: Fields = { ...status };
  const state = textField(members, 'state');
  return state === undefined ? undefined : { state, type: textField(members, 'type') };
}

function challengeOf(request: WireRequest, fields: Fields, error: string): Challenge {
  const members = showable(fields, request, ['auth_session']);
  return {
    kind: 'challenge',
    error: textField(members, 'error') ?? error,
    errorCode: textField(members, 'error_code'),
    loginStatus: loginStatusOf(members),
    authSession: textField(fields, 'auth_session'),
    members,
  };
}

const hints: Partial<Record<HeadlessErrorCode, string>> = {
  flow_disabled:
    'Experience Workspaces > Administration > Login & Registration > "Allow off-platform apps to access the OAuth 2.0 ' +
    'authorization challenge endpoint", and the flow itself there; `isFirstPartyAppEnabled` of the External Client App, by ' +
    'the Metadata API.',
  invalid_client:
    'The certificate in `clientAssertionCertificate` of the External Client App must belong to `privateKey`; compare ' +
    '`firstParty.audience` with the URL of the site, and the clock of this machine with the time.',
  site_not_found:
    'Activate and publish the site; compare `site` and `firstParty.endpoint` with the address of its challenge endpoint.',
  not_headless:
    'The challenge endpoint answered with a page or a redirect: compare `site` and `firstParty.endpoint` with its address.',
};

function isInvalidGrant({ cause }: HeadlessError): boolean {
  return (
    typeof cause === 'object' &&
    cause !== null &&
    'error' in cause &&
    cause.error === 'invalid_grant'
  );
}

/** What a refusal means at this endpoint, and where to look when it is the administrator's to mend. */
function challengeRefusal(
  subject: ChallengeSubject,
  request: WireRequest,
  response: WireResponse,
): HeadlessError {
  const local = {
    invalid_session: 'challenge_expired',
    invalid_grant: 'challenge_expired',
    redirect_to_web: 'browser_required',
  } as const;
  const refused = headlessCallRefusal(subject, request, response, local, 'not_headless');
  const isHandlers = subject.isByHint && response.status === 400;
  const error = isHandlers ? discoveryRefusal(refused) : refused;
  const said = descriptionOf(error);
  let code: HeadlessErrorCode = error.code;
  if (code === 'request_refused' && response.status === 401) code = 'integration_token_required';
  if (subject.isRegistration) {
    const isByWords = code === 'request_refused' || code === 'account_refused';
    if (isByWords && /password/i.test(said)) code = 'password_policy';
    if (code === 'account_refused') code = 'registration_refused';
    // The site's registration handler runs at the last step, and is said to fail by the same word as a bad session.
    const isAboutSession = said === '' || /session|expired|grant/i.test(said);
    if (isInvalidGrant(error) && !isAboutSession) code = 'registration_refused';
  }
  const { cause, requestId } = error;
  const hint = hints[code] ?? (code === error.code ? error.hint : undefined);
  const fields = code === 'password_policy' && said !== '' ? { password: said } : undefined;
  return new HeadlessError(code, { cause, requestId, fields, ...(hint !== undefined && { hint }) });
}

/**
 * Reads an answer of the challenge endpoint, in the words of Salesforce and of every draft: a JSON error that comes with
 * an `auth_session` asks for more, whatever it is called and whether its status is 400, 401 or 403 (wire contract,
 * first-party, 3.8 and 4.2).
 *
 * @throws {HeadlessError} `challenge_expired` for `invalid_session` and `invalid_grant`; `not_headless` for a redirect,
 *   which would take what was entered elsewhere; and what refusals mean everywhere.
 */
export function readChallenge(
  subject: ChallengeSubject,
  request: WireRequest,
  response: WireResponse,
): ChallengeReply {
  const fields = jsonMembers(request, response);
  if (fields === undefined) throw challengeRefusal(subject, request, response);
  const authSession = textField(fields, 'auth_session');
  const code = textField(fields, 'authorization_code');
  const error = textField(fields, 'error');
  if (response.status === 200 && code !== undefined && error === undefined) {
    return { kind: 'code', code, authSession };
  }
  if (error !== undefined && challengeStatuses.includes(response.status)) {
    if (error === 'redirect_to_web') {
      const expiresIn = Number(fields['expires_in'] ?? Number.NaN);
      return {
        kind: 'redirect',
        requestUri: textField(fields, 'request_uri'),
        expiresIn: expiresIn > 0 ? expiresIn : undefined,
        authSession,
      };
    }
    const isChallenge = authSession !== undefined || challengeErrors.includes(error);
    if (isChallenge && !fatalErrors.includes(error)) return challengeOf(request, fields, error);
  }
  throw challengeRefusal(subject, request, response);
}

/**
 * The challenge in an answer of the token endpoint, which may want more of the person before it exchanges a code or
 * renews a token (wire contract, first-party, 4.5); undefined when the answer is anything else.
 */
export function readStepUp(request: WireRequest, response: WireResponse): Challenge | undefined {
  const fields = jsonMembers(request, response);
  if (fields === undefined || !challengeStatuses.includes(response.status)) return undefined;
  const error = textField(fields, 'error') ?? '';
  return challengeErrors.includes(error) ? challengeOf(request, fields, error) : undefined;
}

/** The `auth_session` that a successful token answer may bring: it replaces the one there is (wire contract, first-party, 4.4). */
export function authSessionIn(request: WireRequest, response: WireResponse): string | undefined {
  const fields = jsonMembers(request, response);
  return fields && textField(fields, 'auth_session');
}
