import type { World } from '../world/world.js';
import { uvidInvalid } from './refusals.js';

const uuidV4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;

/** How a hint spells what it is: `UVID x` and `JWT x`, `x` alone, or either. */
export type Prefixes = 'required' | 'forbidden' | 'optional';

/**
 * The visitor id a hint stands for: a version 4 UUID, or the live guest JWT that carries it. The
 * prefixes are required at authorize and forbidden at the token endpoint in the guest flow (wire
 * contract, login, section 10), and optional in named flows (section 11).
 *
 * Throws `uvid invalid` for everything else.
 */
export function readUvidHint(hint: string, prefixes: Prefixes, world: World): string {
  const rule = world.settings.quirks.lenientUvidPrefixes ? 'optional' : prefixes;
  const [, prefix, value = ''] = /^(?:(UVID|JWT) )?(\S*)$/.exec(hint) ?? [];
  if (rule === 'required' && prefix === undefined) throw uvidInvalid('prefix UVID or JWT missing');
  if (rule === 'forbidden' && prefix !== undefined) throw uvidInvalid('prefix not wanted here');
  if (prefix !== 'JWT' && uuidV4.test(value)) return value;
  if (prefix === 'UVID') throw uvidInvalid('not a version 4 UUID');
  const token = world.tokens.live(value);
  if (token?.uvid === undefined || token.userId !== undefined) {
    throw uvidInvalid('neither a version 4 UUID nor a live guest token');
  }
  return token.uvid;
}
