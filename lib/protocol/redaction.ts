import type { Fields } from './answer.js';
import type { WireRequest } from './wire.js';

/** Shorter secrets are no secrets, and taking them out would leave holes everywhere. */
const shortestSecret = 4;
const redacted = '[redacted]';

function withoutSecrets(value: unknown, secrets: readonly string[]): unknown {
  if (typeof value === 'string') {
    return secrets.reduce((text, secret) => text.replaceAll(secret, redacted), value);
  }
  if (typeof value === 'number') return secrets.includes(String(value)) ? redacted : value;
  if (Array.isArray(value)) return value.map((each) => withoutSecrets(each, secrets));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, withoutSecrets(each, secrets)]),
  );
}

/** The members of an answer that an app may see: without what the request keeps secret, and without the named ones. */
export function showable(fields: Fields, request: WireRequest, hidden: readonly string[]): Fields {
  // The longest first: it may contain a shorter one.
  const secrets = request.secrets
    .filter(({ length }) => length >= shortestSecret)
    .sort((one, other) => other.length - one.length);
  const shown = Object.entries(fields).filter(([name]) => !hidden.includes(name));
  return withoutSecrets(Object.fromEntries(shown), secrets) as Fields;
}
