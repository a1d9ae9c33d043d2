import { json, text, type Answer } from '../http/answer.js';
import { bodyParameters, given, parameters, type SiteRequest } from '../http/site-request.js';
import { relativePath } from '../site/relative-path.js';
import type { World } from '../world/world.js';
import { bearerToken, liveBearer } from './bearer.js';
import { badToken } from './userinfo.js';

/**
 * `GET|POST /services/oauth2/singleaccess`: turns an access token with the scope `web` or `full` into
 * a URL that logs a browser in on the site, once and within a minute. Errors are bare words with
 * status 403 (wire contract, first-party, section 7.1).
 */
export function singleAccess(request: SiteRequest, world: World): Answer {
  const value = bearerToken(request) ?? given(bodyParameters(request), 'access_token');
  const bearer = liveBearer(value, world);
  if (bearer?.user === undefined) return badToken(value);
  const { scopes } = bearer.token;
  if (!scopes.includes('web') && !scopes.includes('full')) {
    return text('Invalid_Scope', 403, 'the token has neither web nor full');
  }
  const wanted = given(parameters(request), 'redirect_uri');
  const path = wanted === undefined ? `${world.site.path}/` : relativePath(wanted, world);
  if (path === undefined) return text('Invalid_Param', 403, 'redirect_uri is no relative path');
  const otp = world.browserLogins.frontdoor.issue(bearer.user.userId);
  const query = `otp=${otp}&startURL=${encodeURIComponent(path)}`;
  return json({ frontdoor_uri: `${world.site.url}/secur/frontdoor.jsp?${query}` });
}
