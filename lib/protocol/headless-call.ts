import { HeadlessError, type HeadlessErrorCode } from '../errors.js';
import { readAnswer, type Fields } from './answer.js';
import { hasRecaptcha, recaptchaMembers, recaptchaSecrets, type Recaptcha } from './recaptcha.js';
import { descriptionOf, refusal, requestIdOf, type LocalMeanings } from './refusal.js';
import type { Site } from './site.js';
import type { WireRequest, WireResponse } from './wire.js';

/** What the calls of `/services/auth/headless/*` share (wire contract, one-time codes, section 1). */
export interface HeadlessCall extends Recaptcha {
  /** Access token of an integration user, when the site requires authentication for this call. */
  readonly integrationToken?: string | undefined;
}

/**
 * One call of these endpoints: a JSON object, posted. Members that are undefined are left out.
 *
 * @param secrets the values in the members that no text may repeat.
 */
export function headlessCallRequest(
  site: Site,
  path: string,
  call: HeadlessCall,
  members: Readonly<Record<string, unknown>>,
  secrets: readonly (string | undefined)[] = [],
): WireRequest {
  const { integrationToken } = call;
  return {
    method: 'POST',
    url: `${site.base}/services/auth/headless/${path}`,
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      ...(integrationToken !== undefined && { authorization: `Bearer ${integrationToken}` }),
    },
    body: JSON.stringify({ ...members, ...recaptchaMembers(call) }),
    secrets: [...secrets, ...recaptchaSecrets(call), integrationToken].filter(
      (secret) => secret !== undefined,
    ),
  };
}

/**
 * The members of a successful answer, or undefined when it is none: a JSON object with a status from 200 to 299, whose
 * own `status` is absent or `success` (wire contract, one-time codes, 1.10 and 10.4).
 */
export function successMembers(request: WireRequest, response: WireResponse): Fields | undefined {
  const isObject = response.body.trimStart().startsWith('{');
  if (!isObject || response.status < 200 || response.status > 299) return undefined;
  const answer = readAnswer(response, request.url);
  if (answer.kind !== 'fields') return undefined;
  return (answer.fields['status'] ?? 'success') === 'success' ? answer.fields : undefined;
}

/** The human texts that a refusal may come with; they refine the meaning and are never relied upon. */
function refined(description: string, call: HeadlessCall): HeadlessErrorCode {
  if (/captcha/i.test(description)) {
    return hasRecaptcha(call) ? 'recaptcha_refused' : 'recaptcha_required';
  }
  if (/too many|limit/i.test(description)) return 'too_many_codes';
  if (/disabled|not (enabled|allowed|active)/i.test(description)) return 'flow_disabled';
  if (/template/i.test(description)) return 'request_refused';
  if (/user|account|verif|phone|mobile|email/i.test(description)) return 'account_refused';
  return 'request_refused';
}

/** What Salesforce says to a login hint where no discovery handler looks at it: then it misses a username. */
const missesUsername =
  /\buser ?name\b.*\b(?:missing|required)\b|\b(?:missing|required)\b.*\buser ?name\b/i;

/**
 * The error of a call by login hint at a site without user discovery, or undefined when the refusal says anything else. It
 * is about no account, so nothing is given away by telling it.
 */
export function withoutDiscovery(error: HeadlessError): HeadlessError | undefined {
  if (!missesUsername.test(descriptionOf(error))) return undefined;
  return new HeadlessError('flow_disabled', {
    cause: error.cause,
    requestId: error.requestId,
    hint:
      'Salesforce looked for a username and not at the login hint: set up user discovery. Experience Workspaces > ' +
      'Administration > Login & Registration: a headless user discovery handler, for logins and for forgotten passwords.',
  });
}

/**
 * The error of a refused call. The documents list no error codes for these endpoints, so what is not recognised is
 * `request_refused` with Salesforce's words in `cause`.
 *
 * @param local what codes mean at one of the endpoints only.
 * @param page what a page or a redirect means there.
 */
export function headlessCallRefusal(
  call: HeadlessCall,
  request: WireRequest,
  response: WireResponse,
  local: LocalMeanings = {},
  page?: HeadlessErrorCode,
): HeadlessError {
  const meanings: LocalMeanings = {
    invalid_request: 'request_refused',
    INVALID_SESSION_ID: 'integration_token_required',
    ...local,
  };
  const error = refusal(request, response, meanings, page);
  if (error.code !== 'request_refused') return error;
  return new HeadlessError(refined(descriptionOf(error), call), {
    cause: error.cause,
    requestId: requestIdOf(response),
  });
}

/**
 * The error of a refused call of one of these endpoints. A 401 that means nothing else is about the integration user's
 * token, which is no visitor's to mend (wire contract, one-time codes, 10.1).
 *
 * @param local as for {@link headlessCallRefusal}.
 */
export function protectedCallRefusal(
  call: HeadlessCall,
  request: WireRequest,
  response: WireResponse,
  local?: LocalMeanings,
): HeadlessError {
  const error = headlessCallRefusal(call, request, response, local);
  const isUnknown = error.code === 'request_refused' || error.code === 'unexpected_answer';
  if (response.status !== 401 || !isUnknown) return error;
  const { cause, requestId } = error;
  return new HeadlessError('integration_token_required', { cause, requestId });
}
