/** A wrong environment: one line for the person at the keyboard instead of a stack trace. */
export class ConfigError extends Error {}

/**
 * Reads the environment. An empty variable counts as not set.
 *
 * @throws {ConfigError} naming the variable that is missing or wrong.
 */
export function readConfig({ PORT, REDIS_URL, SESSION_SECRET, ...env }) {
  const port = Number(PORT || 3000);
  if (!/^\d*$/.test(PORT ?? '') || port > 65_535) {
    throw new ConfigError(`PORT must be a number from 0 to 65535, and is "${PORT}"`);
  }
  if (REDIS_URL && !(URL.canParse(REDIS_URL) && /^rediss?:\/\//.test(REDIS_URL))) {
    // The value is not repeated: it may contain a password.
    throw new ConfigError('REDIS_URL must look like redis://host:6379 (or rediss:// for TLS)');
  }
  const names = ['SF_SITE', 'SF_CLIENT_ID', 'SF_REDIRECT_URI'];
  const given = names.find((name) => env[name]);
  const missing = names.find((name) => !env[name]);
  if (given !== undefined && missing !== undefined) {
    throw new ConfigError(`${missing} is needed when ${given} is set`);
  }
  const org = given && Object.fromEntries(names.map((name) => [name, env[name]]));
  return { port, redisUrl: REDIS_URL || undefined, secret: SESSION_SECRET || undefined, org };
}
