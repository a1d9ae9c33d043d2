import { page } from '../pages/stub.js';
import { routes, type Route } from '../routes.js';
import { landing } from '../site/landing.js';
import type { World } from '../world/world.js';
import { html, json, text, withHeaders, type Answer } from './answer.js';
import { judgeOrigin } from './cors.js';
import { withoutPrefix } from './mount.js';
import type { SiteRequest } from './site-request.js';

function routeOf(path: string): Route | undefined {
  return routes.find((route) =>
    typeof route.path === 'string' ? route.path === path : route.path.test(path),
  );
}

/** The answer of the emulated site to any request that is not a control call. */
export async function answerSite(request: SiteRequest, world: World): Promise<Answer> {
  const sitePath = withoutPrefix(request.path, world);
  const route = routeOf(sitePath);
  if (!world.settings.site.active) {
    return sitePath.startsWith('/services/auth/headless/')
      ? json({ invalid_request: 'site is not active' }, 404, 'site.active is off')
      : html(page('Site not found', 'This site is not active.'), 404, 'site.active is off');
  }
  if (route === undefined) {
    return landing(request, world) ?? html(page('URL No Longer Exists', 'No such page.'), 404);
  }
  const cors = judgeOrigin(request, route.cors, world);
  if (cors.answer !== undefined) return withHeaders(cors.answer, cors.headers);
  if (!route.methods.includes(request.method)) {
    return withHeaders(text('', 405, 'method not allowed'), { Allow: route.methods.join(', ') });
  }
  return withHeaders(await route.endpoint(request, world), cors.headers);
}
