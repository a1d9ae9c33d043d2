import { clientProof, type ClientProof } from '../protocol/client-authentication.js';
import type { ClientAssertions } from './client-assertions.js';

/** What an app proves itself by: a secret, a key, or nothing when it is a public client. */
export interface ClientSecrets {
  readonly secret?: string | undefined;
  readonly secretIn: 'body' | 'header';
  readonly assertions?: ClientAssertions | undefined;
}

/** Proves at the token endpoint and its neighbours that this app is itself, by whichever method it was given. */
export class ClientAuthentication {
  readonly #clientId: string;
  readonly #secrets: ClientSecrets;

  constructor(clientId: string, secrets: ClientSecrets) {
    this.#clientId = clientId;
    this.#secrets = secrets;
  }

  /** Whether the app has anything to prove itself by. */
  get isPrivate(): boolean {
    return this.#secrets.secret !== undefined || this.#secrets.assertions !== undefined;
  }

  /**
   * The proof for one call.
   *
   * @param audience the URL of the endpoint, for the methods that name it.
   * @throws {HeadlessError} `client_key_unusable`.
   */
  async prove(audience: string): Promise<ClientProof> {
    const { secret, secretIn, assertions } = this.#secrets;
    if (assertions !== undefined) {
      const assertion = await assertions.sign(this.#clientId, this.#clientId, audience);
      return clientProof(this.#clientId, { method: 'private_key_jwt', assertion });
    }
    if (secret === undefined) return clientProof(this.#clientId, { method: 'none' });
    const method = secretIn === 'header' ? 'client_secret_basic' : 'client_secret_post';
    return clientProof(this.#clientId, { method, secret });
  }
}
