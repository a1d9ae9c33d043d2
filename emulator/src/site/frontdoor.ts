import { redirect, withCookies, type Answer } from '../http/answer.js';
import { given, queryParameters, type SiteRequest } from '../http/site-request.js';
import type { World } from '../world/world.js';
import { startUrl } from './relative-path.js';
import { startSession } from './session-cookie.js';

/**
 * `GET /secur/frontdoor.jsp`: logs the browser in by the one-time password of a `frontdoor_uri` and
 * goes to `startURL`; the login page when it is used or too old (wire contract, first-party, section
 * 7.1).
 */
export function frontdoor(request: SiteRequest, world: World): Answer {
  const all = queryParameters(request);
  const userId = world.browserLogins.frontdoor.take(all.get('otp') ?? '');
  const user = userId === undefined ? undefined : world.users.withId(userId);
  const wanted = given(all, 'startURL');
  if (user?.isActive !== true) {
    const query = wanted === undefined ? '' : `?startURL=${encodeURIComponent(wanted)}`;
    return redirect(`${world.site.url}/login${query}`, 302, 'otp unknown, used or expired');
  }
  return withCookies(redirect(startUrl(wanted, world)), [startSession(user, request, world)]);
}
