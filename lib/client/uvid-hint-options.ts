import type { HintSpelling } from '../protocol/uvid.js';

/** How the visitor hint is spelled per call. The defaults are the best reading of the documents; see docs/guest.md. */
export interface UvidHintOptions {
  /** Guest authorize. Default `{ in: 'header', prefix: true }`. The token call of a guest is always bare. */
  readonly guest?: Partial<HintSpelling> | undefined;
  /**
   * Authorize of a named login. Default: a plain id in the body, a guest token in the header, both without prefix.
   * `false` sends no hint with a named login at all.
   */
  readonly named?: Partial<HintSpelling> | false | undefined;
  /** Whether the token call of a named login repeats the plain visitor id. Default false. */
  readonly namedToken?: boolean | undefined;
  /**
   * Whether a named login that Salesforce refuses for its hint alone is sent once more without it. Default true. It is
   * the only call that is repeated, but for one whose integration token has died.
   */
  readonly retryWithout?: boolean | undefined;
}

/** The option once checked. */
export interface HintSettings {
  readonly guestHint: HintSpelling;
  readonly namedHint:
    false | { readonly in: HintSpelling['in'] | undefined; readonly prefix: boolean };
  readonly namedTokenHint: boolean;
  readonly retryWithoutHint: boolean;
}

type Refuse = (option: string, why: string) => never;

function flag(value: unknown, option: string, refuse: Refuse): boolean {
  if (value !== undefined && typeof value !== 'boolean') refuse(option, 'must be true or false');
  return value ?? false;
}

/** One spelling of the hint, as far as it is given. */
function spelling(option: string, given: unknown, refuse: Refuse): Partial<HintSpelling> {
  if (given === undefined) return {};
  if (typeof given !== 'object' || given === null) refuse(option, 'must be an object');
  for (const name of Object.keys(given)) {
    if (name !== 'in' && name !== 'prefix') refuse(`${option}.${name}`, 'is not known');
  }
  const place: unknown = Reflect.get(given, 'in');
  const prefix: unknown = Reflect.get(given, 'prefix');
  if (place !== undefined && place !== 'header' && place !== 'body') {
    refuse(`${option}.in`, "must be 'header' or 'body'");
  }
  return {
    ...(place !== undefined && { in: place }),
    ...(prefix !== undefined && { prefix: flag(prefix, `${option}.prefix`, refuse) }),
  };
}

/** Checks the option `uvidHint` and fills in the defaults. `refuse` throws the TypeError that names the option. */
export function readHint(uvidHint: UvidHintOptions = {}, refuse: Refuse): HintSettings {
  const given: unknown = uvidHint;
  if (typeof given !== 'object' || given === null) refuse('uvidHint', 'must be an object');
  for (const name of Object.keys(uvidHint)) {
    if (!['guest', 'named', 'namedToken', 'retryWithout'].includes(name))
      refuse(`uvidHint.${name}`, 'is not known');
  }
  const named =
    uvidHint.named === false
      ? (false as const)
      : spelling('uvidHint.named', uvidHint.named, refuse);
  return {
    guestHint: {
      in: 'header',
      prefix: true,
      ...spelling('uvidHint.guest', uvidHint.guest, refuse),
    } as const,
    namedHint: named === false ? named : { in: named.in, prefix: named.prefix ?? false },
    namedTokenHint: flag(uvidHint.namedToken, 'uvidHint.namedToken', refuse),
    retryWithoutHint: flag(uvidHint.retryWithout ?? true, 'uvidHint.retryWithout', refuse),
  };
}
