import {
  challengeParameterNames,
  type ChallengeParameterNames,
} from '../protocol/challenge-request.js';
import type { Site } from '../protocol/site.js';

/** What an app adds to a call of the challenge endpoint to prove that it is itself. */
export interface Attestation {
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly parameters?: Readonly<Record<string, string>> | undefined;
}

/** How the client talks to the challenge endpoint. The defaults are the best reading of the documents; see docs/first-party.md. */
export interface FirstPartyOptions {
  /** Path below the site, or URL on the site's host. Default `/services/oauth2/v1/authorization_challenge`. */
  readonly endpoint?: string | undefined;
  /** Whether the site's metadata is asked for `authorization_challenge_endpoint`, once per client. Default false. */
  readonly discover?: boolean | undefined;
  /**
   * Proof that the app itself calls, made anew for every call. `true`: a JWT signed by `privateKey`, sent as
   * `client_assertion`. A function gives whatever the server wants. Default: `true` where there is a `privateKey`.
   */
  readonly attestation?:
    boolean | ((url: string) => Attestation | Promise<Attestation>) | undefined;
  /** Audience of the JWT. Default: the URL of the site. */
  readonly audience?: string | undefined;
  /** Whether `client_assertion_type` goes with the JWT. Default true. */
  readonly assertionType?: boolean | undefined;
  /** Whether the client authenticates here as it does at the token endpoint. Default: where it sends no attestation. */
  readonly clientAuthentication?: boolean | undefined;
  /** Whether `response_type=code` is sent. Default true. */
  readonly responseType?: boolean | undefined;
  /** Whether the token call repeats `redirectUri`. Default false: the challenge has none. */
  readonly redirectUri?: boolean | undefined;
  /** Names of parameters, where the server has other ones. */
  readonly parameters?: Partial<ChallengeParameterNames> | undefined;
  /** Calls per login. Default 8. */
  readonly maxRounds?: number | undefined;
  /** Whether calls are forms or JSON; the first one of a registration has `registrationFormat`. Default `form`. */
  readonly format?: 'form' | 'json' | undefined;
  /** Whether the first call of a registration is JSON, as Salesforce wants it, or a form. Default `json`. */
  readonly registrationFormat?: 'json' | 'form' | undefined;
  /**
   * Where a plain visitor id goes, for which no spelling is documented here: the header `Uvid-Hint`, the body, or
   * nowhere. Default `header`. A guest token always goes in the header.
   */
  readonly plainUvid?: 'header' | 'body' | 'none' | undefined;
}

/** The options once checked. */
export interface FirstPartySettings {
  /** Absolute URL. */
  readonly endpoint: string;
  readonly discover: boolean;
  readonly attestation: boolean | ((url: string) => unknown);
  readonly audience: string;
  readonly assertionType: boolean;
  readonly clientAuthentication: boolean;
  readonly responseType: boolean;
  readonly redirectUri: boolean;
  readonly parameters: ChallengeParameterNames;
  readonly maxRounds: number;
  readonly format: 'form' | 'json';
  readonly registrationFormat: 'json' | 'form';
  readonly plainUvid: 'header' | 'body' | 'none';
}

type Refuse = (option: string, why: string) => never;

const known: ReadonlySet<string> = new Set<keyof FirstPartyOptions>([
  'endpoint',
  'discover',
  'attestation',
  'audience',
  'assertionType',
  'clientAuthentication',
  'responseType',
  'redirectUri',
  'parameters',
  'maxRounds',
  'format',
  'registrationFormat',
  'plainUvid',
]);

function readNames(given: unknown, refuse: Refuse): ChallengeParameterNames {
  if (given === undefined) return challengeParameterNames;
  if (typeof given !== 'object' || given === null) {
    refuse('firstParty.parameters', 'must be an object');
  }
  for (const [name, value] of Object.entries(given)) {
    const option = `firstParty.parameters.${name}`;
    if (!Object.hasOwn(challengeParameterNames, name)) refuse(option, 'is not known');
    if (typeof value !== 'string' || value === '') {
      refuse(option, 'must be a text that is not empty');
    }
  }
  return { ...challengeParameterNames, ...given };
}

function readEndpoint(given: unknown, { base, origin }: Site, refuse: Refuse): string {
  const endpoint = given ?? '/services/oauth2/v1/authorization_challenge';
  if (typeof endpoint !== 'string') refuse('firstParty.endpoint', 'must be a path or a URL');
  const text = /^\/(?!\/)/.test(endpoint) ? base + endpoint : endpoint;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.origin !== origin || url.hash !== '' || url.username !== '') {
    refuse(
      'firstParty.endpoint',
      "must be a path that begins with `/`, or a URL on the site's host",
    );
  }
  return text;
}

/** Checks the option `firstParty` and fills in the defaults. `refuse` throws the TypeError that names the option. */
export function readFirstParty(
  given: unknown = {},
  site: Site,
  hasKey: boolean,
  refuse: Refuse,
): FirstPartySettings {
  if (typeof given !== 'object' || given === null) refuse('firstParty', 'must be an object');
  for (const name of Object.keys(given)) {
    if (!known.has(name)) refuse(`firstParty.${name}`, 'is not known');
  }
  const options: Partial<Record<string, unknown>> = { ...given };
  const flag = (name: string, standing: boolean): boolean => {
    const value = options[name] ?? standing;
    return typeof value === 'boolean'
      ? value
      : refuse(`firstParty.${name}`, 'must be true or false');
  };
  const choice = <T extends string>(name: string, standing: T, ...others: T[]): T => {
    const choices = [standing, ...others];
    const value = options[name] ?? standing;
    const found = choices.find((each) => each === value);
    return found ?? refuse(`firstParty.${name}`, `must be one of '${choices.join("', '")}'`);
  };
  const { attestation = hasKey, audience = site.base, maxRounds = 8 } = options;
  const isFunction = typeof attestation === 'function';
  if (!isFunction && typeof attestation !== 'boolean') {
    refuse('firstParty.attestation', 'must be true, false or a function');
  }
  if (attestation === true && !hasKey) refuse('firstParty.attestation', 'needs `privateKey`');
  if (typeof audience !== 'string' || audience === '') {
    refuse('firstParty.audience', 'must be a text that is not empty');
  }
  if (typeof maxRounds !== 'number' || !(maxRounds >= 1)) {
    refuse('firstParty.maxRounds', 'must be a number of calls, at least 1');
  }
  return {
    endpoint: readEndpoint(options['endpoint'], site, refuse),
    discover: flag('discover', false),
    attestation: isFunction
      ? (url) => Reflect.apply(attestation, given, [url]) as unknown
      : attestation,
    audience,
    assertionType: flag('assertionType', true),
    clientAuthentication: flag('clientAuthentication', attestation === false),
    responseType: flag('responseType', true),
    redirectUri: flag('redirectUri', false),
    parameters: readNames(options['parameters'], refuse),
    maxRounds,
    format: choice('format', 'form', 'json'),
    registrationFormat: choice('registrationFormat', 'json', 'form'),
    plainUvid: choice('plainUvid', 'header', 'body', 'none'),
  };
}
