import { invalidSession } from '../headless/headless-call.js';
import { json, type Answer } from '../http/answer.js';
import { withoutPrefix } from '../http/mount.js';
import type { SiteRequest } from '../http/site-request.js';
import { bearerToken, liveBearer } from '../oauth/bearer.js';
import type { World } from '../world/world.js';
import { withLimits } from './limits.js';

/**
 * A path of the REST API that is no query says who called it; guests may.
 *
 * @param more of a path that says more.
 */
export function anyResource(request: SiteRequest, world: World, more: object = {}): Answer {
  const bearer = liveBearer(bearerToken(request), world);
  if (bearer === undefined) return invalidSession('no live token');
  const who = bearer.user ? { user: bearer.user.username } : { uvid: bearer.token.uvid };
  const { method, path } = request;
  return withLimits(json({ method, path: withoutPrefix(path, world), ...who, ...more }));
}
