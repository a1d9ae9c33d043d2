import { html, redirect, type Answer } from '../http/answer.js';
import type { SiteRequest } from '../http/site-request.js';
import { sitePage } from '../pages/site-page.js';
import { escapeHtml } from '../pages/stub.js';
import type { World } from '../world/world.js';
import { loggedIn } from './session-cookie.js';

/** True for pages, which lie under the browsable path only; nothing below `services` or `__emulator__` is one. */
function isPage(path: string, sitePath: string): boolean {
  if (path === sitePath) return true;
  if (!path.startsWith(`${sitePath}/`)) return false;
  const below = path.slice(sitePath.length);
  return !below.startsWith('//') && !/^\/(?:services|__emulator__)(?:\/|$)/.test(below);
}

/**
 * Any other page of the site: says who the browser is logged in as, and sends it to the login page
 * when it is not; the home page is open to everyone. Undefined where there is no page.
 */
export function landing(request: SiteRequest, world: World): Answer | undefined {
  const { path, url } = world.site;
  if (request.method !== 'GET') return undefined;
  const companion = `${path}vforcesite`;
  if (path !== '' && (request.path === companion || request.path === `${companion}/`)) {
    return redirect(`${path}/`, 301);
  }
  if (!isPage(request.path, path)) return undefined;
  const base = `<p>The site base is ${escapeHtml(url)}.</p>`;
  const user = loggedIn(request, world)?.user;
  if (user !== undefined) {
    const who = `<p>You are logged in on the site as <strong>${escapeHtml(user.username)}</strong>.</p>`;
    const where = `<p>This is <code>${escapeHtml(request.path)}</code>.</p>`;
    const end = `<p><a href="${path}/secur/logout.jsp">Log out</a></p>`;
    return html(sitePage('Emulated Experience Cloud site', [who, where, base, end].join('\n')));
  }
  if (request.path === path || request.path === `${path}/`) {
    const begin = `<p>You are not logged in. <a href="${path}/login">Log in</a></p>`;
    return html(sitePage('Emulated Experience Cloud site', base + begin));
  }
  const query = request.query === '' ? '' : `?${request.query}`;
  return redirect(`${url}/login?startURL=${encodeURIComponent(request.path + query)}`);
}
