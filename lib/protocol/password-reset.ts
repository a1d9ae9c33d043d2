import { HeadlessError } from '../errors.js';
import type { VerificationMethod } from './authorize.js';
import {
  headlessCallRequest,
  protectedCallRefusal,
  successMembers,
  withoutDiscovery,
  type HeadlessCall,
} from './headless-call.js';
import { descriptionOf } from './refusal.js';
import type { Site } from './site.js';
import { jsonOf, type WireRequest, type WireResponse } from './wire.js';

/** Whose password it is: the two calls share nothing but this (wire contract, forgot password, section 4). */
interface ResetUser {
  readonly username?: string | undefined;
  /** Any identifier in place of the username, for the site's discovery handler. */
  readonly loginHint?: string | undefined;
  /** JSON text for the discovery handler. */
  readonly customdata?: string | undefined;
}

/** The first call: has a code sent. */
export interface PasswordResetCall extends HeadlessCall, ResetUser {
  readonly verificationMethod: VerificationMethod;
  /** Id of an email template that the site allows. */
  readonly emailTemplate?: string | undefined;
}

/** The second call: sets the new password. */
export interface PasswordChangeCall extends HeadlessCall, ResetUser {
  readonly code: string;
  /** Sent as it is. */
  readonly newPassword: string;
}

const path = 'forgot_password';

/**
 * The call that has Salesforce send a code (wire contract, forgot password, 4.2). How the code travels is said only where
 * it is no matter of course: by SMS, and beside a login hint, whose handler is told.
 */
export function passwordResetRequest(site: Site, call: PasswordResetCall): WireRequest {
  const { username, loginHint, customdata, verificationMethod, emailTemplate } = call;
  const saysHow = loginHint !== undefined || verificationMethod === 'sms';
  return headlessCallRequest(site, path, call, {
    username,
    login_hint: loginHint,
    customdata: jsonOf(customdata),
    verificationmethod: saysHow ? verificationMethod : undefined,
    emailtemplate: emailTemplate,
  });
}

/** The call that sets the new password (wire contract, forgot password, 4.3). */
export function passwordChangeRequest(site: Site, call: PasswordChangeCall): WireRequest {
  const { username, loginHint, customdata, code, newPassword } = call;
  const members = {
    username,
    login_hint: loginHint,
    customdata: jsonOf(customdata),
    otp: code,
    newpassword: newPassword,
  };
  return headlessCallRequest(site, path, call, members, [code, newPassword]);
}

/** Salesforce's guide prints `status_code` alone, its samples look at `status` alone. */
function isSuccess(request: WireRequest, response: WireResponse, statusCode: string): boolean {
  const { status, status_code: said } = successMembers(request, response) ?? {};
  return (said ?? statusCode) === statusCode && (said ?? status ?? '') !== '';
}

/**
 * Reads the answer of the first call. Salesforce gives the same one for a user who does not exist.
 *
 * @throws {HeadlessError} when Salesforce refuses; see {@link protectedCallRefusal}.
 */
export function readPasswordReset(
  call: PasswordResetCall,
  request: WireRequest,
  response: WireResponse,
): void {
  if (isSuccess(request, response, 'otp_sent')) return;
  const error = protectedCallRefusal(call, request, response);
  throw (call.loginHint === undefined ? undefined : withoutDiscovery(error)) ?? error;
}

/**
 * Reads the answer of the second call.
 *
 * @throws {HeadlessError} `invalid_code`; `new_code_required`; `password_policy` with Salesforce's words in
 *   `fields.newPassword` (wire contract, forgot password, 4.4); see {@link protectedCallRefusal}.
 */
export function readPasswordChange(
  call: PasswordChangeCall,
  request: WireRequest,
  response: WireResponse,
): void {
  if (isSuccess(request, response, 'success')) return;
  const error = protectedCallRefusal(call, request, response, {
    invalid_otp: 'invalid_code',
    regenerate_otp: 'new_code_required',
  });
  const { code, cause, requestId } = error;
  const said = descriptionOf(error);
  if (code !== 'password_policy' || said === '') throw error;
  throw new HeadlessError(code, { cause, requestId, fields: { newPassword: said } });
}
