import { decodeJwt } from 'jose';
import { HeadlessError } from '../errors.js';
import {
  clientCredentialsRequest,
  jwtBearerRequest,
  readIntegrationToken,
  type IntegrationScope,
  type IntegrationToken,
} from '../protocol/integration.js';
import type { WireRequest } from '../protocol/wire.js';
import { ClientAssertions } from './client-assertions.js';
import { ClientAuthentication } from './client-authentication.js';
import type { IntegrationSettings } from './integration-options.js';
import { isJwt } from './keys.js';
import { outline } from './outline.js';
import type { Transport } from './transport.js';

/** A token that may be used again. */
export interface KeptToken {
  readonly accessToken: string;
  /** From when on it is no longer used, milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** A token is not used in its last moments (milliseconds), nor in the last tenth of a short life. */
const margin = 30_000;

type TokenFunction = Extract<IntegrationSettings, { token: unknown }>['token'];
type OwnGrant = Exclude<IntegrationSettings, { token: unknown }>;

/** Where the integration user's tokens come from: the app's own function, or one of two grants. */
export class IntegrationSource {
  readonly #settings: IntegrationSettings;
  readonly #transport: Transport;
  readonly #assertions: ClientAssertions | undefined;
  readonly #authentication: ClientAuthentication | undefined;

  constructor(settings: IntegrationSettings, transport: Transport) {
    this.#settings = settings;
    this.#transport = transport;
    if ('token' in settings) return;
    const { clientId, clientSecret: secret, privateKey, secretIn } = settings;
    this.#assertions = privateKey === undefined ? undefined : new ClientAssertions(privateKey);
    this.#authentication = new ClientAuthentication(clientId, {
      secret,
      secretIn,
      assertions: this.#assertions,
    });
  }

  /**
   * Asks for a token.
   *
   * @throws {HeadlessError} `integration_refused`, `integration_token_required` when it lacks the scope,
   *   `client_key_unusable`, or what keeps the answer away.
   */
  async token(scope: IntegrationScope): Promise<KeptToken> {
    const settings = this.#settings;
    const { accessToken, expiresIn } =
      'token' in settings
        ? await fromApp(settings.token, scope)
        : await this.#fromSalesforce(settings, scope);
    const now = Date.now();
    const life = (lifeOf(accessToken, expiresIn, now) ?? settings.tokenLifetime) * 1000;
    return { accessToken, expiresAt: now + life - Math.min(margin, life / 10) };
  }

  async #fromSalesforce(
    { clientId, username, loginUrl }: OwnGrant,
    scope: IntegrationScope,
  ): Promise<IntegrationToken> {
    let request: WireRequest;
    if (username !== undefined && this.#assertions !== undefined) {
      // Salesforce's own sample asks for the scope by a claim (wire contract, one-time codes, 8.3).
      const assertion = await this.#assertions.sign(clientId, username, loginUrl, { scope });
      request = jwtBearerRequest(loginUrl, clientId, assertion, scope);
    } else {
      const proof = await this.#authentication?.prove(`${loginUrl}/services/oauth2/token`);
      request = clientCredentialsRequest(loginUrl, { clientId, proof }, scope);
    }
    return readIntegrationToken(scope, request, await this.#transport.send(request));
  }
}

async function fromApp(token: TokenFunction, scope: IntegrationScope): Promise<IntegrationToken> {
  let given: unknown;
  try {
    given = await token(scope);
  } catch (cause) {
    // A network that is down is no matter of set-up, whoever noticed it.
    if (cause instanceof HeadlessError && cause.fault === 'network') throw cause;
    const told = cause instanceof HeadlessError ? cause : outline(cause);
    throw new HeadlessError('integration_refused', { cause: told });
  }
  if (typeof given !== 'string' || !/^[\x21-\x7e]+$/.test(given)) {
    throw new HeadlessError('integration_refused', {
      hint: '`integration.token` must give the text of an access token, or a promise of it.',
    });
  }
  return { accessToken: given, expiresIn: undefined };
}

/** The seconds left that an answer or a JWT itself names. */
function lifeOf(
  accessToken: string,
  expiresIn: number | undefined,
  now: number,
): number | undefined {
  if (expiresIn !== undefined) return expiresIn;
  const { exp } = isJwt(accessToken) ? decodeJwt(accessToken) : {};
  return exp === undefined ? undefined : exp - now / 1000;
}
