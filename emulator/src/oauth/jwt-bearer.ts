import type { Answer } from '../http/answer.js';
import { given, parameters, type SiteRequest } from '../http/site-request.js';
import type { World } from '../world/world.js';
import { issueAccessToken } from './access-token.js';
import { assertedClientId, verifiedAssertion } from './client-assertion.js';
import { admit } from './login-user.js';
import { Refused } from './refusals.js';
import { grantableScopes } from './scopes.js';
import { namedAnswer } from './token-answer.js';

function invalidAssertion(reason: string): Refused {
  return new Refused('invalid_grant', 'invalid assertion', reason);
}

/**
 * The grant `urn:ietf:params:oauth:grant-type:jwt-bearer` (RFC 7523): the app vouches for a user who
 * has approved it before. `iss` is the client, `sub` the username, `exp` at most three minutes ahead;
 * `scope` is a claim or a parameter. There is no refresh token: the app can sign again.
 */
export async function jwtBearer(request: SiteRequest, world: World): Promise<Answer> {
  const all = parameters(request);
  const assertion = given(all, 'assertion');
  if (assertion === undefined) throw new Refused('invalid_request', 'assertion is missing');
  const issuer = assertedClientId(assertion) ?? '';
  const client = world.clients.get(issuer);
  if (client === undefined || (given(all, 'client_id') ?? issuer) !== issuer) {
    throw new Refused('invalid_client_id', 'client identifier invalid');
  }
  const claims = await verifiedAssertion(assertion, client, world, { isShortLived: true });
  if (claims?.sub === undefined) throw invalidAssertion('the assertion does not hold');
  const user = world.users.get(claims.sub);
  if (user === undefined) throw invalidAssertion('unknown user');
  const { userId } = admit(user, client, world);

  const claimed = claims['scope'];
  const scope = typeof claimed === 'string' ? claimed : (all.get('scope') ?? '');
  const asked = grantableScopes(new Map([['scope', scope]]), client);
  const scopes = asked.filter((name) => name !== 'refresh_token' && name !== 'offline_access');
  const order = { client, scopes, userId, uvid: undefined, approval: undefined };
  const token = await issueAccessToken(order, world);
  return namedAnswer({ ...token, userId }, client, undefined, undefined, world);
}
