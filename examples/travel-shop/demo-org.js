import { generateKeyPairSync } from 'node:crypto';

const clientId = '3MVG9.travel-shop';
const keyOptions = {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
};
const scopes = ['api', 'openid', 'refresh_token', 'web'];

/**
 * A Salesforce org for the demo: an emulator with the shop registered as an app, an identity provider for single sign-on,
 * and a discovery handler that knows people by their order numbers. The emulator is loaded only when it is used: a
 * deployment against a real org need not have it.
 *
 * @param options.firstParty whether the app may use OAuth 2.0 for First-Party Applications. Then it is a private one: it
 *   proves by a key, made for this one run, that it is itself.
 */
export async function startDemoOrg({ firstParty }) {
  const { startEmulator } = await import('sf-headless-emulator');
  const emulator = await startEmulator({
    port: 0,
    settings: { login: { discovery: true }, forgotPassword: { discovery: true } },
    discover: ({ loginHint }) => ({ userIds: usersKnownBy(loginHint, emulator.state().users) }),
  });
  const redirectUri = `${emulator.url}/services/oauth2/echo`;
  const { privateKey, publicKey } = firstParty ? generateKeyPairSync('rsa', keyOptions) : {};
  const org = { site: emulator.url, clientId, redirectUri, scope: scopes.join(' ') };
  return {
    emulator,
    org: privateKey === undefined ? org : { ...org, privateKey },
    loginHint: 'Email address or order number',
    providers: [{ name: 'Google_Customers', label: 'single sign-on' }],
    /** Registers the address that Salesforce sends the browser back to; it is known once the shop listens. */
    register(callbackURL) {
      emulator.client(clientId, {
        redirectUris: [redirectUri, callbackURL],
        scopes,
        isNamedUserJwtEnabled: true,
        isFirstPartyAppEnabled: firstParty,
        clientAssertionCertificate: publicKey ?? null,
      });
    },
  };
}

/** Ids of the users that a text may mean: the one of that username, else everybody of that address, phone or order. */
function usersKnownBy(text, users) {
  const wanted = text.trim().toLowerCase();
  const isWanted = (name) => name?.toLowerCase() === wanted;
  const all = Object.values(users);
  const named = all.filter(({ username }) => isWanted(username));
  const found = all.filter(
    ({ email, mobilePhone, records }) =>
      [email, mobilePhone].some(isWanted) ||
      (records.Booking__c ?? []).some(({ Name }) => isWanted(Name)),
  );
  return (named.length > 0 ? named : found).map(({ userId }) => userId);
}
