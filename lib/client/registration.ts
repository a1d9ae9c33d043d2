import { integrationScopes } from '../protocol/integration.js';
import type { Recaptcha } from '../protocol/recaptcha.js';
import {
  readRegistrationStart,
  registrationStartRequest,
  type RegistrationCall,
} from '../protocol/registration.js';
import type { VerificationMethod } from '../protocol/authorize.js';
import { checkCredential, checkEmailTemplate, checkMethod, checkRecaptcha } from './arguments.js';
import type { ClientContext } from './context.js';
import type { OtpFinish, OtpTicket } from './inputs.js';
import { loginByCode } from './one-time-code.js';
import { checkCustomdata, checkUserdata, type Userdata } from './userdata.js';

/** What `HeadlessClient.startRegistration` takes. */
export interface RegistrationStart extends Recaptcha {
  /** Who registers. Salesforce knows `firstName`, `lastName`, `email`, `username`; its handler gets the rest as texts. */
  readonly userdata: Userdata;
  /** Anything else for the registration handler: a plain object of JSON values. */
  readonly customdata?: Readonly<Record<string, unknown>> | undefined;
  /** Sent as it is. Left out, the user has none, and logs in by one-time code. */
  readonly password?: string | undefined;
  /** How the code travels. Default `email`. */
  readonly method?: VerificationMethod | undefined;
  /** Id of an email template that the site allows. */
  readonly emailTemplate?: string | undefined;
}

/** What `HeadlessClient.startRegistration` gives and `HeadlessClient.finishRegistration` needs back. */
export interface RegistrationTicket extends OtpTicket {
  /** The address as Salesforce repeats it. */
  readonly email?: string;
}

/** Has Salesforce queue a registration and send its one-time code. No user is made before the code is entered. */
export async function startRegistration(
  { settings, integration }: ClientContext,
  start: RegistrationStart,
): Promise<RegistrationTicket> {
  const method = checkMethod(start.method);
  const { password } = start;
  const call: RegistrationCall = {
    userdata: checkUserdata(start.userdata),
    customdata: checkCustomdata(start.customdata),
    password: password === undefined ? undefined : checkCredential(password, 'secret'),
    verificationMethod: method,
    ...checkRecaptcha(start),
    emailTemplate: checkEmailTemplate(start.emailTemplate),
  };
  const { request, response } = await integration.send(
    integrationScopes.registration,
    (integrationToken) => registrationStartRequest(settings.site, { ...call, integrationToken }),
  );
  const { identifier, email } = readRegistrationStart(call, request, response);
  return { identifier, method, ...(email !== undefined && { email }) };
}

/** Has the user made whose registration waits for this code, and logs the user in. */
export function finishRegistration(context: ClientContext, input: OtpFinish) {
  return loginByCode(context, 'registration', input);
}
