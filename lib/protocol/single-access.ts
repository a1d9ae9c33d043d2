import { HeadlessError } from '../errors.js';
import { readAnswer, textField } from './answer.js';
import { refusal, requestIdOf } from './refusal.js';
import { formBody, formType, type WireRequest, type WireResponse } from './wire.js';

/** Either opens the site's pages to an access token (wire contract, first-party, 7.1). */
const sufficientScopes: readonly string[] = ['web', 'full'];

/**
 * Refuses an access token that cannot open the site, as far as its scopes are known.
 *
 * @param scope the granted scopes; empty when the token answer named none.
 * @throws {HeadlessError} `scope_missing`.
 */
export function checkSingleAccessScope(scope: readonly string[]): void {
  if (scope.length > 0 && !scope.some((word) => sufficientScopes.includes(word))) {
    throw new HeadlessError('scope_missing');
  }
}

function refusePath(why: string): never {
  throw new HeadlessError('invalid_argument', { message: `The path ${why}.` });
}

/**
 * The place of a page in a site's origin, for a path that an app gives relative to the site: `/account` and `account`
 * in `https://acme.my.site.com/portal` are both `/portal/account`.
 *
 * @throws {HeadlessError} `invalid_argument` for everything that is not a path inside the site, or that a browser or
 *   server on the way could take for another host.
 */
export function pathInSite(base: string, path: string): string {
  if (/[\p{Cc}\p{Cs}\u2028\u2029\\]/u.test(path)) {
    refusePath('has a backslash or a control character');
  }
  if (/^(?:[a-z][a-z0-9+.-]*:|\/\/)/i.test(path)) refusePath('must be relative to the site');
  const site = new URL(base);
  const prefix = site.pathname.replace(/\/+$/, '');
  const joined = `${site.origin}${prefix}/${path.replace(/^\//, '')}`;
  const url = URL.canParse(joined) ? new URL(joined) : refusePath('is none');
  // Decoded too often on the way, these would be separators.
  if (/%(?:25)*(?:2f|5c|[01][0-9a-f]|7f)/i.test(url.pathname)) {
    refusePath('has an encoded separator');
  }
  const isInside = url.origin === site.origin && url.pathname.startsWith(`${prefix}/`);
  if (!isInside || url.pathname.includes('//')) refusePath('must stay inside the site');
  return url.pathname + url.search + url.hash;
}

/**
 * The call that turns an access token into a link to the site's own pages. The token never stands in a URL.
 *
 * @param redirectPath where the link leads, as {@link pathInSite} gives it: Salesforce wants the site's prefix in it.
 */
export function singleAccessRequest(
  base: string,
  accessToken: string,
  redirectPath: string | undefined,
): WireRequest {
  return {
    method: 'POST',
    url: `${base}/services/oauth2/singleaccess`,
    headers: {
      'content-type': formType,
      accept: 'application/json',
      authorization: `Bearer ${accessToken}`,
    },
    body: formBody({ redirect_uri: redirectPath }),
    secrets: [accessToken],
  };
}

const jwtConflict =
  'The token has ended, or its user has the permission "API Only User", or it is a JWT: JWT-based access tokens are ' +
  'known not to open a site. Use an app without "Issue JWT-based access tokens" for this; guests need one that has it.';

/** One place saw a link without its scheme (wire contract, first-party, 7.1). */
function absolute(link: string, base: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(link) ? link : `${new URL(base).protocol}//${link}`;
}

/**
 * Reads the answer: a link that logs a browser in, once and within about a minute. Whoever has it is the user.
 *
 * @param origins the hosts that the link may lead to.
 * @throws {HeadlessError} `access_token_refused`, `scope_missing`, `access_denied`, `invalid_argument`;
 *   `untrusted_host` when the link leads elsewhere.
 */
export function readSingleAccess(
  origins: readonly string[],
  request: WireRequest,
  response: WireResponse,
): string {
  const answer = readAnswer(response, request.url);
  const requestId = requestIdOf(response);
  const fields = answer.kind === 'fields' && response.status === 200 ? answer.fields : {};
  const link = textField(fields, 'frontdoor_uri');
  if (link !== undefined) {
    const text = absolute(link, request.url);
    const url = URL.canParse(text) ? new URL(text) : undefined;
    const isTrusted = url !== undefined && origins.includes(url.origin);
    if (!isTrusted || url.username !== '' || url.password !== '') {
      throw new HeadlessError('untrusted_host', { requestId });
    }
    return url.href;
  }
  const error = refusal(request, response, {
    Bad_OAuth_Token: 'access_token_refused',
    Missing_OAuth_Token: 'access_token_refused',
    INVALID_SESSION_ID: 'access_token_refused',
    Invalid_Scope: 'scope_missing',
    Invalid_Param: 'invalid_argument',
    No_Access: 'access_denied',
    Wrong_Org: 'access_denied',
  });
  const { code, cause } = error;
  if (code === 'access_token_refused') {
    throw new HeadlessError(code, { cause, requestId, hint: jwtConflict });
  }
  if (code === 'access_denied') {
    const hint = 'Ask at the site that issued the token: give `base` its `communityUrl`.';
    throw new HeadlessError(code, { cause, requestId, hint });
  }
  throw error;
}
