import type { RegistrationStart } from '../client/registration.js';
import { invalidFields } from '../client/invalid-fields.js';
import type { VerificationMethod } from '../protocol/authorize.js';
import type { CodeUser } from '../session/code-attempts.js';
import { methodField, recaptchaField } from './code-form.js';
import { formOf } from './form.js';
import type { LoginRequest } from './verify.js';

/** What a visitor registers with. Without `userdata`, the newest registration of the session gets its code once more. */
export type RegistrationRequest = Partial<RegistrationStart>;

/** The fields of the standing form; nothing else of a body goes out. */
const names = ['firstName', 'lastName', 'email', 'username', 'password'] as const;
/** Without these Salesforce makes no user. */
const required = ['lastName', 'email'] as const;

type Form = Partial<Record<(typeof names)[number], string>>;

/**
 * Whose code it is, by where it goes: whoever only names another user has mail sent to the same person. Where a number for
 * text messages stands is the site's own matter; these are the names that Salesforce's sample and its user have.
 */
export function addresseeOf(
  { userdata = {}, customdata = {} }: RegistrationRequest,
  method: VerificationMethod | undefined,
): CodeUser {
  const numbers = [userdata['mobilePhone'], userdata['phone'], customdata['mobilePhone']];
  const names = [...(method === 'sms' ? numbers : []), userdata['email'], userdata['username']];
  const to = names.find((name): name is string => typeof name === 'string' && name !== '');
  return { username: to ?? '' };
}

/** The error of a form in which nothing was filled in. */
export function emptyForm() {
  return invalidFields(Object.fromEntries(required.map((name) => [name, 'missing'])));
}

/**
 * Reads the fields `firstName`, `lastName`, `email`, `username` (default: the email address), `password`, `method` and
 * `recaptcha` (or `g-recaptcha-response`) of the body.
 *
 * @throws {HeadlessError} `invalid_fields`, naming the fields that are missing or no text.
 */
export function readRegistrationForm(req: LoginRequest): RegistrationRequest {
  const body = formOf(req);
  const form: Form = {};
  const problems: Record<string, 'missing' | 'malformed'> = {};
  for (const name of names) {
    const value: unknown = Object.hasOwn(body, name) ? Reflect.get(body, name) : undefined;
    if (typeof value === 'string') {
      if (value !== '') form[name] = value;
    } else if (value !== undefined && value !== null) {
      problems[name] = 'malformed';
    }
  }
  const sending = { method: methodField(body), recaptcha: recaptchaField(body) };
  const isEmpty = Object.keys(form).length === 0 && Object.keys(problems).length === 0;
  if (isEmpty) return sending;
  for (const name of required) {
    if (form[name] === undefined) problems[name] ??= 'missing';
  }
  if (Object.keys(problems).length > 0) throw invalidFields(problems);
  const { password, firstName, lastName, email, username = email } = form;
  return { userdata: { firstName, lastName, email, username }, password, ...sending };
}
