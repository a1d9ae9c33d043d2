import { HeadlessError, type HeadlessErrorCode } from '../errors.js';
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
