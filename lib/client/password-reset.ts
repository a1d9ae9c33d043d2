import type { VerificationMethod } from '../protocol/authorize.js';
import { integrationScopes } from '../protocol/integration.js';
import {
  passwordChangeRequest,
  passwordResetRequest,
  readPasswordChange,
  readPasswordReset,
} from '../protocol/password-reset.js';
import type { Recaptcha } from '../protocol/recaptcha.js';
import { checkCredential, checkEmailTemplate, checkMethod, checkRecaptcha } from './arguments.js';
import type { ClientContext } from './context.js';
import { readUser, type UserArgument } from './user-argument.js';

/** What `HeadlessClient.startPasswordReset` takes. */
export interface PasswordResetStart extends Recaptcha, UserArgument {
  /** Default `email`. */
  readonly method?: VerificationMethod | undefined;
  /** Id of an email template that the site allows. */
  readonly emailTemplate?: string | undefined;
}

/** What `HeadlessClient.finishPasswordReset` takes. The user must be named as at the start. */
export interface PasswordResetFinish extends UserArgument {
  /** The code as the visitor typed it. */
  readonly code: string;
  /** Sent as it is: never trimmed, and held to no policy but Salesforce's own. */
  readonly newPassword: string;
}

/** Has Salesforce send a code to whoever forgot the password. */
export async function startPasswordReset(
  { settings, integration }: ClientContext,
  start: PasswordResetStart,
): Promise<void> {
  const verificationMethod = checkMethod(start.method);
  const user = readUser(start);
  const emailTemplate = checkEmailTemplate(start.emailTemplate);
  const call = { ...user, verificationMethod, ...checkRecaptcha(start), emailTemplate };
  const { request, response } = await integration.send(
    integrationScopes.passwordReset,
    (integrationToken) => passwordResetRequest(settings.site, { ...call, integrationToken }),
  );
  readPasswordReset(call, request, response);
}

/**
 * Sets the new password. Salesforce's documents want the integration user's token at the first call only; its own sample
 * sends it with both, and so does this (wire contract, forgot password, 4.3). A code and a password are sent once, even
 * where that token has died.
 */
export async function finishPasswordReset(
  { settings, integration }: ClientContext,
  finish: PasswordResetFinish,
): Promise<void> {
  const code = checkCredential(finish.code, 'secret');
  const newPassword = checkCredential(finish.newPassword, 'secret');
  const call = { ...readUser(finish), code, newPassword };
  const { request, response } = await integration.sendOnce(
    integrationScopes.passwordReset,
    (integrationToken) => passwordChangeRequest(settings.site, { ...call, integrationToken }),
  );
  readPasswordChange(call, request, response);
}
