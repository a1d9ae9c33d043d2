import type { Answer } from '../http/answer.js';
import { parameters, type SiteRequest } from '../http/site-request.js';
import type { World } from '../world/world.js';
import { issueAccessToken } from './access-token.js';
import { authenticateClient } from './authenticate-client.js';
import { admitToSite } from './login-user.js';
import { Refused } from './refusals.js';
import { grantableScopes } from './scopes.js';
import { namedAnswer } from './token-answer.js';

/** Scopes this grant never gives: no browser and no later refresh (wire contract, first-party, section 7.1). */
const neverGranted = new Set(['web', 'refresh_token', 'offline_access']);

/**
 * The grant `client_credentials`: a token of the app's own user, for an app that proves itself and
 * has the flow on (RFC 6749, section 4.4).
 */
export async function clientCredentials(request: SiteRequest, world: World): Promise<Answer> {
  const client = await authenticateClient(request, world, () => true);
  if (client.secret === null && client.clientAssertionCertificate === null) {
    const reason = 'the client has neither secret nor certificate';
    throw new Refused('invalid_client', 'invalid client credentials', reason);
  }
  if (!client.isClientCredentialsEnabled) {
    const reason = 'isClientCredentialsEnabled is off';
    throw new Refused('unsupported_grant_type', 'grant type not supported', reason);
  }
  const user = world.users.get(client.clientCredentialsUser ?? '');
  if (user === undefined) {
    throw new Refused('invalid_grant', 'no client credentials user enabled');
  }
  const { userId } = admitToSite(user, world);
  const asked = grantableScopes(parameters(request), client);
  const scopes = asked.filter((scope) => !neverGranted.has(scope));
  if (scopes.length === 0) {
    const reason = 'this grant gives none of the scopes';
    throw new Refused('invalid_scope', 'the requested scope is not allowed', reason);
  }
  const order = { client, scopes, userId, uvid: undefined, approval: undefined };
  const token = await issueAccessToken(order, world);
  return namedAnswer({ ...token, userId }, client, undefined, undefined, world);
}
