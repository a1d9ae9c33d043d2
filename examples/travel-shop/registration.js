import { HeadlessError } from 'passport-sf-headless';

const texts = ['firstName', 'lastName', 'email', 'mobilePhone', 'password'];

/** What a field of a form says; anything but text counts as nothing. */
function textOf(body, name) {
  const value = body?.[name];
  return typeof value === 'string' ? value : '';
}

/** What may be shown again in a registration that was refused. Never the password. */
export function typedRegistration(body) {
  const shown = texts.filter((name) => name !== 'password');
  const values = Object.fromEntries(shown.map((name) => [name, textOf(body, name)]));
  return { ...values, method: body?.method === 'sms' ? 'sms' : 'email' };
}

function missing({ lastName, email, mobilePhone, password }, method) {
  const fields = {};
  if (lastName.trim() === '') fields.lastName = 'Enter your last name.';
  if (email.trim() === '') fields.email = 'Enter your email address.';
  if (method === 'sms' && mobilePhone.trim() === '') {
    fields.mobilePhone = 'Enter your mobile phone, or have the code sent by email.';
  }
  if (password === '') fields.password = 'Choose a password.';
  return fields;
}

/** The same option of FirstPartyStrategy, whose one address is for logins too: nobody but who registers has a last name. */
export function readFirstPartyRegistration(req) {
  return req.body?.lastName === undefined ? undefined : readRegistration(req);
}

/**
 * The option `registration` of RegistrationStrategy: what of the form goes to Salesforce, and nothing else of it. The
 * library's own reader would do, but for the phone, and for a password that this shop insists on.
 *
 * @throws {HeadlessError} `invalid_fields`, naming the fields that are missing.
 */
export function readRegistration({ body }) {
  const recaptcha = textOf(body, 'recaptcha') || textOf(body, 'g-recaptcha-response') || undefined;
  const method = ['email', 'sms'].find((name) => name === body?.method);
  // "Send it again" has none of the fields: then the library takes what it kept, sealed, of the first time.
  if (!texts.some((name) => body?.[name] !== undefined)) return { method, recaptcha };
  const form = Object.fromEntries(texts.map((name) => [name, textOf(body, name)]));
  const fields = missing(form, method);
  if (Object.keys(fields).length > 0) throw new HeadlessError('invalid_fields', { fields });
  const { password, ...data } = form;
  const given = Object.entries(data).map(([name, value]) => [name, value.trim() || undefined]);
  // Customers of this shop have their email address as username.
  const userdata = { ...Object.fromEntries(given), username: data.email.trim() };
  return { userdata, password, method, recaptcha };
}
