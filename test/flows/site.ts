import type { ClientInput, Emulator } from 'sf-headless-emulator';
import type { HeadlessClientOptions } from '../../lib/index.js';
import { selfSigned } from '../emulator/certificate.js';
import type { ClientKind, Proof } from './flow.js';

const { key, cert } = selfSigned();
const certificateOf = { 'private key': cert, 'first-party': cert } as Partial<
  Record<string, string>
>;
/** The app under test. */
export const clientId = '3MVG9.flow';
export const clientSecret = 'a-secret-of-this-client';
export const robotSecret = 'a-secret-of-the-robot';
const robot = 'robot@example.com';
/** The options of a client of each kind. */
export function clientOf(kind: ClientKind, proof: Proof): Partial<HeadlessClientOptions> {
  if (kind === 'public') return { clientId };
  const integration = { clientId: 'robot', clientSecret: robotSecret };
  switch (proof) {
    case 'secret in the body':
      return { clientId, clientSecret, integration };
    case 'secret in a Basic header':
      return { clientId, clientSecret, clientSecretIn: 'header', integration };
    case 'private key':
      return { clientId, privateKey: key, integration };
    case 'first-party':
      return { clientId, clientSecret, privateKey: key, integration };
  }
}

/** Registers the app as a client of a kind, and gives its record. */
export function registerApp(emulator: Emulator, kind: ClientKind, proof: Proof): ClientInput {
  const isPrivate = kind === 'private';
  const app: ClientInput = {
    redirectUris: ['{site}/services/oauth2/echo', 'http://localhost:3000/callback'],
    scopes: ['api', 'openid', 'refresh_token', 'web'],
    isNamedUserJwtEnabled: true,
    isConsumerSecretOptional: !isPrivate,
    ...(isPrivate && proof !== 'private key' && { secret: clientSecret }),
    ...(isPrivate && { clientAssertionCertificate: certificateOf[proof] ?? null }),
    ...(proof === 'first-party' && { isFirstPartyAppEnabled: true, isPkceRequired: true }),
  };
  emulator.client(clientId, app);
  return app;
}

/** Protects the calls that begin a flow: by reCAPTCHA for public clients, by an integration user's token for private ones. */
export function protectSite(emulator: Emulator, kind: ClientKind): void {
  const isPrivate = kind === 'private';
  const protection = { requireAuth: isPrivate, requireRecaptcha: !isPrivate };
  emulator.settings({
    registration: protection,
    passwordless: protection,
    forgotPassword: protection,
    // A short code could stand in a number by chance where the specification looks for secrets.
    otp: { digits: 8 },
  });
  emulator.user(robot);
  emulator.client('robot', {
    scopes: ['api', 'pwdless_login_api', 'user_registration_api', 'forgot_password'],
    secret: robotSecret,
    isConsumerSecretOptional: false,
    isClientCredentialsEnabled: true,
    clientCredentialsUser: robot,
  });
}
