import { html, redirect, withCookies, type Answer } from '../http/answer.js';
import { given, queryParameters, type SiteRequest } from '../http/site-request.js';
import { settle, waitingAt } from '../oauth/pending-authorization.js';
import { admitToSite } from '../oauth/login-user.js';
import { Refused } from '../oauth/refusals.js';
import { sitePage } from '../pages/site-page.js';
import { escapeHtml } from '../pages/stub.js';
import type { User } from '../world/users.js';
import type { World } from '../world/world.js';
import { relativePath, startUrl } from './relative-path.js';
import { startSession } from './session-cookie.js';

/** True for the developer name of an identity provider of the site. */
export function isProvider(name: string, world: World): boolean {
  return Object.hasOwn(world.settings.sso.providers, name);
}

/** Sends the browser to an identity provider and, after the login, to a path of the site. */
export function toProvider(name: string, path: string, world: World): Answer {
  const url = `${world.site.url}/services/auth/sso/${encodeURIComponent(name)}`;
  return redirect(`${url}?startURL=${encodeURIComponent(path)}`);
}

function nameIn({ path }: SiteRequest): string {
  try {
    return decodeURIComponent(path.split('/').at(-1) ?? '');
  } catch {
    return '';
  }
}

/**
 * `GET /services/auth/sso/{name}`: starts a login at an identity provider, which the emulator plays
 * by going straight on to its callback (wire contract, first-party, section 6.5). An unknown
 * provider is the login page.
 */
export function initiateSso(request: SiteRequest, world: World): Answer {
  const provider = nameIn(request);
  const { url, path } = world.site;
  if (!isProvider(provider, world)) return redirect(`${url}/login`, 302, 'unknown provider');
  const wanted = given(queryParameters(request), 'startURL');
  const goal = (wanted === undefined ? undefined : relativePath(wanted, world)) ?? `${path}/`;
  const state = world.browserLogins.sso.issue({ provider, startUrl: goal });
  return redirect(`${url}/services/authcallback/${encodeURIComponent(provider)}?state=${state}`);
}

function errorPage(code: string, description: string, world: World, reason: string): Answer {
  const query = new URLSearchParams({ ErrorCode: code, ErrorDescription: description });
  const page = `${world.site.url}/_nc_external/identity/sso/ui/AuthorizationError`;
  return redirect(`${page}?${query.toString()}`, 302, reason);
}

/** The user the provider sends, or why the registration handler refuses. */
function userOf(username: string, world: World): User | Refused {
  const user = world.users.get(username);
  if (user === undefined) return new Refused('invalid_grant', 'no such user', 'unknown user');
  try {
    return admitToSite(user, world);
  } catch (error) {
    if (error instanceof Refused) return error;
    throw error;
  }
}

/**
 * `GET /services/authcallback/{name}`: where the provider sends the browser back to. Logs it in, or
 * tells the waiting app that the user refused, or shows the site's error page (section 6.6).
 */
export function ssoCallback(request: SiteRequest, world: World): Answer {
  const { sso, authorizations } = world.browserLogins;
  const login = sso.take(queryParameters(request).get('state') ?? '');
  const provider = login && world.settings.sso.providers[login.provider];
  if (login?.provider !== nameIn(request) || provider === undefined) {
    return errorPage('NO_STATE', 'This login is not known, or took too long.', world, 'bad state');
  }
  const waiting = waitingAt(login.startUrl, world);
  if (provider.outcome === 'deny') {
    const denied = new Refused('access_denied', 'end-user denied authorization');
    if (waiting === undefined) {
      return errorPage(denied.error, denied.description, world, denied.message);
    }
    authorizations.take(waiting.source);
    return settle(waiting.pending, denied, world);
  }
  const user = userOf(provider.username, world);
  if (provider.outcome === 'error' || user instanceof Refused) {
    const reason = user instanceof Refused ? user.message : 'outcome is error';
    const description = 'The registration handler failed.';
    return errorPage('REGISTRATION_HANDLER_ERROR', description, world, reason);
  }
  const cookies = [startSession(user, request, world)];
  if (waiting === undefined) return withCookies(redirect(startUrl(login.startUrl, world)), cookies);
  authorizations.take(waiting.source);
  return withCookies(settle(waiting.pending, user, world), cookies);
}

/** `GET /_nc_external/identity/sso/ui/AuthorizationError`: the site's page for a failed login. */
export function authorizationError(request: SiteRequest): Answer {
  const all = queryParameters(request);
  const text = escapeHtml(all.get('ErrorDescription') ?? '');
  const code = escapeHtml(all.get('ErrorCode') ?? '');
  const content = `<p class="alert" role="alert">${text}</p>\n<p>Error: ${code}</p>`;
  return html(sitePage('You could not be logged in', content));
}
