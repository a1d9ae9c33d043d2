import type { OtpStart } from '../client/inputs.js';
import { HeadlessError } from '../errors.js';
import type { VerificationMethod } from '../protocol/authorize.js';
import { formField, formOf } from './form.js';
import type { LoginRequest } from './verify.js';

/** What a visitor logs in with. */
export interface OtpCredentials {
  /** The code as typed; blanks in it do not count. */
  readonly code?: string | undefined;
  /** Which attempt of this session, when the form says so. Default: the newest. */
  readonly attempt?: string | undefined;
}

/** The fields `code` (or `otp`) and `attempt` of the body. */
export function readCode(req: LoginRequest): OtpCredentials {
  const form = formOf(req);
  return {
    code: formField(form, 'code') ?? formField(form, 'otp'),
    attempt: formField(form, 'attempt'),
  };
}

/** A code without the blanks people type. @throws {HeadlessError} `missing_credentials` when nothing is left. */
export function typedCode(code: string | undefined): string {
  const typed = code?.replace(/\s+/g, '') ?? '';
  if (typed === '') throw new HeadlessError('missing_credentials');
  return typed;
}

/** The field `method`. @throws {HeadlessError} `malformed_credentials` for anything but `email` and `sms`. */
export function methodField(form: object): VerificationMethod | undefined {
  const method = formField(form, 'method');
  if (method !== undefined && method !== 'email' && method !== 'sms') {
    throw new HeadlessError('malformed_credentials');
  }
  return method;
}

/** The token of reCAPTCHA v2 or v3, under a name of its own or the one that Google's widget gives it. */
export function recaptchaField(form: object): string | undefined {
  return formField(form, 'recaptcha') ?? formField(form, 'g-recaptcha-response');
}

/** The field `username`, or `login_hint` where there is no username. */
export function userFields(form: object): {
  readonly username: string | undefined;
  readonly loginHint: string | undefined;
} {
  const username = formField(form, 'username');
  return {
    username,
    loginHint: username === undefined ? formField(form, 'login_hint') : undefined,
  };
}

/** Who asks for a code, and how it is to travel: {@link userFields}, `method` and the token of reCAPTCHA, from the body. */
export function readCodeRequest(req: LoginRequest): Partial<OtpStart> {
  const form = formOf(req);
  return { ...userFields(form), method: methodField(form), recaptcha: recaptchaField(form) };
}
