import { refusesIntegrationToken, type IntegrationScope } from '../protocol/integration.js';
import type { WireRequest, WireResponse } from '../protocol/wire.js';
import type { IntegrationSettings } from './integration-options.js';
import { IntegrationSource, type KeptToken } from './integration-source.js';
import type { Transport } from './transport.js';

/** A call as it was made, and what came back. */
interface Sent {
  readonly request: WireRequest;
  readonly response: WireResponse;
  /** Whether Salesforce refused it because a kept token had died. */
  readonly foundDead: boolean;
}

type Build = (integrationToken: string | undefined) => WireRequest;

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
   * Makes a call that a site may want an integration user's token for. When Salesforce says of a kept token that it is
   * dead, it is replaced, and the call, of which Salesforce has read nothing but that token, is made once more.
   *
   * @throws {HeadlessError} `integration_refused`, `integration_token_required`, `client_key_unusable`, or what keeps
   *   an answer away.
   */
  async send(scope: IntegrationScope, build: Build): Promise<Sent> {
    const first = await this.sendOnce(scope, build);
    return first.foundDead ? this.sendOnce(scope, build) : first;
  }

  /** Makes a call that must not be made twice, whatever becomes of it. @throws {HeadlessError} as {@link send}. */
  async sendOnce(scope: IntegrationScope, build: Build): Promise<Sent> {
    const source = this.#source;
    const kept = this.#alive(scope);
    const token = kept ?? (source && (await this.#fresh(source, scope)));
    const request = build(token?.accessToken);
    const response = await this.#transport.send(request);
    // A token that may be dead is not used again. Of many calls that find it so, one asks for the next.
    if (response.status === 401 && kept !== undefined && this.#kept.get(scope) === kept) {
      this.#kept.delete(scope);
    }
    const foundDead = kept !== undefined && refusesIntegrationToken(request, response);
    return { request, response, foundDead };
  }

  #alive(scope: IntegrationScope): KeptToken | undefined {
    const kept = this.#kept.get(scope);
    return kept !== undefined && Date.now() < kept.expiresAt ? kept : undefined;
  }

  /** Whoever comes while a token is being asked for takes that one. */
  async #fresh(source: IntegrationSource, scope: IntegrationScope): Promise<KeptToken> {
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
