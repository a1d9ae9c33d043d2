import { CompactSign } from 'jose';
import type { KeyUse } from '../world/keys.js';
import type { World } from '../world/world.js';

/** A JWT signed with the org's current key for that use. */
export async function signJwt(
  use: KeyUse,
  header: Readonly<Record<string, string>>,
  payload: Readonly<Record<string, unknown>>,
  world: World,
): Promise<string> {
  const { kid, privateKey } = await world.keys.signing(use);
  return new CompactSign(new TextEncoder().encode(JSON.stringify(payload)))
    .setProtectedHeader({ ...header, alg: 'RS256', kid })
    .sign(privateKey);
}
