import { createPublicKey } from 'node:crypto';
import { decodeJwt, jwtVerify } from 'jose';
import type { Client } from '../world/clients.js';
import type { World } from '../world/world.js';

/** The `client_assertion_type` of RFC 7523. */
export const jwtBearerAssertion = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** Seconds by which the clocks of client and emulator may differ. */
const skew = 30;

/** The client an assertion says it comes from, unverified. */
export function assertedClientId(assertion: string): string | undefined {
  try {
    return decodeJwt(assertion).iss;
  } catch {
    return undefined;
  }
}

/**
 * True when a JWT was made by the client: RS256 with the key of `clientAssertionCertificate`, `iss`
 * (and `sub`, if there) the client, `aud` one of the four the wire contract, first-party, section
 * 3.3 lists, unexpired, and its `jti` not seen before.
 */
export async function assertionHolds(
  assertion: string,
  client: Client,
  world: World,
): Promise<boolean> {
  const { clientAssertionCertificate } = client;
  if (clientAssertionCertificate === null) return false;
  const { url, origin } = world.site;
  const now = world.clock.now();
  try {
    const { payload } = await jwtVerify(assertion, createPublicKey(clientAssertionCertificate), {
      algorithms: ['RS256'],
      issuer: client.id,
      audience: [
        url,
        origin,
        `${url}/services/oauth2/v1/authorization_challenge`,
        `${url}/services/oauth2/token`,
      ],
      requiredClaims: ['exp'],
      clockTolerance: skew,
      currentDate: new Date(now),
    });
    if (payload.sub !== undefined && payload.sub !== client.id) return false;
    if (payload.iat !== undefined && payload.iat > now / 1000 + skew) return false;
    return payload.jti === undefined || firstUse(client, payload.jti, payload.exp ?? 0, world);
  } catch {
    return false;
  }
}

function firstUse(client: Client, jti: string, exp: number, world: World): boolean {
  const seen = world.assertionIds;
  const now = world.clock.now();
  for (const [id, forgetAt] of seen) if (forgetAt < now) seen.delete(id);
  const id = `${client.id} ${jti}`;
  if (seen.has(id)) return false;
  seen.set(id, (exp + skew) * 1000);
  return true;
}
