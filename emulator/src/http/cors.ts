import type { World } from '../world/world.js';
import { text, withHeaders, type Answer } from './answer.js';
import type { SiteRequest } from './site-request.js';

/**
 * Which origins an endpoint lets in: everyone, those on the allowlist, those on it provided that
 * "Enable CORS for OAuth endpoints" is on, or nobody (wire contract, login, section 12.1).
 */
export type CorsClass = 'everyone' | 'allowlist' | 'oauth' | 'nobody';

/** What CORS says to one request: refuse it, answer the preflight, or add headers to the answer. */
export interface CorsVerdict {
  readonly answer?: Answer;
  readonly headers: Readonly<Record<string, string>>;
}

function allowedOrigin(origin: string, cors: CorsClass, world: World): string | undefined {
  if (cors === 'everyone') return '*';
  const { corsOrigins, corsOauthEndpoints } = world.settings.site;
  if (cors === 'nobody' || !corsOrigins.includes(origin)) return undefined;
  return cors === 'oauth' && !corsOauthEndpoints ? undefined : origin;
}

/**
 * Judges a request by its `Origin`; without one, from the site itself, or when a browser goes to a
 * page instead of fetching, nothing is to be said.
 */
export function judgeOrigin(request: SiteRequest, cors: CorsClass, world: World): CorsVerdict {
  const origin = request.headers['origin'];
  const preflight =
    request.method === 'OPTIONS' && 'access-control-request-method' in request.headers;
  const navigates = request.headers['sec-fetch-mode'] === 'navigate';
  if (origin === undefined || navigates || (origin === world.site.origin && !preflight)) {
    const open = cors === 'everyone';
    return { headers: open ? openHeaders : {} };
  }
  const allowed = allowedOrigin(origin, cors, world);
  if (allowed === undefined) {
    return { answer: text('', 403, 'origin not allowed by CORS settings'), headers: {} };
  }
  const isOpen = allowed === '*';
  const own = isOpen ? origin : allowed;
  const toOrigin = { 'Access-Control-Allow-Origin': own, Vary: 'Accept-Encoding, Origin' };
  if (!preflight) return { headers: isOpen ? openHeaders : toOrigin };
  const requested = request.headers['access-control-request-headers'];
  const answer = withHeaders(text(''), {
    'Access-Control-Allow-Methods': 'GET, POST, OPTIONS',
    ...(requested !== undefined && { 'Access-Control-Allow-Headers': requested }),
  });
  return { answer, headers: toOrigin };
}

const openHeaders = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Credentials': 'false',
};
