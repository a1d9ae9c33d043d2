import { json, text, type Answer } from '../http/answer.js';
import { given, parameters, type SiteRequest } from '../http/site-request.js';
import type { World } from '../world/world.js';
import { bearerToken, liveBearer } from './bearer.js';
import { identityUrl } from './id-token.js';
import { externalUserType, lastModified, userFacts } from './user-facts.js';

/** The bare words of `/services/oauth2/*` resources (wire contract, first-party, section 11.2). */
export function badToken(value: string | undefined): Answer {
  return value === undefined
    ? text('Missing_OAuth_Token', 403)
    : text('Bad_OAuth_Token', 403, 'token is dead, or a guest');
}

/** The access token of a header, or of the older parameters. */
export function presentedToken(request: SiteRequest): string | undefined {
  const all = parameters(request);
  return bearerToken(request) ?? given(all, 'access_token') ?? given(all, 'oauth_token');
}

/** `GET|POST /services/oauth2/userinfo`; a guest's token is no good here (wire contract, login, section 6). */
export function userinfo(request: SiteRequest, world: World): Answer {
  const value = presentedToken(request);
  const user = liveBearer(value, world)?.user;
  if (user === undefined) return badToken(value);
  const facts = userFacts(user, world);
  return json({
    sub: identityUrl(user.userId, world),
    user_id: user.userId,
    organization_id: world.site.organizationId,
    preferred_username: user.username,
    nickname: facts.nickname,
    name: facts.fullName,
    email: user.email,
    email_verified: user.emailVerified,
    ...(user.firstName !== null && { given_name: user.firstName }),
    ...(user.lastName !== null && { family_name: user.lastName }),
    zoneinfo: 'Europe/London',
    photos: facts.photos,
    profile: facts.profile,
    picture: facts.photos.picture,
    address: { country: 'GB' },
    ...(user.mobilePhone !== null && {
      phone_number: user.mobilePhone,
      phone_number_verified: user.mobileVerified,
    }),
    is_salesforce_integration_user: false,
    urls: facts.urls,
    active: user.isActive,
    user_type: externalUserType,
    language: 'en_US',
    locale: 'en_GB',
    utcOffset: 0,
    updated_at: lastModified,
    is_app_installed: true,
  });
}
