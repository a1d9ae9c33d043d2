import { isPlainObject } from '../world/check.js';
import type { UserData } from '../world/hooks.js';
import type { Channel } from '../world/outbox.js';
import { phoneOf, type Registration } from '../world/registration.js';
import { customDataJson } from './code-request.js';
import { invalidRequest, textMember, type Body } from './headless-call.js';

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/**
 * `userdata` as the handler gets it. A password in it is lost without a word, as on a live site (wire
 * contract, registration, section 2.2).
 */
function userDataOf(body: Body): UserData {
  const userdata = body['userdata'];
  if (!isPlainObject(userdata)) throw invalidRequest('userdata is missing or not an object');
  for (const name of ['firstName', 'lastName', 'email', 'username']) {
    if (typeof (userdata[name] ?? '') !== 'string') {
      throw invalidRequest(`userdata.${name} is not text`);
    }
  }
  const attributeMap = Object.fromEntries(
    Object.entries(userdata)
      .filter(([name, value]) => name !== 'password' && value !== null)
      .map(([name, value]) => [name, asText(value)]),
  );
  const property = (name: string): string | null => {
    const value = Object.hasOwn(attributeMap, name) ? attributeMap[name] : undefined;
    return value === undefined || value === '' ? null : value;
  };
  const email = property('email');
  if (email === null) throw invalidRequest('userdata.email is missing');
  return {
    firstName: property('firstName'),
    lastName: property('lastName'),
    email,
    username: property('username'),
    attributeMap,
  };
}

function passwordOf(body: Body): string | null {
  const password = body['password'] ?? null;
  if (password !== null && typeof password !== 'string') {
    throw invalidRequest('password is not text');
  }
  return password;
}

/**
 * Reads what is to be registered, and where its code goes. Throws `HeadlessRefused` when something is
 * missing or of another type; the password is not judged.
 */
export function registrationOf(
  body: Body,
  channel: Channel,
  expid: string | undefined,
): Registration {
  const userData = userDataOf(body);
  const customUserDataMap = customDataJson(body);
  const to = channel === 'email' ? userData.email : phoneOf(userData, customUserDataMap);
  if (to === undefined) throw invalidRequest('mobilePhone is missing');
  const experienceId =
    expid ?? textMember(body, 'expid') ?? textMember(body, 'experienceid') ?? null;
  return { userData, customUserDataMap, experienceId, password: passwordOf(body), to };
}
