import type { Answer } from '../http/answer.js';
import type { SiteRequest } from '../http/site-request.js';
import type { World } from '../world/world.js';
import { anyResource } from './any-resource.js';

/**
 * `/services/data/vNN.0/sobjects/User/{id}/password`: beside what every path says, whether the password
 * of that user has expired, which no login says (wire contract, login, section 2.3).
 */
export function passwordStatus(request: SiteRequest, world: World): Answer {
  const user = world.users.withId(request.path.split('/').at(-2) ?? '');
  return anyResource(request, world, user && { isExpired: user.passwordExpired });
}
