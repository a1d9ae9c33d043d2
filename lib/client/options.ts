import type { Dispatcher } from 'undici';
import { originOf, parseSite, type Site } from '../protocol/site.js';
import type { HintSpelling } from '../protocol/uvid.js';

/** How the visitor hint is spelled per call. The defaults are the best reading of the documents; see docs/guest.md. */
export interface UvidHintOptions {
  /** Guest authorize. Default `{ in: 'header', prefix: true }`. The token call of a guest is always bare. */
  readonly guest?: Partial<HintSpelling>;
  /**
   * Authorize of a named login. Default: a plain id in the body, a guest token in the header, both without prefix.
   * `false` sends no hint with a named login at all.
   */
  readonly named?: Partial<HintSpelling> | false;
  /** Whether the token call of a named login repeats the plain visitor id. Default false. */
  readonly namedToken?: boolean;
  /**
   * Whether a named login that Salesforce refuses for its hint alone is sent once more without it. Default true. It is
   * the only call that is ever repeated.
   */
  readonly retryWithout?: boolean;
}

/** Options of {@link HeadlessClient}. */
export interface HeadlessClientOptions {
  /** URL of the Experience Cloud site, with its path prefix. https; http for loopback addresses only. */
  readonly site: string;
  /** Consumer key of the External Client App or Connected App. */
  readonly clientId: string;
  /** A registered callback URL. Sent byte for byte, and never visited. */
  readonly redirectUri: string;
  /** Consumer secret of a private client. Left out, the client is public. PKCE is used either way. */
  readonly clientSecret?: string;
  /** Blank-separated scopes. Default: whatever the app has; guests then get `api`. */
  readonly scope?: string;
  /** `body` when the app has "Require user credentials in the POST body". Default `header`. */
  readonly credentialsIn?: 'header' | 'body';
  readonly uvidHint?: UvidHintOptions;
  /** Whether a login asks userinfo as well: a third round trip. Default false. */
  readonly userinfo?: boolean;
  /** URLs of further issuers and audiences of tokens, such as the org's My Domain. The site is always one. */
  readonly issuers?: readonly string[];
  /** Seconds by which `exp` and `nbf` may be off. Default 30. */
  readonly clockTolerance?: number;
  /** Milliseconds for one call, from connecting to the last byte. Default 10,000. */
  readonly timeout?: number;
  /** Bytes an answer may have. Default 1 MiB. */
  readonly maxAnswerSize?: number;
  /** Whether HTTP/2 is offered by ALPN. Default false. Has no effect beside `dispatcher`. */
  readonly http2?: boolean;
  /** An undici dispatcher, for a proxy, an own certificate authority, mutual TLS or a mock. */
  readonly dispatcher?: Dispatcher;
}

/** Options once checked, with every default filled in. */
export interface Settings {
  readonly site: Site;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly scope: string | undefined;
  readonly guestScope: string;
  readonly credentialsIn: 'header' | 'body';
  readonly guestHint: HintSpelling;
  readonly namedHint:
    false | { readonly in: HintSpelling['in'] | undefined; readonly prefix: boolean };
  readonly namedTokenHint: boolean;
  readonly retryWithoutHint: boolean;
  readonly userinfo: boolean;
  readonly origins: readonly string[];
  readonly clockTolerance: number;
}

const knownOptions: ReadonlySet<string> = new Set<keyof HeadlessClientOptions>([
  'site',
  'clientId',
  'redirectUri',
  'clientSecret',
  'scope',
  'credentialsIn',
  'uvidHint',
  'userinfo',
  'issuers',
  'clockTolerance',
  'timeout',
  'maxAnswerSize',
  'http2',
  'dispatcher',
]);

function isDispatcher(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'request' in value;
}

function refuse(option: string, why: string): never {
  throw new TypeError(`HeadlessClient: option \`${option}\` ${why}`);
}

function text(options: HeadlessClientOptions, name: 'clientId' | 'redirectUri'): string {
  const value: unknown = options[name];
  if (typeof value !== 'string' || value === '') refuse(name, 'must be a text that is not empty');
  return value;
}

function flag(value: unknown, option: string): boolean {
  if (value !== undefined && typeof value !== 'boolean') refuse(option, 'must be true or false');
  return value ?? false;
}

function positive(
  options: HeadlessClientOptions,
  name: 'timeout' | 'maxAnswerSize',
  unset: number,
) {
  const value: unknown = options[name] ?? unset;
  if (typeof value !== 'number' || !(value > 0)) refuse(name, 'must be a number above zero');
  return value;
}

