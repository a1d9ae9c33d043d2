import type { VerificationMethod } from '../protocol/authorize.js';
import type { Recaptcha } from '../protocol/recaptcha.js';
import type { UserArgument } from '../client/user-argument.js';
import { methodField, recaptchaField, userFields } from './code-form.js';
import { formField, formOf } from './form.js';
import type { LoginRequest } from './verify.js';

/**
 * What a visitor takes one step of a first-party login with. A code, or a password without a user, goes on with the login
 * that waits; a user and a password log in; a user alone has a one-time code sent.
 */
export interface FirstPartyCredentials extends UserArgument, Recaptcha {
  /** Sent as it is. */
  readonly password?: string | undefined;
  /** How a one-time code is to travel. Default `email`. */
  readonly method?: VerificationMethod | undefined;
  /** The one-time code as typed; blanks in it do not count. */
  readonly code?: string | undefined;
  /** Which of several logins in this session goes on. Default: the newest. */
  readonly attempt?: string | undefined;
  /** What else the server asks for, by its own names. */
  readonly parameters?: Readonly<Record<string, string>> | undefined;
}

/**
 * Reads `username` or `login_hint`, `password`, `method`, `code` (or `otp`), `attempt` and `recaptcha` (or
 * `g-recaptcha-response`) of the body.
 */
export function readFirstParty(req: LoginRequest): FirstPartyCredentials {
  const form = formOf(req);
  return {
    ...userFields(form),
    password: formField(form, 'password'),
    method: methodField(form),
    code: formField(form, 'code') ?? formField(form, 'otp'),
    attempt: formField(form, 'attempt'),
    recaptcha: recaptchaField(form),
  };
}
