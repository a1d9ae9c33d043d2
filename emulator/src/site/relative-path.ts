import type { World } from '../world/world.js';

/**
 * A page of this host as an absolute path with its query, from a relative reference with or without
 * leading slash. Undefined for anything that a browser could take for another host.
 */
export function relativePath(reference: string, world: World): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:/i.test(reference) || !/^[\x21-\x7e]+$/.test(reference)) return undefined;
  const path = reference.startsWith('/') ? reference : `/${reference}`;
  if (/^\/[/\\]/.test(path) || reference.includes('\\')) return undefined;
  const { origin } = world.site;
  const parsed = URL.canParse(path, origin) ? new URL(path, origin) : undefined;
  if (parsed?.origin !== origin || parsed.pathname.startsWith('//')) return undefined;
  return parsed.pathname + parsed.search + parsed.hash;
}

/** The page a browser is to see next: the one asked for, or the home page of the site. */
export function startUrl(reference: string | undefined, world: World): string {
  const path = reference === undefined ? undefined : relativePath(reference, world);
  return world.site.origin + (path ?? `${world.site.path}/`);
}
