import { generateKeyPairSync, randomBytes } from 'node:crypto';

const clientId = '3MVG9.travel-shop';
const integrationId = '3MVG9.integration';
const integrationUser = 'integration@example.com';
const newSecret = () => randomBytes(24).toString('base64url');
const keyOptions = {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
};
/** The first of them for every app, the others where hybrid logins ask for a web session on each domain of the org. */
const scopesOf = (hybrid) => [
  ...['api', 'openid', 'refresh_token', 'web'],
  ...(hybrid ? ['content', 'lightning', 'visualforce'] : []),
];
const codeScopes = ['pwdless_login_api', 'user_registration_api', 'forgot_password'];

/**
 * A Salesforce org for the demo: an emulator with the shop registered as an app, an identity provider for single sign-on,
 * and a discovery handler that knows people by their order numbers. The emulator is loaded only when it is used: a
 * deployment against a real org need not have it.
 *
 * @param options.url address of the shop, whose pages may call the site.
 * @param options.callbackURLs where Salesforce may send the browser back to.
 * @param options.firstParty whether the app may use OAuth 2.0 for First-Party Applications. Then it is a private one: it
 *   proves by a key, made for this one run, that it is itself.
 * @param options.isPrivate whether the app has a secret. Then the site sends codes only where an integration user's token
 *   asks for them, and wants no reCAPTCHA.
 * @param options.hybrid whether the app asks for web sessions beside the tokens.
 */
export async function startDemoOrg({ url, callbackURLs, firstParty, isPrivate, hybrid }) {
  const { startEmulator } = await import('sf-headless-emulator');
  const protection = { requireAuth: isPrivate, requireRecaptcha: !isPrivate };
  const { privateKey, publicKey } = firstParty ? generateKeyPairSync('rsa', keyOptions) : {};
  const clientSecret = isPrivate ? newSecret() : undefined;
  const integration = isPrivate
    ? { clientId: integrationId, clientSecret: newSecret() }
    : undefined;
  const scopes = scopesOf(hybrid);
  // What the emulator starts with is there after a reset as well.
  const emulator = await startEmulator({
    port: 0,
    settings: {
      site: { corsOrigins: [url] },
      login: { discovery: true },
      registration: protection,
      passwordless: protection,
      forgotPassword: { discovery: true, ...protection },
    },
    clients: {
      [clientId]: {
        redirectUris: ['{site}/services/oauth2/echo', ...callbackURLs],
        scopes,
        isNamedUserJwtEnabled: true,
        isFirstPartyAppEnabled: firstParty,
        clientAssertionCertificate: publicKey ?? null,
        ...(isPrivate && { secret: clientSecret, isConsumerSecretOptional: false }),
      },
      ...(isPrivate && { [integration.clientId]: integrationApp(integration) }),
    },
    users: isPrivate ? { [integrationUser]: {} } : {},
    discover: ({ loginHint }) => ({ userIds: usersKnownBy(loginHint, emulator.state().users) }),
  });
  const redirectUri = `${emulator.url}/services/oauth2/echo`;
  return {
    emulator,
    org: {
      ...{ site: emulator.url, clientId, redirectUri, scope: scopes.join(' ') },
      ...(firstParty && { privateKey }),
      ...(isPrivate && { clientSecret, integration }),
    },
    loginHint: 'Email address or order number',
    providers: [{ name: 'Google_Customers', label: 'single sign-on' }],
  };
}

/** An app of its own for the integration user, who may have codes sent and nothing else. */
function integrationApp({ clientSecret }) {
  return {
    scopes: codeScopes,
    secret: clientSecret,
    isConsumerSecretOptional: false,
    isClientCredentialsEnabled: true,
    clientCredentialsUser: integrationUser,
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
