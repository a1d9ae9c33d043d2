import { html, redirect, withCookies, withHeaders, type Answer } from '../http/answer.js';
import { given, parameters, type Parameters, type SiteRequest } from '../http/site-request.js';
import { admitToSite } from '../oauth/login-user.js';
import { userFor, waitingAt } from '../oauth/pending-authorization.js';
import { authenticationFailure, Refused } from '../oauth/refusals.js';
import { loginPage } from '../pages/login-page.js';
import { randomBase62 } from '../world/random.js';
import { passwordMatches, type User } from '../world/users.js';
import type { World } from '../world/world.js';
import { startUrl } from './relative-path.js';
import { cookieValues, siteCookie, startSession } from './session-cookie.js';

const formCookie = 'loginForm';

/** The page with a token that only this browser can send back. */
function show(request: SiteRequest, world: World, alert?: string, reason?: string): Answer {
  const all = parameters(request);
  const { path } = world.site;
  const wanted = all.get('startURL') ?? '';
  const formToken =
    cookieValues(request, formCookie).find((value) => /^\w{32}$/.test(value)) ?? randomBase62(32);
  const hint = waitingAt(wanted, world)?.pending.parameters.get('login_hint');
  const query = wanted === '' ? '' : `?startURL=${encodeURIComponent(wanted)}`;
  const body = loginPage({
    action: `${path}/login`,
    username: all.get('username') ?? hint ?? '',
    startUrl: wanted,
    formToken,
    providers: Object.keys(world.settings.sso.providers).map((name) => [
      name,
      `${path}/services/auth/sso/${encodeURIComponent(name)}${query}`,
    ]),
    ...(alert !== undefined && { alert }),
  });
  const answer = withHeaders(html(body, 200, reason), { 'X-Frame-Options': 'DENY' });
  return withCookies(answer, [siteCookie(formCookie, formToken, world)]);
}

function userIn(all: Parameters, world: World): User {
  const user = world.users.get(all.get('username') ?? '');
  if (user === undefined) throw authenticationFailure('unknown user');
  if (!passwordMatches(user, all.get('password') ?? '')) {
    throw authenticationFailure('wrong password');
  }
  if (user.passwordExpired && world.settings.quirks.enforceExpiredPasswords) {
    throw authenticationFailure('password is expired');
  }
  return admitToSite(user, world);
}

/** Takes a filled-in form; a failure of any kind says the same. */
function logIn(request: SiteRequest, world: World): Answer {
  const all = parameters(request);
  const token = given(all, 'formToken');
  if (token === undefined || !cookieValues(request, formCookie).includes(token)) {
    return show(request, world, 'This form was out of date. Please try again.', 'no form token');
  }
  try {
    const cookies = [startSession(userIn(all, world), request, world)];
    return withCookies(redirect(startUrl(given(all, 'startURL'), world)), cookies);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return show(request, world, 'That username and password did not let you in.', error.message);
  }
}

/**
 * `GET|POST /login`: the login page of the site for people, which leads on to `startURL`, a relative
 * path. A browser that is logged in already does not wait here for an authorize request.
 */
export function login(request: SiteRequest, world: World): Answer {
  if (request.method === 'POST') return logIn(request, world);
  const wanted = given(parameters(request), 'startURL');
  const waiting = waitingAt(wanted, world);
  return waiting !== undefined && userFor(waiting.pending, request, world) !== undefined
    ? redirect(startUrl(wanted, world))
    : show(request, world);
}
