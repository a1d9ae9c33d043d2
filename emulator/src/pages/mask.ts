import { parse } from 'node:querystring';
import { isPlainObject } from '../world/check.js';

const secretNames = new Set([
  'access_token',
  'assertion',
  'auth_session',
  'authorization_code',
  'client_assertion',
  'client_secret',
  'code',
  'code_verifier',
  'id_token',
  'newpassword',
  'oauth_token',
  'otp',
  'password',
  'recaptcha',
  'recaptchaevent',
  'refresh_token',
  'token',
  'uvid_hint',
]);

const mask = '•••';

function maskJson(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(maskJson);
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      secretNames.has(name.toLowerCase()) ? mask : maskJson(item),
    ]),
  );
}

/** A raw query or form body as people may see it: passwords, codes and tokens are masked. */
export function maskForm(raw: string): string {
  return Object.entries(parse(raw))
    .map(([name, value]) => {
      const shown = secretNames.has(name.toLowerCase()) ? mask : String(value);
      return `${name}=${shown}`;
    })
    .join('\n');
}

/** A raw body, JSON or form, as people may see it. */
export function maskBody(raw: string): string {
  if (!/^\s*[[{]/.test(raw)) return maskForm(raw);
  try {
    return JSON.stringify(maskJson(JSON.parse(raw)), null, 1);
  } catch {
    return `(${raw.length} characters that are no JSON)`;
  }
}
