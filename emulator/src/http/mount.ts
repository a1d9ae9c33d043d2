import type { World } from '../world/world.js';

/**
 * A path without the prefix of the site it was called under: the browsable one, its
 * `...vforcesite` companion or none (wire contract, login, section 1). The case of the prefix does
 * not matter unless `quirks.caseSensitivePrefix` says so.
 */
export function withoutPrefix(path: string, world: World): string {
  const exact = world.settings.quirks.caseSensitivePrefix === true;
  const compared = (text: string): string => (exact ? text : text.toLowerCase());
  const prefix = world.site.prefixes.find(
    (candidate) => candidate !== '' && compared(path).startsWith(`${compared(candidate)}/`),
  );
  return path.slice(prefix?.length ?? 0);
}
