import { HeadlessError } from '../errors.js';
import { readAnswer, textField } from './answer.js';
import type { VerificationMethod } from './authorize.js';
import { refusal, requestIdOf } from './refusal.js';
import type { Site } from './site.js';
import type { WireRequest, WireResponse } from './wire.js';

/** What Google's reCAPTCHA Enterprise assesses (wire contract, one-time codes, section 6). */
export interface RecaptchaEvent {
  readonly token: string;
  readonly siteKey: string;
  readonly expectedAction: string;
  readonly projectId: string;
}

/** Proof that a person asks: a v2 or v3 token, or an Enterprise event; never both. */
export interface Recaptcha {
  readonly recaptcha?: string | undefined;
  readonly recaptchaEvent?: RecaptchaEvent | undefined;
}

/** Start of a login by one-time code. */
export interface PasswordlessStart extends Recaptcha {
  readonly username: string;
  readonly verificationMethod: VerificationMethod;
  /** Id of an allow-listed email template. */
  readonly emailTemplate?: string | undefined;
}

/** The call that has Salesforce send a one-time code (wire contract, one-time codes, 3.1). */
export function passwordlessStartRequest(site: Site, start: PasswordlessStart): WireRequest {
  const secrets = [start.recaptcha, start.recaptchaEvent?.token].filter(
    (secret) => secret !== undefined,
  );
  return {
    method: 'POST',
    url: `${site.base}/services/auth/headless/init/passwordless/login`,
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({
      username: start.username,
      verificationmethod: start.verificationMethod,
      recaptcha: start.recaptcha,
      recaptchaevent: start.recaptchaEvent,
      emailtemplate: start.emailTemplate,
    }),
    secrets,
  };
}

/** The human texts that a refusal may come with; they refine the meaning and are never relied upon. */
function refined(error: HeadlessError, description: string, start: PasswordlessStart) {
  const sent = start.recaptcha !== undefined || start.recaptchaEvent !== undefined;
  if (/captcha/i.test(description)) return sent ? 'recaptcha_refused' : 'recaptcha_required';
  if (/too many|limit/i.test(description)) return 'too_many_codes';
  if (/disabled|not (enabled|allowed|active)/i.test(description)) return 'flow_disabled';
  if (/template/i.test(description)) return 'request_refused';
  if (/user|account|verif|phone|mobile|email/i.test(description)) return 'account_refused';
  return error.code;
}

/**
 * Reads the answer: the opaque identifier that belongs to the code that was sent.
 *
 * @throws {HeadlessError} when Salesforce refuses; the documents list no error codes for this endpoint, so
 *   what is not recognised is `request_refused` with Salesforce's words in `cause`.
 */
export function readPasswordlessStart(
  start: PasswordlessStart,
  request: WireRequest,
  response: WireResponse,
): string {
  const answer = readAnswer(response, request.url);
  if (answer.kind === 'fields' && response.status === 200) {
    const status = textField(answer.fields, 'status');
    const identifier = textField(answer.fields, 'identifier');
    if (identifier !== undefined && (status === undefined || status === 'success')) {
      if (identifier.includes(':')) throw new HeadlessError('unexpected_answer');
      return identifier;
    }
  }
  const error = refusal(request, response, {
    invalid_request: 'request_refused',
    INVALID_SESSION_ID: 'integration_token_required',
  });
  const said = error.cause;
  const description =
    typeof said === 'object' && said !== null && 'description' in said ? said.description : '';
  const code =
    error.code === 'request_refused' ? refined(error, String(description), start) : error.code;
  throw new HeadlessError(code, { cause: said, requestId: requestIdOf(response) });
}
