import { createPrivateKey, randomUUID, type KeyObject } from 'node:crypto';
import { SignJWT } from 'jose';
import { HeadlessError } from '../errors.js';

/** A private RSA key: PEM text, or a key of node:crypto. */
export type PrivateKey = string | KeyObject;

/** A private key and what its owner may say about it. */
export interface NamedPrivateKey {
  readonly key: PrivateKey;
  /** Value of the header `kid`. Salesforce asks for none: it knows one certificate per app. */
  readonly keyId?: string;
}

/**
 * Where the private key comes from. A function is asked before every signature, so that a key can be rotated, or fetched
 * from a vault, while the app runs.
 */
export type PrivateKeySource =
  | PrivateKey
  | NamedPrivateKey
  | (() => PrivateKey | NamedPrivateKey | Promise<PrivateKey | NamedPrivateKey>);

/** Seconds an assertion is good for; Salesforce's practice is three minutes at most (wire contract, first-party, 3.3). */
const lifetime = 120;

function isKeyObject(value: PrivateKey | NamedPrivateKey): value is KeyObject {
  return typeof value === 'object' && 'asymmetricKeyType' in value;
}

function readKey(given: PrivateKey | NamedPrivateKey): { key: KeyObject; keyId?: string } {
  if (typeof given === 'string') return { key: createPrivateKey(given) };
  if (isKeyObject(given)) return { key: given };
  const key = typeof given.key === 'string' ? createPrivateKey(given.key) : given.key;
  return { key, ...(given.keyId !== undefined && { keyId: given.keyId }) };
}

/**
 * Checks a key that is there from the start.
 *
 * @throws {TypeError} saying what the key must be, without a word of the key.
 */
export function checkPrivateKey(source: unknown, refuse: (why: string) => never): void {
  if (typeof source === 'function') return;
  let type: string | undefined;
  try {
    const { key } = readKey(source as PrivateKey | NamedPrivateKey);
    type = key.type === 'private' ? key.asymmetricKeyType : undefined;
  } catch {
    type = undefined;
  }
  if (type !== 'rsa') {
    refuse('must be an RSA private key: PEM text, a KeyObject, or a function that gives one');
  }
}

/** The JWTs by which a client proves that it holds a key whose certificate Salesforce has (RFC 7523). */
export class ClientAssertions {
  readonly #source: PrivateKeySource;
  /** Reading PEM text costs more than signing; the last key is kept. */
  #last: { readonly pem: string; readonly key: KeyObject } | undefined;

  constructor(source: PrivateKeySource) {
    this.#source = source;
  }

  /**
   * An assertion for one call, RS256, with an id that is never used again: Salesforce refuses a second use.
   *
   * @param subject the client id, or the username in whose name a token is asked for.
   * @throws {HeadlessError} `client_key_unusable` when the key cannot be had or read.
   */
  async sign(issuer: string, subject: string, audience: string, extra: object = {}) {
    const { key, keyId } = await this.#key();
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({ ...extra })
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT', ...(keyId !== undefined && { kid: keyId }) })
      .setIssuer(issuer)
      .setSubject(subject)
      .setAudience(audience)
      .setIssuedAt(now)
      .setExpirationTime(now + lifetime)
      .setJti(randomUUID())
      .sign(key);
  }

  async #key(): Promise<{ key: KeyObject; keyId?: string }> {
    try {
      const source = this.#source;
      const given = typeof source === 'function' ? await source() : source;
      if (typeof given !== 'string') return readKey(given);
      if (this.#last?.pem !== given) this.#last = { pem: given, ...readKey(given) };
      return this.#last;
    } catch {
      // What the reader of a key says may repeat parts of it.
      throw new HeadlessError('client_key_unusable');
    }
  }
}
