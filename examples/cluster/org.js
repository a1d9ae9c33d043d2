/**
 * The org that the shop's customers live in: the one of `SF_SITE`, or an emulator in this process.
 *
 * @returns `environment`, which every process of the shop needs to find it.
 */
export async function openOrg({ SF_SITE, SF_CLIENT_ID, SF_REDIRECT_URI }) {
  if (SF_SITE) {
    const environment = { SF_SITE, SF_CLIENT_ID, SF_REDIRECT_URI };
    return { site: SF_SITE, environment, close: () => undefined };
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
  const environment = {
    SF_SITE: emulator.url,
    SF_CLIENT_ID: 'cluster-shop',
    SF_REDIRECT_URI: `${emulator.url}/services/oauth2/echo`,
  };
  return { site: emulator.url, environment, close: () => emulator.close() };
}
