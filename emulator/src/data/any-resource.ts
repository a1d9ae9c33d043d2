import { invalidSession } from '../headless/headless-call.js';
import { json, type Answer } from '../http/answer.js';
import { withoutPrefix } from '../http/mount.js';
import type { SiteRequest } from '../http/site-request.js';
import { bearerToken, liveBearer } from '../oauth/bearer.js';
import type { World } from '../world/world.js';
import { withLimits } from './limits.js';

/** Any other path of the REST API says who called it; guests may. */
export function anyResource(request: SiteRequest, world: World): Answer {
  const bearer = liveBearer(bearerToken(request), world);
  if (bearer === undefined) return invalidSession('no live token');
  const who = bearer.user ? { user: bearer.user.username } : { uvid: bearer.token.uvid };
  return withLimits(
    json({ method: request.method, path: withoutPrefix(request.path, world), ...who }),
  );
}
