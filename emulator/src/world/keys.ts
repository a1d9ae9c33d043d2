import { generateKeyPair, type JsonWebKey, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { WrongInput } from './check.js';
import type { Clock } from './clock.js';
import { organizationId } from './record-ids.js';

/** A private key and what is published of it. */
export interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicJwk: JsonWebKey;
}

/** What a key signs. */
export type KeyUse = 'idToken' | 'accessToken';

interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

const generate = promisify(generateKeyPair);

function newPairs(): Promise<[KeyPair, KeyPair]> {
  const pair = (): Promise<KeyPair> => generate('rsa', { modulusLength: 2048 });
  return Promise.all([pair(), pair()]);
}

// Making RSA keys is slow, so the emulators of one process start with the same two.
let firstPairs: Promise<[KeyPair, KeyPair]> | undefined;

function signingKey(kid: string, pair: KeyPair): SigningKey {
  const jwk = pair.publicKey.export({ format: 'jwk' });
  return {
    kid,
    privateKey: pair.privateKey,
    publicJwk: { ...jwk, alg: 'RS256', use: 'sig', kid },
  };
}

/**
 * The org's signing keys: one for id_tokens with a release number as `kid`, one for access tokens
 * with `CORE_ATJWT.<org>.<ms>` (wire contract, login, sections 7.2 and 8.1). Made on first need.
 */
export class SigningKeys {
  private readonly clock: Clock;
  private published: SigningKey[] = [];
  private current: Promise<Record<KeyUse, SigningKey>> | undefined;
  private release = 234;
  private lastStamp = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** The key that signs now. */
  async signing(use: KeyUse): Promise<SigningKey> {
    return (await this.keys())[use];
  }

  /** The JWK set, newest keys first. */
  async jwks(): Promise<{ keys: JsonWebKey[] }> {
    await this.keys();
    return { keys: this.published.map((key) => key.publicJwk) };
  }

  /** New keys sign from now on; the old ones stay published. Resolves with the new `kid`s. */
  async rotate(): Promise<Record<KeyUse, string>> {
    await this.keys();
    this.current = newPairs().then((pairs) => this.adopt(pairs));
    const { idToken, accessToken } = await this.current;
    return { idToken: idToken.kid, accessToken: accessToken.kid };
  }

  /**
   * Takes one key out of the published set, even one that still signs. Resolves with the `kid`s
   * left; throws {@link WrongInput} for an unknown one.
   */
  async retire(kid: string): Promise<string[]> {
    await this.keys();
    if (!this.published.some((key) => key.kid === kid)) throw new WrongInput('kid', 'unknown key');
    this.published = this.published.filter((key) => key.kid !== kid);
    return this.published.map((key) => key.kid);
  }

  private keys(): Promise<Record<KeyUse, SigningKey>> {
    firstPairs ??= newPairs();
    this.current ??= firstPairs.then((pairs) => this.adopt(pairs));
    return this.current;
  }

  private adopt([idPair, accessPair]: [KeyPair, KeyPair]): Record<KeyUse, SigningKey> {
    this.release += 2;
    // Two rotations in one millisecond must not share a kid.
    this.lastStamp = Math.max(this.clock.now(), this.lastStamp + 1);
    const idToken = signingKey(String(this.release), idPair);
    const accessToken = signingKey(
      `CORE_ATJWT.${organizationId.slice(0, 15)}.${this.lastStamp}`,
      accessPair,
    );
    this.published = [idToken, accessToken, ...this.published];
    return { idToken, accessToken };
  }
}
