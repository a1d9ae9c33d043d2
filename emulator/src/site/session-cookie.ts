import type { SiteRequest } from '../http/site-request.js';
import type { SiteSession } from '../world/site-sessions.js';
import type { User } from '../world/users.js';
import type { World } from '../world/world.js';

/** Every value of a cookie; another app on this host may have one of the same name. */
export function cookieValues(request: SiteRequest, name: string): string[] {
  return (request.headers['cookie'] ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1));
}

/**
 * A value of `Set-Cookie` for the site. Without TLS a browser would not store a cookie with
 * `SameSite=None`, so there it is `Lax`.
 *
 * @param value empty to remove the cookie.
 */
export function siteCookie(name: string, value: string, { site }: World): string {
  const reach = site.origin.startsWith('https:') ? 'SameSite=None; Secure' : 'SameSite=Lax';
  const end = value === '' ? '; Max-Age=0' : '';
  return `${name}=${value}; Path=${site.path === '' ? '/' : site.path}; HttpOnly; ${reach}${end}`;
}

/** A browser that is logged in, and as whom. */
export interface LoggedIn {
  readonly session: SiteSession;
  readonly user: User;
}

/** Who a browser is logged in as on the site; nobody when the user is gone or inactive. */
export function loggedIn(request: SiteRequest, world: World): LoggedIn | undefined {
  for (const sid of cookieValues(request, 'sid')) {
    const session = world.browserLogins.sessions.live(sid);
    const user = session && world.users.withId(session.userId);
    if (session !== undefined && user?.isActive === true) return { session, user };
  }
  return undefined;
}

/** Ends what the browser had before and starts a new session; the value of `Set-Cookie`. */
export function startSession(user: User, request: SiteRequest, world: World): string {
  endSession(request, world);
  const session = world.browserLogins.sessions.start(user.userId, world.settings.sessionTimeout);
  return siteCookie('sid', session.sid, world);
}

/** Ends the session of the browser; the value of `Set-Cookie` that removes it there. */
export function endSession(request: SiteRequest, world: World): string {
  for (const sid of cookieValues(request, 'sid')) world.browserLogins.sessions.end(sid);
  return siteCookie('sid', '', world);
}
