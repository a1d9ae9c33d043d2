import { ClientAssertions } from './client-assertions.js';
import { ClientAuthentication } from './client-authentication.js';
import { Exchange } from './exchange.js';
import { IntegrationTokens } from './integration-tokens.js';
import { SigningKeys } from './keys.js';
import { readOptions, type HeadlessClientOptions, type Settings } from './options.js';
import { Transport } from './transport.js';

/** What the calls of one client share. It holds nothing about any user. */
export interface ClientContext {
  readonly settings: Settings;
  readonly transport: Transport;
  readonly keys: SigningKeys;
  readonly authentication: ClientAuthentication;
  /** Signs in the app's name, when it has a private key. */
  readonly assertions: ClientAssertions | undefined;
  readonly integration: IntegrationTokens;
  readonly exchange: Exchange;
}

/** @throws {TypeError} naming the option that is missing, wrong or unknown. */
export function createContext(options: HeadlessClientOptions): ClientContext {
  const settings = readOptions(options);
  const transport = new Transport(options);
  const keys = new SigningKeys(settings.site, transport);
  const { privateKey, clientSecret: secret } = options;
  const assertions = privateKey === undefined ? undefined : new ClientAssertions(privateKey);
  const authentication = new ClientAuthentication(settings.clientId, {
    secret,
    secretIn: settings.clientSecretIn,
    // Where there is a secret too, the key is for attestations only.
    assertions: secret === undefined ? assertions : undefined,
  });
  const exchange = new Exchange(settings, authentication, transport, keys);
  const integration = new IntegrationTokens(settings.integration, transport);
  return { settings, transport, keys, authentication, assertions, integration, exchange };
}
