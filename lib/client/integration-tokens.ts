import { decodeJwt } from 'jose';
import { HeadlessError } from '../errors.js';
import {
  clientCredentialsRequest,
  jwtBearerRequest,
  readIntegrationToken,
  type IntegrationScope,
  type IntegrationToken,
} from '../protocol/integration.js';
import type { WireRequest, WireResponse } from '../protocol/wire.js';
import { ClientAssertions } from './client-assertions.js';
import { ClientAuthentication } from './client-authentication.js';
import type { IntegrationSettings } from './integration-options.js';
import { isJwt } from './keys.js';
import type { Transport } from './transport.js';

interface Kept {
  readonly accessToken: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** A token is not used in its last moments (milliseconds). */
const margin = 30_000;

/**
 * The access tokens of the integration user, one per scope, each asked for when first needed and kept until it ends.
 * They open calls that strangers may not make, and never leave this process.
 */
export class IntegrationTokens {
  readonly #settings: IntegrationSettings | undefined;
  readonly #transport: Transport;
  readonly #assertions: ClientAssertions | undefined;
  readonly #authentication: ClientAuthentication | undefined;
  readonly #kept = new Map<IntegrationScope, Promise<Kept>>();

  constructor(settings: IntegrationSettings | undefined, transport: Transport) {
    this.#settings = settings;
    this.#transport = transport;
    if (settings === undefined || 'token' in settings) return;
    const { clientId, clientSecret: secret, privateKey, secretIn } = settings;
    this.#assertions = privateKey === undefined ? undefined : new ClientAssertions(privateKey);
    this.#authentication = new ClientAuthentication(clientId, {
      secret,
      secretIn,
      assertions: this.#assertions,
    });
  }

  /**
   * Makes a call that a site may want an integration user's token for. A token that turns out to be dead is replaced,
   * and the call, of which Salesforce has read nothing but that token, is made once more.
   *
   * @throws {HeadlessError} `integration_refused`, or what keeps the answer away.
   */
  async send(
    scope: IntegrationScope,
    build: (integrationToken: string | undefined) => WireRequest,
  ): Promise<{ readonly request: WireRequest; readonly response: WireResponse }> {
    const wasKept = this.#kept.has(scope);
    const sent = await this.#sendOnce(scope, build);
    if (!wasKept || sent.response.status !== 401) return sent;
    this.#kept.delete(scope);
    return this.#sendOnce(scope, build);
  }

  async #sendOnce(
    scope: IntegrationScope,
    build: (integrationToken: string | undefined) => WireRequest,
  ) {
    const request = build(this.#settings && (await this.#token(scope)));
    return { request, response: await this.#transport.send(request) };
  }

  async #token(scope: IntegrationScope): Promise<string> {
    const asked = this.#kept.get(scope);
    const kept = await asked?.catch(() => undefined);
    if (kept !== undefined && kept.expiresAt > Date.now()) return kept.accessToken;
    // Whoever comes while a token is being asked for waits for that one.
    if (this.#kept.get(scope) === asked) this.#kept.set(scope, this.#obtain(scope));
    const next = this.#kept.get(scope) ?? this.#obtain(scope);
    try {
      return (await next).accessToken;
    } catch (error) {
      if (this.#kept.get(scope) === next) this.#kept.delete(scope);
      throw error;
    }
  }

  async #obtain(scope: IntegrationScope): Promise<Kept> {
    const settings = this.#settings;
    if (settings === undefined) throw new HeadlessError('integration_token_required');
    const { accessToken, expiresIn } =
      'token' in settings
        ? await this.#fromApp(settings.token, scope)
        : await this.#fromSalesforce(settings, scope);
    const end = endOf(accessToken, expiresIn) ?? Date.now() + settings.tokenLifetime * 1000;
    return { accessToken, expiresAt: end - margin };
  }

  async #fromApp(
    token: (scope: IntegrationScope) => unknown,
    scope: IntegrationScope,
  ): Promise<IntegrationToken> {
    let given: unknown;
    try {
      given = await token(scope);
    } catch (cause) {
      throw new HeadlessError('integration_refused', { cause });
    }
    if (typeof given !== 'string' || given === '') {
      throw new HeadlessError('integration_refused', {
        hint: '`integration.token` must give the text of an access token, or a promise of it.',
      });
    }
    return { accessToken: given, expiresIn: undefined };
  }

  async #fromSalesforce(
    { clientId, username, loginUrl }: Exclude<IntegrationSettings, { token: unknown }>,
    scope: IntegrationScope,
  ): Promise<IntegrationToken> {
    let request: WireRequest;
    if (username !== undefined && this.#assertions !== undefined) {
      const assertion = await this.#assertions.sign(clientId, username, loginUrl);
      request = jwtBearerRequest(loginUrl, clientId, assertion, scope);
    } else {
      const proof = await this.#authentication?.prove(`${loginUrl}/services/oauth2/token`);
      request = clientCredentialsRequest(loginUrl, { clientId, proof }, scope);
    }
    return readIntegrationToken(scope, request, await this.#transport.send(request));
  }
}

/** The end that an answer or a JWT itself names, milliseconds since the epoch. */
function endOf(accessToken: string, expiresIn: number | undefined): number | undefined {
  if (expiresIn !== undefined) return Date.now() + expiresIn * 1000;
  const { exp } = isJwt(accessToken) ? decodeJwt(accessToken) : {};
  return exp === undefined ? undefined : exp * 1000;
}
