import { createHash } from 'node:crypto';
import type { Client } from '../world/clients.js';
import type { AccessToken } from '../world/tokens.js';
import type { World } from '../world/world.js';
import { signJwt } from './sign.js';

/** The identity URL of a user, which is also the `sub` of the id_token (wire contract, login, section 6.1). */
export function identityUrl(userId: string, world: World): string {
  return `${world.site.url}/id/${world.site.organizationId}/${userId}`;
}

/** An id_token with the claims of a captured one (wire contract, login, section 7.3). */
export function issueIdToken(
  { value, issuedAt, userId }: AccessToken,
  client: Client,
  nonce: string | undefined,
  world: World,
): Promise<string> {
  const iat = Math.floor(issuedAt / 1000);
  const half = createHash('sha256').update(value).digest().subarray(0, 16);
  const claims = {
    at_hash: half.toString('base64url'),
    sub: identityUrl(userId ?? '', world),
    aud: client.id,
    iss: world.site.url,
    exp: iat + Math.round(client.idTokenValidityInMinutes * 60),
    iat,
    ...(nonce !== undefined && { nonce }),
  };
  return signJwt('idToken', { typ: 'JWT' }, claims, world);
}
