import type { Answer } from '../http/answer.js';
import { parameters, type SiteRequest } from '../http/site-request.js';
import type { World } from '../world/world.js';
import { issueAccessToken } from './access-token.js';
import { authenticateClient } from './authenticate-client.js';
import { hybridMembers } from './hybrid.js';
import { admit } from './login-user.js';
import { Refused } from './refusals.js';
import { namedAnswer } from './token-answer.js';

function dead(reason: string): Refused {
  return new Refused('invalid_grant', 'expired access/refresh token', reason);
}

/**
 * The grants `refresh_token` and, with more members in the answer, `hybrid_refresh`. With rotation
 * the answer holds a new refresh token and the old one is spent; using a spent one revokes everything
 * (wire contract, login, section 5.1).
 */
export async function refresh(request: SiteRequest, world: World): Promise<Answer> {
  const client = await authenticateClient(
    request,
    world,
    (app) => app.isSecretRequiredForRefreshToken,
  );
  const refreshToken = parameters(request).get('refresh_token') ?? '';
  const approval = world.tokens.approvalOf(refreshToken, client);
  if (approval === undefined) throw dead('unknown, expired, spent or revoked');
  const { userId, scopes } = approval;
  const user = world.users.withId(userId);
  if (user === undefined) throw dead('user is gone');
  admit(user, client, world);
  const extras = hybridMembers(request, client, scopes, world);

  // The old token must be spent before anything is awaited: two calls with it cannot both succeed.
  const rotates = client.isRefreshTokenRotationEnabled;
  if (rotates) world.tokens.rotate(approval);
  world.tokens.touch(approval);
  const newRefreshToken = rotates ? approval.refreshToken : undefined;
  const uvid = world.settings.quirks.uvidSurvivesRefresh ? approval.uvid : undefined;
  const token = await issueAccessToken({ client, scopes, userId, uvid, approval }, world);
  return namedAnswer({ ...token, userId }, client, newRefreshToken, undefined, world, extras);
}
