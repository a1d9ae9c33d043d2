import { json, withHeaders, type Answer } from '../http/answer.js';
import { given, parameters, type SiteRequest } from '../http/site-request.js';
import type { Client } from '../world/clients.js';
import type { World } from '../world/world.js';
import { authenticateClient } from './authenticate-client.js';
import { liveBearer } from './bearer.js';
import { identityUrl } from './id-token.js';
import { Refused, refusal } from './refusals.js';

/** What is said about a live token. */
type Facts = Readonly<Record<string, unknown>>;

/** The client of a token, and what an app that may ask is told. */
interface Found {
  readonly clientId: string;
  readonly facts: Facts;
}

function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}

function accessToken(value: string, world: World): Found | undefined {
  const bearer = liveBearer(value, world);
  if (bearer === undefined) return undefined;
  const { token, user } = bearer;
  const iat = seconds(token.issuedAt);
  return {
    clientId: token.clientId,
    facts: {
      active: true,
      scope: token.scopes.join(' '),
      client_id: token.clientId,
      ...(user !== undefined && { username: user.username }),
      sub: user === undefined ? `uvid:${token.uvid ?? ''}` : identityUrl(user.userId, world),
      token_type: 'access_token',
      exp: seconds(token.expiresAt),
      iat,
      nbf: iat,
    },
  };
}

function refreshToken(value: string, world: World): Found | undefined {
  const approval = world.tokens.approvalBehind(value, (id) => world.clients.get(id));
  if (approval === undefined) return undefined;
  const user = world.users.withId(approval.userId);
  if (user?.isActive !== true) return undefined;
  const iat = seconds(approval.createdAt);
  return {
    clientId: approval.clientId,
    facts: {
      active: true,
      scope: approval.scopes.join(' '),
      client_id: approval.clientId,
      username: user.username,
      sub: identityUrl(user.userId, world),
      token_type: 'refresh_token',
      ...(approval.expiresAt !== Infinity && { exp: seconds(approval.expiresAt) }),
      iat,
      nbf: iat,
    },
  };
}

function mayAsk(client: Client, found: Found): boolean {
  return client.isIntrospectAllTokens || found.clientId === client.id;
}

/**
 * `POST /services/oauth2/introspect`: what a token is worth (RFC 7662). Dead tokens, and those of
 * other apps unless `isIntrospectAllTokens` is on, are not active; `token_type_hint` changes nothing
 * (wire contract, login, section 5.3; first-party, section 10). A client that does not prove itself
 * gets status 401.
 */
export async function introspect(request: SiteRequest, world: World): Promise<Answer> {
  let client: Client;
  try {
    client = await authenticateClient(request, world, () => true);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const refused = new Refused('invalid_client', 'invalid client credentials', error.message);
    const answer = withHeaders(refusal(refused), {
      'WWW-Authenticate': 'Basic realm="Salesforce"',
    });
    return { ...answer, status: 401 };
  }
  const value = given(parameters(request), 'token');
  if (value === undefined) return refusal(new Refused('invalid_request', 'token is missing'));
  const found = accessToken(value, world) ?? refreshToken(value, world);
  if (found === undefined) return json({ active: false });
  return json(mayAsk(client, found) ? found.facts : { active: false });
}
