import { object, text } from '../world/check.js';
import type { World } from '../world/world.js';

/** The new keys: what signs id_tokens, what signs access tokens, and both. */
export interface RotatedKeys {
  idToken: string;
  accessToken: string;
  kids: string[];
}

const nothing = object({});
const checkRetire = object({ kid: text });

/** `POST keys/rotate`: new keys sign, the old ones stay published. */
export async function rotateKeys(world: World, input: unknown): Promise<RotatedKeys> {
  nothing(input, '');
  const { idToken, accessToken } = await world.keys.rotate();
  return { idToken, accessToken, kids: [idToken, accessToken] };
}

/** `POST keys/retire`: takes one key out of the published set; answers those left. */
export async function retireKey(world: World, input: unknown): Promise<{ kids: string[] }> {
  return { kids: await world.keys.retire(checkRetire(input, '').kid) };
}
