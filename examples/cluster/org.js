import { HeadlessClient } from 'passport-sf-headless';
import { ConfigError } from './config.js';

/**
 * The org that the shop's customers live in: that of the environment, or an emulator in this process.
 *
 * @param environment `SF_SITE`, `SF_CLIENT_ID`, `SF_REDIRECT_URI`; left out, there is an emulator.
 * @returns `environment`, which every process of the shop needs to find it.
 * @throws {ConfigError} when a client cannot be made of it.
 */
export async function openOrg(environment) {
  if (environment) {
    const { SF_SITE: site, SF_CLIENT_ID: clientId, SF_REDIRECT_URI: redirectUri } = environment;
    try {
      await new HeadlessClient({ site, clientId, redirectUri }).close();
    } catch (error) {
      throw new ConfigError(`SF_SITE, SF_CLIENT_ID or SF_REDIRECT_URI: ${error.message}`);
    }
    return { site, environment, close: () => undefined };
  }
  const { startEmulator } = await import('sf-headless-emulator');
  const emulator = await startEmulator({
    port: 0,
    clients: {
      'cluster-shop': {
        redirectUris: ['{site}/services/oauth2/echo'],
        isNamedUserJwtEnabled: true,
        // The strict setting: a refresh token that is used twice ends the login everywhere.
        isRefreshTokenRotationEnabled: true,
        // Minutes. Short, so that there is a refresh to see.
        namedUserJwtTimeout: 2,
      },
    },
  });
  const found = {
    SF_SITE: emulator.url,
    SF_CLIENT_ID: 'cluster-shop',
    SF_REDIRECT_URI: `${emulator.url}/services/oauth2/echo`,
  };
  return { site: emulator.url, environment: found, close: () => emulator.close() };
}
