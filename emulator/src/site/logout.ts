import { html, redirect, withCookies, type Answer } from '../http/answer.js';
import { given, queryParameters, type SiteRequest } from '../http/site-request.js';
import { sitePage } from '../pages/site-page.js';
import type { World } from '../world/world.js';
import { startUrl } from './relative-path.js';
import { endSession } from './session-cookie.js';

/**
 * `GET|POST /services/auth/idp/oidc/logout`: ends the site session of the browser. Tokens live on,
 * and `post_logout_redirect_uri` is not honoured (wire contract, first-party, section 12).
 */
export function endOidcSession(request: SiteRequest, world: World): Answer {
  const content = `<p><a href="${world.site.path}/login">Log in again</a></p>`;
  const answer = html(sitePage('You are logged out', content));
  return withCookies(answer, [endSession(request, world)]);
}

/** `GET /secur/logout.jsp`: the same, and on to `retUrl` on the site, or to the login page. */
export function logout(request: SiteRequest, world: World): Answer {
  const wanted = given(queryParameters(request), 'retUrl');
  const next = startUrl(wanted ?? `${world.site.path}/login`, world);
  return withCookies(redirect(next), [endSession(request, world)]);
}
