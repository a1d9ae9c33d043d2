import { createHmac } from 'node:crypto';
import { json, type Answer } from '../http/answer.js';
import type { Client } from '../world/clients.js';
import type { AccessToken } from '../world/tokens.js';
import type { World } from '../world/world.js';
import { identityUrl, issueIdToken } from './id-token.js';

/** Members of every token answer (wire contract, login, section 4.2); there is no `expires_in`. */
function common(token: AccessToken, isJwt: boolean, world: World): Record<string, string> {
  const { site, settings } = world;
  const { tokenFormatMember, shuffleScopes, instanceUrlTrailingSlash } = settings.quirks;
  const scopes = shuffleScopes ? token.scopes.toReversed() : token.scopes;
  return {
    access_token: token.value,
    sfdc_community_url: site.url,
    sfdc_community_id: settings.site.networkId,
    ...(tokenFormatMember && { token_format: isJwt ? 'jwt' : 'opaque' }),
    scope: scopes.join(' '),
    instance_url: instanceUrlTrailingSlash ? `${site.url}/` : site.url,
    token_type: 'Bearer',
    issued_at: String(token.issuedAt),
  };
}

/** A guest's token answer: no refresh token, no id_token, no identity. */
export function guestAnswer(token: AccessToken, world: World): Answer {
  return json(common(token, true, world));
}

/**
 * A named user's token answer. `signature` is HMAC-SHA256 over `id` and `issued_at` keyed with the
 * consumer secret; a client without one has the empty key.
 *
 * @param refreshToken to be handed out with it, if any.
 * @param extras members that only some grants have.
 */
export async function namedAnswer(
  token: AccessToken & { readonly userId: string },
  client: Client,
  refreshToken: string | undefined,
  nonce: string | undefined,
  world: World,
  extras: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const id = identityUrl(token.userId, world);
  const signature = createHmac('sha256', client.secret ?? '')
    .update(id + String(token.issuedAt))
    .digest('base64');
  const idToken = token.scopes.includes('openid')
    ? await issueIdToken(token, client, nonce, world)
    : undefined;
  return json({
    ...common(token, client.isNamedUserJwtEnabled, world),
    ...(refreshToken !== undefined && { refresh_token: refreshToken }),
    ...(idToken !== undefined && { id_token: idToken }),
    signature,
    id,
    ...extras,
  });
}
