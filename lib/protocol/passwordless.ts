import { HeadlessError } from '../errors.js';
import { textField } from './answer.js';
import type { VerificationMethod } from './authorize.js';
import {
  headlessCallRequest,
  protectedCallRefusal,
  successMembers,
  withoutDiscovery,
  type HeadlessCall,
} from './headless-call.js';
import { descriptionOf, requestIdOf } from './refusal.js';
import type { Site } from './site.js';
import { jsonOf, type WireRequest, type WireResponse } from './wire.js';

/** Start of a login by one-time code. */
export interface PasswordlessStart extends HeadlessCall {
  readonly username?: string | undefined;
  /** Any identifier in place of the username, for the site's discovery handler. */
  readonly loginHint?: string | undefined;
  /** JSON text for the discovery handler. */
  readonly customdata?: string | undefined;
  readonly verificationMethod: VerificationMethod;
  /** Id of an allow-listed email template. */
  readonly emailTemplate?: string | undefined;
}

/** The call that has Salesforce send a one-time code (wire contract, one-time codes, 3.1). */
export function passwordlessStartRequest(site: Site, start: PasswordlessStart): WireRequest {
  return headlessCallRequest(site, 'init/passwordless/login', start, {
    username: start.username,
    login_hint: start.loginHint,
    customdata: jsonOf(start.customdata),
    verificationmethod: start.verificationMethod,
    emailtemplate: start.emailTemplate,
  });
}

/** Bytes of UTF-8 that an identifier may have. No document names a length, so it is no more than a stop for nonsense. */
export const longestIdentifier = 8192;

/**
 * The opaque identifier in a successful answer of an init call, or undefined when the answer is none.
 *
 * @throws {HeadlessError} `unexpected_answer` for an identifier that could not be sent back: in a Basic header, or at all.
 */
export function readIdentifier(request: WireRequest, response: WireResponse): string | undefined {
  const identifier = textField(successMembers(request, response) ?? {}, 'identifier');
  const isTooLong = Buffer.byteLength(identifier ?? '') > longestIdentifier;
  if (isTooLong || identifier?.includes(':')) {
    throw new HeadlessError('unexpected_answer', { requestId: requestIdOf(response) });
  }
  return identifier;
}

/**
 * The site's discovery handler speaks in words of its own (wire contract, discovery, 5.3), so what is not recognised in an
 * answer to a login hint counts as something about the account.
 */
export function discoveryRefusal(error: HeadlessError): HeadlessError {
  const { code, cause, requestId } = error;
  const isOff = withoutDiscovery(error);
  if (isOff !== undefined) return isOff;
  if (code !== 'request_refused' || /template/i.test(descriptionOf(error))) return error;
  return new HeadlessError('account_refused', { cause, requestId });
}

/**
 * Reads the answer: the opaque identifier that belongs to the code that was sent.
 *
 * @throws {HeadlessError} when Salesforce refuses; see {@link protectedCallRefusal}.
 */
export function readPasswordlessStart(
  start: PasswordlessStart,
  request: WireRequest,
  response: WireResponse,
): string {
  const identifier = readIdentifier(request, response);
  if (identifier !== undefined) return identifier;
  const error = protectedCallRefusal(start, request, response);
  throw start.loginHint === undefined ? error : discoveryRefusal(error);
}
