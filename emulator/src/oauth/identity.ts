import { json, text, type Answer } from '../http/answer.js';
import { queryParameters, type SiteRequest } from '../http/site-request.js';
import type { World } from '../world/world.js';
import { liveBearer } from './bearer.js';
import { identityUrl } from './id-token.js';
import { externalUserType, lastModified, userFacts } from './user-facts.js';
import { badToken, presentedToken } from './userinfo.js';

const latestVersion = '66.0';

/**
 * The identity URL, `/id/{org}/{user}`, for the user of the token; `?version=latest` fills in the
 * version of its `urls` (wire contract, login, section 6.1).
 */
export function identity(request: SiteRequest, world: World): Answer {
  const value = presentedToken(request);
  const user = liveBearer(value, world)?.user;
  if (user === undefined) return badToken(value);
  const [organization = '', userId = ''] = request.path.split('/').slice(-2);
  const { organizationId } = world.site;
  if (organization !== organizationId && organization !== organizationId.slice(0, 15)) {
    return text('Wrong_Org', 403);
  }
  if (world.users.withId(userId) !== user) return text('No_Access', 403, 'not the user asked for');
  const facts = userFacts(user, world);
  const latest = queryParameters(request).get('version') === 'latest';
  const id = identityUrl(user.userId, world);
  return json({
    id,
    asserted_user: true,
    user_id: user.userId,
    organization_id: organizationId,
    username: user.username,
    nick_name: facts.nickname,
    display_name: facts.fullName,
    email: user.email,
    email_verified: user.emailVerified,
    first_name: user.firstName,
    last_name: user.lastName,
    timezone: 'Europe/London',
    photos: facts.photos,
    addr_street: null,
    addr_city: null,
    addr_state: null,
    addr_country: 'GB',
    addr_zip: null,
    mobile_phone: user.mobilePhone,
    mobile_phone_verified: user.mobileVerified,
    is_lightning_login_user: false,
    status: { created_date: null, body: null },
    urls: latest
      ? Object.fromEntries(
          Object.entries(facts.urls).map(([name, url]) => [
            name,
            url.replace('{version}', latestVersion),
          ]),
        )
      : facts.urls,
    active: user.isActive,
    user_type: externalUserType,
    language: 'en_US',
    locale: 'en_GB',
    utcOffset: 0,
    last_modified_date: lastModified,
    is_app_installed: true,
  });
}
