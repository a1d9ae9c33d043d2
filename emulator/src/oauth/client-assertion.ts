import { createPublicKey } from 'node:crypto';
import { decodeJwt, jwtVerify, type JWTPayload } from 'jose';
import type { Client } from '../world/clients.js';
import type { World } from '../world/world.js';

/** The `client_assertion_type` of RFC 7523. */
export const jwtBearerAssertion = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** Seconds by which the clocks of client and emulator may differ. */
const skew = 30;

/** Seconds ahead that `exp` of a short-lived JWT may lie (wire contract, first-party, section 3.3). */
const longestShortLife = 180;

/** The client an assertion says it comes from, unverified. */
export function assertedClientId(assertion: string): string | undefined {
  try {
    return decodeJwt(assertion).iss;
  } catch {
    return undefined;
  }
}

/** What is asked of a JWT beyond the rules for all. */
interface AssertionRules {
  /** `aud` must be the site or its origin, no endpoint. */
  readonly isForSiteAlone?: boolean;
  /** `exp` may lie at most three minutes ahead. */
  readonly isShortLived?: boolean;
}

/**
 * The claims of a JWT made by the client: RS256 with the key of `clientAssertionCertificate`, `iss`
 * the client, `aud` one of the four the wire contract, first-party, section 3.3 lists or the token
 * endpoint of the origin, unexpired, and its `jti` not seen before. Undefined for any other.
 */
export async function verifiedAssertion(
  assertion: string,
  client: Client,
  world: World,
  { isForSiteAlone = false, isShortLived = false }: AssertionRules = {},
): Promise<JWTPayload | undefined> {
  const { clientAssertionCertificate } = client;
  if (clientAssertionCertificate === null) return undefined;
  const { url, origin } = world.site;
  const now = world.clock.now();
  const endpoints = [
    `${url}/services/oauth2/v1/authorization_challenge`,
    `${url}/services/oauth2/token`,
    // The same endpoint for a client that logs in at the origin, as at an org's My Domain.
    `${origin}/services/oauth2/token`,
  ];
  try {
    const { payload } = await jwtVerify(assertion, createPublicKey(clientAssertionCertificate), {
      algorithms: ['RS256'],
      issuer: client.id,
      audience: isForSiteAlone ? [url, origin] : [url, origin, ...endpoints],
      requiredClaims: ['exp'],
      clockTolerance: skew,
      currentDate: new Date(now),
    });
    const { iat = 0, exp = 0, jti } = payload;
    if (iat > now / 1000 + skew) return undefined;
    if (isShortLived && exp > now / 1000 + longestShortLife + skew) return undefined;
    return jti === undefined || firstUse(client, jti, exp, world) ? payload : undefined;
  } catch {
    return undefined;
  }
}

/**
 * True when a {@link verifiedAssertion} speaks of the client itself: `sub`, if there, is the client.
 *
 * @param strict as the wire contract, first-party, section 3.3 says: only the site and its origin as
 *   `aud`, and `exp` at most three minutes ahead.
 */
export async function assertionHolds(
  assertion: string,
  client: Client,
  world: World,
  strict = false,
): Promise<boolean> {
  const rules = { isForSiteAlone: strict, isShortLived: strict };
  const claims = await verifiedAssertion(assertion, client, world, rules);
  return claims !== undefined && (claims.sub ?? client.id) === client.id;
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
