import type { TokenTimes } from './token-records.js';

/** How the tokens of a session are kept and renewed. Times are in seconds. */
export interface TokenOptions extends TokenTimes {
  /** How long a logout waits for Salesforce to revoke the tokens; what has not succeeded by then is tried again later. Default 2. */
  readonly revokeTimeout: number;
  /** Whether the end of an opaque access token is asked of the introspection endpoint, once. Needs a private client. Default false. */
  readonly introspect: boolean;
  /**
   * Whether refresh tokens may be sent again after an answer was lost. Only for apps that never rotate refresh tokens:
   * where they rotate, a second use ends every login of the user. Default false.
   */
  readonly reusableRefreshTokens: boolean;
}

/** Options of which each may be left out, or be undefined. */
export type Given<Options> = { readonly [Name in keyof Options]?: Options[Name] | undefined };

/** The defaults, with what is given in their place. */
export function withDefaults<Options extends object>(
  standing: Options,
  given: Given<Options> = {},
): Options {
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...standing, ...Object.fromEntries(set) };
}

/** Seconds that Node's timers can wait for at most; a longer wait would be over at once. */
const longestWait = (2 ** 31 - 1) / 1000;

const defaults: TokenOptions = {
  margin: 60,
  jitter: 30,
  sessionTimeout: 7_200,
  lifetime: 30 * 86_400,
  revokeTimeout: 2,
  introspect: false,
  reusableRefreshTokens: false,
};

/** Checks the option `tokens` and fills in the defaults. `refuse` throws the TypeError that names the option. */
export function readTokenOptions(
  given: unknown,
  refuse: (option: string, why: string) => never,
): TokenOptions | undefined {
  if (given === false) return undefined;
  if (given !== undefined && (typeof given !== 'object' || given === null)) {
    refuse('tokens', 'must be an object, or false');
  }
  const options = withDefaults(defaults, given);
  for (const [name, value] of Object.entries(options) as [string, unknown][]) {
    if (!Object.hasOwn(defaults, name)) refuse(`tokens.${name}`, 'is not known');
    const standing = defaults[name as keyof TokenOptions];
    if (typeof standing === 'boolean') {
      if (typeof value !== 'boolean') refuse(`tokens.${name}`, 'must be true or false');
    } else if (
      !Number.isFinite(value) ||
      !(name === 'jitter' ? Number(value) >= 0 : Number(value) > 0)
    ) {
      refuse(`tokens.${name}`, 'must be a number of seconds above zero');
    }
  }
  if (options.revokeTimeout > longestWait) {
    refuse('tokens.revokeTimeout', `must be at most ${Math.floor(longestWait)} seconds`);
  }
  return options;
}
