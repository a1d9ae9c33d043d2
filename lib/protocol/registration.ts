import { HeadlessError } from '../errors.js';
import { textField } from './answer.js';
import type { VerificationMethod } from './authorize.js';
import {
  headlessCallRequest,
  protectedCallRefusal,
  successMembers,
  type HeadlessCall,
} from './headless-call.js';
import { readIdentifier } from './passwordless.js';
import { descriptionOf } from './refusal.js';
import type { Site } from './site.js';
import type { WireRequest, WireResponse } from './wire.js';

/** Start of a registration, ready to be sent. */
export interface RegistrationCall extends HeadlessCall {
  /** Names and texts; Salesforce knows `firstName`, `lastName`, `email` and `username`. */
  readonly userdata: Readonly<Record<string, unknown>>;
  /** Anything else for the site's registration handler, which gets it as one JSON text. */
  readonly customdata?: Readonly<Record<string, unknown>> | undefined;
  /** Beside `userdata`, never in it: there it would be lost without a word (wire contract, registration, 2.2). */
  readonly password?: string | undefined;
  readonly verificationMethod: VerificationMethod;
  /** Id of an allow-listed email template. */
  readonly emailTemplate?: string | undefined;
}

/** What Salesforce says of a registration that waits for its code. */
export interface QueuedRegistration {
  readonly identifier: string;
  /** The address as Salesforce repeats it. */
  readonly email: string | undefined;
}

/** The call that queues a registration and has a one-time code sent (wire contract, registration, 2.2). */
export function registrationStartRequest(site: Site, call: RegistrationCall): WireRequest {
  const members = {
    userdata: call.userdata,
    customdata: call.customdata,
    password: call.password,
    verificationmethod: call.verificationMethod,
    emailtemplate: call.emailTemplate,
  };
  return headlessCallRequest(site, 'init/registration', call, members, [call.password]);
}

function registrationRefusal(
  call: RegistrationCall,
  request: WireRequest,
  response: WireResponse,
): HeadlessError {
  const error = protectedCallRefusal(call, request, response);
  const { code, cause, requestId } = error;
  const said = descriptionOf(error);
  // Policies speak of the user as well: "Your password cannot equal or contain your user name."
  const isByWords = code === 'request_refused' || code === 'account_refused';
  const isAboutPassword =
    code === 'password_policy' ||
    (isByWords && call.password !== undefined && /password/i.test(said));
  if (isAboutPassword) {
    const fields = said === '' ? undefined : { password: said };
    return new HeadlessError('password_policy', { cause, requestId, fields });
  }
  return code === 'account_refused'
    ? new HeadlessError('registration_refused', { cause, requestId })
    : error;
}

/**
 * Reads the answer: the opaque identifier that belongs to the code that was sent.
 *
 * @throws {HeadlessError} `password_policy` with Salesforce's words in `fields.password`; `registration_refused` for
 *   what is about the user; see {@link protectedCallRefusal}.
 */
export function readRegistrationStart(
  call: RegistrationCall,
  request: WireRequest,
  response: WireResponse,
): QueuedRegistration {
  const identifier = readIdentifier(request, response);
  if (identifier === undefined) throw registrationRefusal(call, request, response);
  return { identifier, email: textField(successMembers(request, response) ?? {}, 'email') };
}
