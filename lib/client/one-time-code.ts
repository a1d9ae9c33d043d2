import { integrationScopes } from '../protocol/integration.js';
import { passwordlessStartRequest, readPasswordlessStart } from '../protocol/passwordless.js';
import {
  checkCredential,
  checkEmailTemplate,
  checkIdentifier,
  checkMethod,
  checkRecaptcha,
} from './arguments.js';
import type { ClientContext } from './context.js';
import { readUser } from './user-argument.js';
import type { NamedLogin, OtpFinish, OtpStart, OtpTicket } from './inputs.js';
import { namedLogin } from './named-login.js';

/** Has Salesforce send a one-time code by email or SMS. */
export async function startOtp(
  { settings, integration }: ClientContext,
  start: OtpStart,
): Promise<OtpTicket> {
  const method = checkMethod(start.method);
  const init = {
    ...readUser(start),
    verificationMethod: method,
    ...checkRecaptcha(start),
    emailTemplate: checkEmailTemplate(start.emailTemplate),
  };
  const { request, response } = await integration.send(
    integrationScopes.passwordless,
    (integrationToken) => passwordlessStartRequest(settings.site, { ...init, integrationToken }),
  );
  return { identifier: readPasswordlessStart(init, request, response), method };
}

/** Logs a customer in by a one-time code and the identifier it was sent with. */
export async function loginByCode(
  context: ClientContext,
  flow: 'passwordless' | 'registration',
  input: OtpFinish,
): Promise<NamedLogin> {
  const name = checkIdentifier(input.identifier);
  const secret = checkCredential(input.code, 'secret');
  const verificationMethod = checkMethod(input.method);
  const credentials = { name, secret };
  return namedLogin(context, { flow, credentials, verificationMethod }, input);
}

/** Logs a customer in by the code that `startOtp` had sent. */
export function finishOtp(context: ClientContext, input: OtpFinish): Promise<NamedLogin> {
  return loginByCode(context, 'passwordless', input);
}
