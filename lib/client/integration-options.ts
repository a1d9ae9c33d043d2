import type { IntegrationScope } from '../protocol/integration.js';
import { parseSite } from '../protocol/site.js';
import { checkPrivateKey, type PrivateKeySource } from './private-keys.js';

/** How the client gets the integration user's token by itself. */
export interface IntegrationClient {
  /** Consumer key of the app that the integration user uses. Default: the client's own. */
  readonly clientId?: string | undefined;
  /** Its consumer secret: the client credentials flow, under the run-as user of the app. */
  readonly clientSecret?: string | undefined;
  /** Its private key: the JWT bearer flow with `username`, else client credentials by `private_key_jwt`. */
  readonly privateKey?: PrivateKeySource | undefined;
  /** Username of the integration user, for the JWT bearer flow. */
  readonly username?: string | undefined;
  /** Where the token is asked for, such as the org's My Domain. Default: the site. */
  readonly loginUrl?: string | undefined;
  /** Whether the secret travels in the body or in a Basic header. Default `body`. */
  readonly secretIn?: 'body' | 'header' | undefined;
  /** Seconds a token is kept when neither the answer nor the token says how long it lives. Default 600. */
  readonly tokenLifetime?: number | undefined;
}

/** How the app hands the integration user's token over. */
export interface IntegrationCallback {
  /** The access token for a scope. Asked again when the last one has ended or was refused. */
  token(scope: IntegrationScope): string | Promise<string>;
  /** Seconds a token is kept when it does not say itself how long it lives. Default 600. */
  readonly tokenLifetime?: number | undefined;
}

/**
 * How calls get the access token of an integration user, which a site may require for registration, one-time codes and
 * forgotten passwords ("Require authentication to access this API").
 */
export type IntegrationOptions = IntegrationClient | IntegrationCallback;

/** The options once checked. */
export type IntegrationSettings =
  | {
      readonly token: (scope: IntegrationScope) => unknown;
      readonly tokenLifetime: number;
    }
  | {
      readonly clientId: string;
      readonly clientSecret: string | undefined;
      readonly privateKey: PrivateKeySource | undefined;
      readonly username: string | undefined;
      readonly loginUrl: string;
      readonly secretIn: 'body' | 'header';
      readonly tokenLifetime: number;
    };

type Refuse = (option: string, why: string) => never;

const known = [
  'token',
  'tokenLifetime',
  'clientId',
  'clientSecret',
  'privateKey',
  'username',
  'loginUrl',
  'secretIn',
];

/** Checks the option `integration`. `refuse` throws the TypeError that names the option. */
export function readIntegration(
  given: unknown,
  clientId: string,
  site: string,
  refuse: Refuse,
): IntegrationSettings | undefined {
  if (given === undefined) return undefined;
  if (typeof given !== 'object' || given === null) refuse('integration', 'must be an object');
  for (const name of Object.keys(given)) {
    if (!known.includes(name)) refuse(`integration.${name}`, 'is not known');
  }
  const options = given as Partial<Record<string, unknown>>;
  const text = (name: string): string | undefined => {
    const value = options[name];
    if (value === undefined) return undefined;
    return typeof value === 'string' && value !== ''
      ? value
      : refuse(`integration.${name}`, 'must be a text that is not empty');
  };
  const tokenLifetime = options['tokenLifetime'] ?? 600;
  if (typeof tokenLifetime !== 'number' || !(tokenLifetime > 0)) {
    refuse('integration.tokenLifetime', 'must be a number of seconds above zero');
  }
  const token = options['token'];
  if (token !== undefined) {
    if (typeof token !== 'function') refuse('integration.token', 'must be a function');
    const beside = Object.keys(given).find(
      (name) => !['token', 'tokenLifetime'].includes(name) && options[name] !== undefined,
    );
    if (beside !== undefined) refuse(`integration.${beside}`, 'has no effect beside `token`');
    return { token: (scope) => Reflect.apply(token, given, [scope]) as unknown, tokenLifetime };
  }
  const clientSecret = text('clientSecret');
  const privateKey = options['privateKey'];
  const username = text('username');
  if (privateKey !== undefined) {
    checkPrivateKey(privateKey, (why) => refuse('integration.privateKey', why));
  } else if (clientSecret === undefined) {
    refuse('integration', 'needs `token`, `clientSecret` or `privateKey`');
  } else if (username !== undefined) {
    refuse('integration.username', 'needs `privateKey`: it is for the JWT bearer flow');
  }
  const secretIn = options['secretIn'] ?? 'body';
  if (secretIn !== 'body' && secretIn !== 'header') {
    refuse('integration.secretIn', "must be 'body' or 'header'");
  }
  return {
    clientId: text('clientId') ?? clientId,
    clientSecret,
    privateKey,
    username,
    loginUrl: readLoginUrl(text('loginUrl') ?? site, refuse),
    secretIn,
    tokenLifetime,
  };
}

function readLoginUrl(url: string, refuse: Refuse): string {
  try {
    return parseSite(url).base;
  } catch (error) {
    return refuse('integration.loginUrl', error instanceof Error ? error.message : 'is no URL');
  }
}
