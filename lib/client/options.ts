import type { Dispatcher } from 'undici';
import { originOf, parseSite, type Site } from '../protocol/site.js';
import {
  readFirstParty,
  type FirstPartyOptions,
  type FirstPartySettings,
} from './first-party-options.js';
import {
  readIntegration,
  type IntegrationOptions,
  type IntegrationSettings,
} from './integration-options.js';
import { checkPrivateKey, type PrivateKeySource } from './private-keys.js';
import { readHint, type HintSettings, type UvidHintOptions } from './uvid-hint-options.js';

/** Options of {@link HeadlessClient}. */
export interface HeadlessClientOptions {
  /** URL of the Experience Cloud site, with its path prefix. https; http for loopback addresses only. */
  readonly site: string;
  /** Consumer key of the External Client App or Connected App. */
  readonly clientId: string;
  /** A registered callback URL. Sent byte for byte, and never visited. */
  readonly redirectUri: string;
  /** Consumer secret of a private client. Left out, the client is public. PKCE is used either way. */
  readonly clientSecret?: string | undefined;
  /** Whether the secret travels in the body (`client_secret_post`) or in a Basic header. Default `body`. */
  readonly clientSecretIn?: 'body' | 'header' | undefined;
  /** Private RSA key of a private client, in place of a secret: `private_key_jwt`, and the attestation of first-party flows. */
  readonly privateKey?: PrivateKeySource | undefined;
  /** How calls get an integration user's token, when the site requires authentication for them. */
  readonly integration?: IntegrationOptions | undefined;
  /** How `challenge` talks to the challenge endpoint: OAuth 2.0 for First-Party Applications. */
  readonly firstParty?: FirstPartyOptions | undefined;
  /** Blank-separated scopes. Default: whatever the app has; guests then get `api`. */
  readonly scope?: string | undefined;
  /** `body` when the app has "Require user credentials in the POST body". Default `header`. */
  readonly credentialsIn?: 'header' | 'body' | undefined;
  readonly uvidHint?: UvidHintOptions | undefined;
  /** Whether logins of named users ask for web sessions too (`tokens.webSession`): the grant `hybrid_auth_code`. Default false. */
  readonly hybrid?: boolean | undefined;
  /** Whether a login asks userinfo as well: a third round trip. Default false. */
  readonly userinfo?: boolean | undefined;
  /** URLs of further issuers and audiences of tokens, such as the org's My Domain. The site is always one. */
  readonly issuers?: readonly string[] | undefined;
  /** Seconds by which `exp` and `nbf` may be off. Default 30. */
  readonly clockTolerance?: number | undefined;
  /** Milliseconds for one call, from connecting to the last byte. Default 10,000. */
  readonly timeout?: number | undefined;
  /** Bytes an answer may have. Default 1 MiB. */
  readonly maxAnswerSize?: number | undefined;
  /** Whether HTTP/2 is offered by ALPN. Default false. Has no effect beside `dispatcher`. */
  readonly http2?: boolean | undefined;
  /** An undici dispatcher, for a proxy, an own certificate authority, mutual TLS or a mock. */
  readonly dispatcher?: Dispatcher | undefined;
}

/** Options once checked, with every default filled in. */
export interface Settings extends HintSettings {
  readonly site: Site;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly scope: string | undefined;
  readonly guestScope: string;
  readonly credentialsIn: 'header' | 'body';
  readonly clientSecretIn: 'body' | 'header';
  readonly integration: IntegrationSettings | undefined;
  readonly firstParty: FirstPartySettings;
  readonly hybrid: boolean;
  readonly userinfo: boolean;
  readonly origins: readonly string[];
  readonly clockTolerance: number;
}

const knownOptions: ReadonlySet<string> = new Set<keyof HeadlessClientOptions>([
  'site',
  'clientId',
  'redirectUri',
  'clientSecret',
  'clientSecretIn',
  'privateKey',
  'integration',
  'firstParty',
  'scope',
  'credentialsIn',
  'uvidHint',
  'hybrid',
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

/** Whether it is a time in milliseconds that Node's timers can wait for; a longer one would be over at once. */
export function isTimeout(value: unknown): boolean {
  return typeof value === 'number' && value > 0 && value <= 2 ** 31 - 1;
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
  const clientId = text(options, 'clientId');
  const redirectUri = text(options, 'redirectUri');
  if (!URL.canParse(redirectUri)) refuse('redirectUri', 'must be an absolute URL');
  const secret: unknown = options.clientSecret;
  if (secret !== undefined && (typeof secret !== 'string' || secret === '')) {
    refuse('clientSecret', 'must be a text that is not empty, or left out for a public client');
  }
  const clientSecretIn = options.clientSecretIn ?? 'body';
  if (!['body', 'header'].includes(clientSecretIn)) {
    refuse('clientSecretIn', "must be 'body' or 'header'");
  }
  if (options.privateKey !== undefined) {
    checkPrivateKey(options.privateKey, (why) => refuse('privateKey', why));
  }
  const scope: unknown = options.scope;
  if (scope !== undefined && typeof scope !== 'string') refuse('scope', 'must be a text');
  const credentialsIn = options.credentialsIn ?? 'header';
  if (!['header', 'body'].includes(credentialsIn)) {
    refuse('credentialsIn', "must be 'header' or 'body'");
  }
  const clockTolerance: unknown = options.clockTolerance ?? 30;
  if (
    typeof clockTolerance !== 'number' ||
    !Number.isFinite(clockTolerance) ||
    clockTolerance < 0
  ) {
    refuse('clockTolerance', 'must be a number of seconds');
  }
  if (!isTimeout(options.timeout ?? defaultTimeout)) {
    refuse('timeout', 'must be a number of milliseconds above zero, at most 2147483647');
  }
  const size: unknown = options.maxAnswerSize ?? defaultAnswerSize;
  if (typeof size !== 'number' || !(size > 0)) {
    refuse('maxAnswerSize', 'must be a number above zero');
  }
  flag(options.http2, 'http2');
  const dispatcher: unknown = options.dispatcher;
  if (dispatcher !== undefined && !isDispatcher(dispatcher)) {
    refuse('dispatcher', 'must be an undici dispatcher');
  }
  return {
    site,
    clientId,
    redirectUri,
    scope,
    guestScope: guestScope(scope),
    credentialsIn,
    clientSecretIn,
    ...readHint(options.uvidHint, refuse),
    integration: readIntegration(options.integration, clientId, site.base, refuse),
    firstParty: readFirstParty(options.firstParty, site, options.privateKey !== undefined, refuse),
    hybrid: flag(options.hybrid, 'hybrid'),
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
