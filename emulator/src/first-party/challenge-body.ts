import { bodyParameters, type SiteRequest } from '../http/site-request.js';
import { isPlainObject } from '../world/check.js';
import { ChallengeRefused, invalidRequest } from './challenge-refused.js';

/** The members of a call, whether it came as a form or as JSON; what is null or empty is left out. */
export type ChallengeBody = Readonly<Record<string, unknown>>;

/** Members that are objects, and JSON text where they lie in a form (wire contract, first-party, section 3.11). */
const objectMembers = new Set(['recaptchaevent', 'userdata']);

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function readJson(raw: string): Record<string, unknown> {
  const parsed = parsedJson(raw);
  if (isPlainObject(parsed)) return parsed;
  throw invalidRequest('the body is not a JSON object');
}

function readForm(request: SiteRequest): Record<string, unknown> {
  return Object.fromEntries(bodyParameters(request));
}

function readAny(request: SiteRequest): Record<string, unknown> {
  const parsed = parsedJson(request.body);
  return isPlainObject(parsed) ? parsed : readForm(request);
}

function asObject(name: string, value: unknown): unknown {
  if (!objectMembers.has(name) || typeof value !== 'string') return value;
  const parsed = parsedJson(value);
  return isPlainObject(parsed) ? parsed : value;
}

/**
 * Reads a body by its media type. Any other type is refused with 415 when `strict`, otherwise tried
 * as JSON and then as a form (wire contract, first-party, section 3.13).
 */
export function readChallengeBody(request: SiteRequest, strict: boolean): ChallengeBody {
  const [type = ''] = (request.headers['content-type'] ?? '').split(';');
  const mediaType = type.trim().toLowerCase();
  let read: Record<string, unknown>;
  if (mediaType === 'application/json') read = readJson(request.body);
  else if (mediaType === 'application/x-www-form-urlencoded') read = readForm(request);
  else if (strict) throw new ChallengeRefused(415, 'invalid_request', 'unsupported content type');
  else read = readAny(request);
  return Object.fromEntries(
    Object.entries(read)
      .filter(([, value]) => value !== null && value !== '')
      .map(([name, value]) => [name, asObject(name, value)]),
  );
}

/** A text member; undefined when absent. Throws `invalid_request` when it is of another type. */
export function textMember(body: ChallengeBody, name: string): string | undefined {
  const value = body[name];
  if (value === undefined || typeof value === 'string') return value;
  throw invalidRequest(`${name} is not text`);
}
