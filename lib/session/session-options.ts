import type { HeadlessClient } from '../client/headless-client.js';
import type { CodeLimits } from './codes.js';
import type { Locks } from './locks.js';
import type { OnUpgrade } from './upgrade.js';
import { readTokenOptions, withDefaults, type Given, type TokenOptions } from './token-options.js';
import type { VisitorCookieOptions } from './visitor-cookie.js';

/** Options of `headlessSession`. */
export interface HeadlessSessionOptions {
  /** Mints guests. */
  readonly client: HeadlessClient;
  /**
   * Seals the cookie that brings a visitor back after the session has expired, and what is secret in the session store.
   * A list is a key ring: the first seals, all open. Left out, there is no such cookie, and what is sealed in the store
   * opens in this process only; with a store that others share, a warning says so.
   */
  readonly secret?: string | readonly string[] | undefined;
  /** Session keys that move into the new session at a login. Default: none. */
  readonly carry?: readonly string[] | undefined;
  /** Takes what a guest had to the user it has become. */
  readonly onUpgrade?: OnUpgrade | undefined;
  /** `defer` (default): the login stands and the hook is tried again. `refuse`: the login is undone. */
  readonly onUpgradeError?: 'defer' | 'refuse' | undefined;
  /** Locks that reach every process of the app. Default: this process. `false` is that, without a warning. */
  readonly locks?: Locks | false | undefined;
  /** How much of one-time codes a session gets. */
  readonly limits?: Given<CodeLimits> | undefined;
  /** How tokens are kept and renewed. `false` keeps none: then there is no `accessToken()`. */
  readonly tokens?: Given<TokenOptions> | false | undefined;
  /** How the visitor cookie is written. */
  readonly cookie?: VisitorCookieOptions | undefined;
  /** Whether a login with Passport's `keepSessionInfo` may move every session key. Default false: it is refused. */
  readonly allowKeepSessionInfo?: boolean | undefined;
}

interface SessionSettings {
  readonly secrets: readonly string[];
  readonly carry: readonly string[];
  readonly limits: CodeLimits;
  readonly tokens: TokenOptions | undefined;
  readonly refuseOnUpgradeError: boolean;
  readonly allowKeepSessionInfo: boolean;
}

const knownOptions: ReadonlySet<string> = new Set<keyof HeadlessSessionOptions>([
  'client',
  'secret',
  'carry',
  'onUpgrade',
  'onUpgradeError',
  'locks',
  'limits',
  'tokens',
  'cookie',
  'allowKeepSessionInfo',
]);
const cookieOptions = {
  name: 'string',
  maxAge: 'number',
  path: 'string',
  domain: 'string',
  secure: 'boolean',
} as const;
const ownKeys = ['cookie', 'passport', 'sfHeadless'];
const defaultLimits: CodeLimits = { codeAttempts: 3, codeSends: 5, codeLifetime: 900 };

function refuse(option: string, why: string): never {
  throw new TypeError(`headlessSession: option \`${option}\` ${why}`);
}

function readLimits(given: unknown): CodeLimits {
  if (given !== undefined && (typeof given !== 'object' || given === null)) {
    refuse('limits', 'must be an object');
  }
  const limits = withDefaults(defaultLimits, given);
  for (const [name, value] of Object.entries(limits) as [string, unknown][]) {
    if (!Object.hasOwn(defaultLimits, name)) refuse(`limits.${name}`, 'is not known');
    if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) {
      refuse(`limits.${name}`, 'must be a number above zero');
    }
  }
  return limits;
}

function readCookie(cookie: unknown): void {
  if (typeof cookie !== 'object' || cookie === null) refuse('cookie', 'must be an object');
  for (const [name, value] of Object.entries(cookie) as [string, unknown][]) {
    const type: string | undefined = Object.hasOwn(cookieOptions, name)
      ? cookieOptions[name as keyof typeof cookieOptions]
      : undefined;
    if (type === undefined) refuse(`cookie.${name}`, 'is not known');
    if (value === undefined) continue;
    const isEndless = typeof value === 'number' && !(value > 0 && Number.isFinite(value));
    if (typeof value !== type || isEndless) {
      refuse(`cookie.${name}`, `must be a ${type}${type === 'number' ? ' above zero' : ''}`);
    }
  }
}

function isLocks(locks: unknown): boolean {
  return (
    typeof locks === 'object' && locks !== null && typeof Reflect.get(locks, 'run') === 'function'
  );
}

function readSecrets(secret: unknown): string[] {
  const secrets: unknown[] = secret === undefined ? [] : Array.isArray(secret) ? secret : [secret];
  if (secret !== undefined && secrets.length === 0) refuse('secret', 'must not be an empty list');
  return secrets.map((each) =>
    typeof each === 'string' && each !== ''
      ? each
      : refuse('secret', 'must be a text, or a list of texts, that are not empty'),
  );
}

function readCarry(carry: unknown = []): string[] {
  if (!Array.isArray(carry)) refuse('carry', 'must be a list of session keys');
  return carry.map((key: unknown) => {
    if (typeof key !== 'string' || key === '') refuse('carry', 'must be a list of session keys');
    if (ownKeys.includes(key) || key in Object.prototype)
      refuse('carry', `must not name \`${key}\``);
    return key;
  });
}

/**
 * Checks the options and fills in the defaults.
 *
 * @throws {TypeError} naming the option that is missing, wrong or unknown.
 */
export function readSessionOptions(
  options: HeadlessSessionOptions,
  clientClass: typeof HeadlessClient,
): SessionSettings {
  const given = (options as Partial<HeadlessSessionOptions> | undefined) ?? {};
  if (!(given.client instanceof clientClass)) refuse('client', 'must be a HeadlessClient');
  for (const name of Object.keys(given)) {
    if (!knownOptions.has(name)) refuse(name, 'is not known');
  }
  const { onUpgrade, onUpgradeError = 'defer', locks, cookie = {}, allowKeepSessionInfo } = given;
  if (onUpgrade !== undefined && typeof (onUpgrade as unknown) !== 'function') {
    refuse('onUpgrade', 'must be a function');
  }
  if (!['defer', 'refuse'].includes(onUpgradeError)) {
    refuse('onUpgradeError', "must be 'defer' or 'refuse'");
  }
  if (locks !== undefined && locks !== false && !isLocks(locks)) {
    refuse('locks', 'must have a method `run`, or be false');
  }
  if (
    allowKeepSessionInfo !== undefined &&
    typeof (allowKeepSessionInfo as unknown) !== 'boolean'
  ) {
    refuse('allowKeepSessionInfo', 'must be true or false');
  }
  readCookie(cookie);
  return {
    secrets: readSecrets(given.secret),
    carry: readCarry(given.carry),
    limits: readLimits(given.limits),
    tokens: readTokenOptions(given.tokens, refuse),
    refuseOnUpgradeError: onUpgradeError === 'refuse',
    allowKeepSessionInfo: allowKeepSessionInfo ?? false,
  };
}
