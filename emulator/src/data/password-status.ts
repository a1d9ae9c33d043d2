import { invalidSession } from '../headless/headless-call.js';
import { json, type Answer } from '../http/answer.js';
import type { SiteRequest } from '../http/site-request.js';
import { bearerToken, liveBearer } from '../oauth/bearer.js';
import type { World } from '../world/world.js';

/**
 * `/services/data/vNN.0/sobjects/User/{id}/password`: whether that user's password has expired,
 * which no login says (wire contract, login, section 2.3).
 */
export function passwordStatus(request: SiteRequest, world: World): Answer {
  if (liveBearer(bearerToken(request), world)?.user === undefined) {
    return invalidSession('no live token of a named user');
  }
  const user = world.users.withId(request.path.split('/').at(-2) ?? '');
  return user === undefined
    ? json([{ message: 'The requested resource does not exist', errorCode: 'NOT_FOUND' }], 404)
    : json({ isExpired: user.passwordExpired });
}