/** One spelling of the hint, as far as it is given. */
function spelling(option: string, given: unknown): Partial<HintSpelling> {
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
    ...(prefix !== undefined && { prefix: flag(prefix, `${option}.prefix`) }),
  };
}

function readHint({ uvidHint = {} }: HeadlessClientOptions) {
  for (const name of Object.keys(uvidHint)) {
    if (!['guest', 'named', 'namedToken', 'retryWithout'].includes(name))
      refuse(`uvidHint.${name}`, 'is not known');
  }
  const named =
    uvidHint.named === false ? (false as const) : spelling('uvidHint.named', uvidHint.named);
  return {
    guestHint: {
      in: 'header',
      prefix: true,
      ...spelling('uvidHint.guest', uvidHint.guest),
    } as const,
    namedHint: named === false ? named : { in: named.in, prefix: named.prefix ?? false },
    namedTokenHint: flag(uvidHint.namedToken, 'uvidHint.namedToken'),
    retryWithoutHint: flag(uvidHint.retryWithout ?? true, 'uvidHint.retryWithout'),
  };
}

function readSite(options: HeadlessClientOptions): Site {
  try {
    return parseSite(options.site);
  } catch (error) {
    return refuse('site', error instanceof Error ? error.message : 'is no URL');
  }
}

function readIssuers(options: HeadlessClientOptions): string[] {
  const issuers: unknown = options.issuers ?? [];
  if (!Array.isArray(issuers)) refuse('issuers', 'must be a list of URLs');
  return issuers.map((issuer: unknown) => {
    const origin = typeof issuer === 'string' ? originOf(issuer) : undefined;
    return origin ?? refuse('issuers', 'must be a list of URLs');
  });
}

/**
 * Checks the options and fills in the defaults.
 *
 * @throws {TypeError} naming the class and the option, for a missing, wrong or unknown one.
 */
export function readOptions(options: HeadlessClientOptions): Settings {
  const given: unknown = options;
  if (typeof given !== 'object' || given === null) {
    throw new TypeError('HeadlessClient: needs options');
  }
  for (const name of Object.keys(options)) {
    if (!knownOptions.has(name)) refuse(name, 'is not known');
  }
  const site = readSite(options);
  const redirectUri = text(options, 'redirectUri');
  if (!URL.canParse(redirectUri)) refuse('redirectUri', 'must be an absolute URL');
  const secret: unknown = options.clientSecret;
  if (secret !== undefined && (typeof secret !== 'string' || secret === '')) {
    refuse('clientSecret', 'must be a text that is not empty, or left out for a public client');
  }
  const scope: unknown = options.scope;
  if (scope !== undefined && typeof scope !== 'string') refuse('scope', 'must be a text');
  const credentialsIn = options.credentialsIn ?? 'header';
  if (!['header', 'body'].includes(credentialsIn)) {
    refuse('credentialsIn', "must be 'header' or 'body'");
  }
  const clockTolerance: unknown = options.clockTolerance ?? 30;
  if (typeof clockTolerance !== 'number' || !(clockTolerance >= 0)) {
    refuse('clockTolerance', 'must be a number of seconds');
  }
  positive(options, 'timeout', defaultTimeout);
  positive(options, 'maxAnswerSize', defaultAnswerSize);
  flag(options.http2, 'http2');
  const dispatcher: unknown = options.dispatcher;
  if (dispatcher !== undefined && !isDispatcher(dispatcher)) {
    refuse('dispatcher', 'must be an undici dispatcher');
  }
  return {
    site,
    clientId: text(options, 'clientId'),
    redirectUri,
    scope,
    guestScope: guestScope(scope),
    credentialsIn,
    ...readHint(options),
    userinfo: flag(options.userinfo, 'userinfo'),
    origins: [...new Set([site.origin, ...readIssuers(options)])],
    clockTolerance,
  };
}

export const defaultTimeout = 10_000;
export const defaultAnswerSize = 1024 * 1024;

/**
 * A guest must name its scopes, and what only a named user can use is of no use to it.
 * Guests are not known to get refresh tokens or id tokens (wire contract, login, 4.2 and 5.1).
 */
function guestScope(scope: string | undefined): string {
  const words = (scope ?? '').split(/\s+/).filter((word) => word !== '');
  const useful = words.filter(
    (word) => !['openid', 'refresh_token', 'offline_access'].includes(word),
  );
  return useful.length > 0 ? useful.join(' ') : (words[0] ?? 'api');
}
