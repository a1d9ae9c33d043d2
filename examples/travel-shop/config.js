import { randomBytes } from 'node:crypto';

/** A wrong environment: one line for the person at the keyboard instead of a stack trace. */
export class ConfigError extends Error {}

/** The environment variables of the org, by the HeadlessClient option each of them becomes. */
export const orgVariables = {
  site: 'SF_SITE',
  clientId: 'SF_CLIENT_ID',
  clientSecret: 'SF_CLIENT_SECRET',
  redirectUri: 'SF_REDIRECT_URI',
  scope: 'SF_SCOPE',
};

/** The same for its option `integration`, which a private client has where the site wants an integration user's token. */
export const integrationVariables = {
  clientId: 'SF_INTEGRATION_CLIENT_ID',
  clientSecret: 'SF_INTEGRATION_CLIENT_SECRET',
  loginUrl: 'SF_INTEGRATION_LOGIN_URL',
};

/**
 * Reads the environment. An empty variable counts as not set. README.md explains each of them.
 *
 * @throws {ConfigError} naming the variable that is missing or wrong.
 */
export function readConfig(env) {
  return {
    port: number(env, 'PORT', 3000, 65_535),
    trustProxy: number(env, 'TRUST_PROXY', 0, 10) || false,
    redisUrl: redisUrl(env.REDIS_URL),
    database: { url: databaseUrl(env.DATABASE_URL), folder: env.DATABASE_FOLDER || undefined },
    secrets: secrets(env),
    recaptchaSiteKey: env.RECAPTCHA_SITE_KEY || undefined,
    url: shopUrl(env.SHOP_URL),
    loginHint: ofTheSite(env, 'SF_LOGIN_HINT'),
    providers: providers(ofTheSite(env, 'SF_SSO_PROVIDERS')),
    firstParty: demoSwitch(env, 'FIRST_PARTY', 'it makes its own key'),
    isPrivate: demoSwitch(env, 'PRIVATE', 'it makes its own secret'),
    hybrid: isOn(env, 'SF_HYBRID'),
    org: org(env),
  };
}

function number(env, name, otherwise, most) {
  const text = env[name] || String(otherwise);
  if (!/^\d{1,5}$/.test(text) || Number(text) > most) {
    throw new ConfigError(`${name} must be a number from 0 to ${most}, and is "${text}"`);
  }
  return Number(text);
}

function redisUrl(url) {
  if (!url) return undefined;
  if (!URL.canParse(url) || !['redis:', 'rediss:'].includes(new URL(url).protocol)) {
    // The value is not repeated: it may contain a password.
    throw new ConfigError('REDIS_URL must look like redis://host:6379 (or rediss:// for TLS)');
  }
  return url;
}

function databaseUrl(url) {
  if (!url) return undefined;
  if (!/^postgres(ql)?:\/\//.test(url)) {
    throw new ConfigError('DATABASE_URL must look like postgresql://user:password@host:5432/name');
  }
  return url;
}

function shopUrl(url) {
  if (!url) return undefined;
  if (!URL.canParse(url) || !/^https?:\/\/[^/?#]+\/?$/.test(url)) {
    throw new ConfigError('SHOP_URL must look like https://shop.example, without a path');
  }
  return new URL(url).origin;
}

/** `Developer_Name=What the button says`, separated by commas. */
function providers(text) {
  const given = text ? text.split(',') : [];
  return given.map((each) => {
    const [, name, label] = /^\s*(\w+)=(.*\S)\s*$/.exec(each) ?? [];
    if (name === undefined) {
      throw new ConfigError('SF_SSO_PROVIDERS must look like Developer_Name=Label,Other=Label');
    }
    return { name, label };
  });
}

function isOn(env, name) {
  if (!env[name]) return false;
  if (env[name] !== '1') throw new ConfigError(`${name} must be 1, or not set`);
  return true;
}

/** What speaks of a real site: the demo has its own. */
function ofTheSite(env, name) {
  if (env[name] && !env.SF_SITE) throw new ConfigError(`SF_SITE is needed when ${name} is set`);
  return env[name] || undefined;
}

/** What only the org of the demo can be told. */
function demoSwitch(env, name, why) {
  const on = isOn(env, name);
  if (on && env.SF_SITE) throw new ConfigError(`${name} is for the emulator: ${why}`);
  return on;
}

/** What must not be kept under a secret that ends with the process: then nobody would be known after a restart. */
const lasting = ['REDIS_URL', 'DATABASE_URL', 'DATABASE_FOLDER'];

/** The secrets of the cookies, the current one first: commas separate it from those it has replaced. */
function secrets(env) {
  const given = env.SESSION_SECRET ? env.SESSION_SECRET.split(',') : [];
  if (given.some((secret) => secret.length < 32)) {
    throw new ConfigError(
      'SESSION_SECRET must have at least 32 characters, between commas as well',
    );
  }
  const needed = lasting.find((name) => env[name]);
  if (given.length === 0 && needed !== undefined) {
    throw new ConfigError(`SESSION_SECRET is needed when ${needed} is set`);
  }
  return given.length > 0 ? given : [randomBytes(32).toString('base64url')];
}

/** The options whose variables are set; undefined when none is. @param needed variables without which the others mean nothing. */
function options(env, variables, needed) {
  const given = Object.entries(variables).filter(([, name]) => env[name]);
  if (given.length === 0) return undefined;
  for (const name of needed) {
    if (!env[name]) throw new ConfigError(`${name} is needed when ${given[0][1]} is set`);
  }
  return Object.fromEntries(given.map(([option, name]) => [option, env[name]]));
}

/** What HeadlessClient needs to know of a real org; undefined means: start the emulator. */
function org(env) {
  const integration = options(env, integrationVariables, [
    integrationVariables.clientId,
    integrationVariables.clientSecret,
    'SF_SITE',
    'SF_CLIENT_SECRET',
  ]);
  const given = options(env, orgVariables, ['SF_SITE', 'SF_CLIENT_ID']);
  if (given === undefined) return undefined;
  // The callback of headless flows is never visited. Salesforce keeps this address on every site for it.
  const redirectUri = `${env.SF_SITE.replace(/\/+$/, '')}/services/oauth2/echo`;
  return { redirectUri, ...given, integration };
}
