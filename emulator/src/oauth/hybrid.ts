import { parameters, type SiteRequest } from '../http/site-request.js';
import type { Client } from '../world/clients.js';
import { randomBase62, randomCodeText } from '../world/random.js';
import { organizationId } from '../world/record-ids.js';
import type { World } from '../world/world.js';
import { Refused } from './refusals.js';

function sid(): string {
  return `${organizationId.slice(0, 15)}!AQ${randomCodeText(100)}`;
}

/**
 * Members that the grants `hybrid_auth_code` and `hybrid_refresh` add to the token answer, for apps
 * that show pages of the org in a web view: with the scope `web` its cookies, and then per scope a
 * session on each domain. The session ids are made up and open nothing. Empty for other grants.
 *
 * Throws `invalid_grant` where the app has both JWT access tokens and refresh token rotation (wire
 * contract, first-party, section 7.2).
 */
export function hybridMembers(
  request: SiteRequest,
  client: Client,
  scopes: readonly string[],
  world: World,
): Readonly<Record<string, string>> {
  const grantType = parameters(request).get('grant_type');
  if (grantType !== 'hybrid_auth_code' && grantType !== 'hybrid_refresh') return {};
  if (client.isNamedUserJwtEnabled && client.isRefreshTokenRotationEnabled) {
    const reason = 'hybrid tokens, JWT access tokens and rotation do not go together';
    throw new Refused('invalid_grant', 'hybrid flow not supported', reason);
  }
  if (!scopes.includes('web')) return {};
  const domain = new URL(world.site.origin).host;
  return {
    sidCookieName: 'sid',
    'cookie-sid_Client': randomBase62(22),
    'cookie-clientSrc': '127.0.0.1',
    ...(scopes.includes('content') && { content_sid: sid(), content_domain: domain }),
    ...(scopes.includes('lightning') && {
      lightning_sid: sid(),
      lightning_domain: domain,
      csrf_token: randomBase62(40),
    }),
    ...(scopes.includes('visualforce') && { visualforce_sid: sid(), visualforce_domain: domain }),
  };
}
