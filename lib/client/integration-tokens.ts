import type { IntegrationScope } from '../protocol/integration.js';
import type { WireRequest, WireResponse } from '../protocol/wire.js';
import type { IntegrationSettings } from './integration-options.js';
import { IntegrationSource, type KeptToken } from './integration-source.js';
import type { Transport } from './transport.js';

/** A call as it was made, and what came back. */
interface Sent {
  readonly request: WireRequest;
  readonly response: WireResponse;
}

/**
 * The access tokens of the integration user, one per scope, each asked for when first needed and kept until it ends.
 * They open calls that strangers may not make, and never leave this process.
 */
export class IntegrationTokens {
  readonly #source: IntegrationSource | undefined;
  readonly #transport: Transport;
  readonly #kept = new Map<IntegrationScope, KeptToken>();
  readonly #asked = new Map<IntegrationScope, Promise<KeptToken>>();

  constructor(settings: IntegrationSettings | undefined, transport: Transport) {
    this.#source = settings === undefined ? undefined : new IntegrationSource(settings, transport);
    this.#transport = transport;
  }

  /**
   * Makes a call that a site may want an integration user's token for. A kept token that turns out to be dead is
   * replaced, and the call, of which Salesforce has read nothing but that token, is made once more.
   *
   * @throws {HeadlessError} `integration_refused`, `integration_token_required`, `client_key_unusable`, or what keeps
   *   an answer away.
   */
  async send(
    scope: IntegrationScope,
    build: (integrationToken: string | undefined) => WireRequest,
  ): Promise<Sent> {
    const source = this.#source;
    if (source === undefined) return this.#sendOnce(build(undefined));
    const kept = this.#kept.get(scope);
    if (kept !== undefined && Date.now() < kept.expiresAt) {
      const sent = await this.#sendOnce(build(kept.accessToken));
      if (sent.response.status !== 401) return sent;
      // Of many calls that find the token dead, one asks for the next.
      if (this.#kept.get(scope) === kept) this.#kept.delete(scope);
    }
    const { accessToken } = await this.#fresh(source, scope);
    return this.#sendOnce(build(accessToken));
  }

  async #sendOnce(request: WireRequest): Promise<Sent> {
    return { request, response: await this.#transport.send(request) };
  }

  /** Whoever comes while a token is being asked for, or has just been given, takes that one. */
  async #fresh(source: IntegrationSource, scope: IntegrationScope): Promise<KeptToken> {
    const kept = this.#kept.get(scope);
    if (kept !== undefined && Date.now() < kept.expiresAt) return kept;
    let asked = this.#asked.get(scope);
    if (asked === undefined) {
      asked = this.#ask(source, scope);
      this.#asked.set(scope, asked);
    }
    return asked;
  }

  async #ask(source: IntegrationSource, scope: IntegrationScope): Promise<KeptToken> {
    try {
      const token = await source.token(scope);
      this.#kept.set(scope, token);
      return token;
    } finally {
      this.#asked.delete(scope);
    }
  }
}
