import { json, type Answer } from '../http/answer.js';
import type { SiteRequest } from '../http/site-request.js';
import type { World } from '../world/world.js';

/** `/id/keys` and `/services/oauth2/id/keys`: the keys of id_tokens and of access tokens (wire contract, login, section 7.2). */
export async function keySet(_request: SiteRequest, world: World): Promise<Answer> {
  return json(await world.keys.jwks());
}
