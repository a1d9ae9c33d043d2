import { createPrivateKey, type KeyObject } from 'node:crypto';
import { HeadlessError } from '../errors.js';
import { outline } from './outline.js';

/** A private RSA key of 2048 bits or more: PEM as text or as the bytes of its file, or a key of node:crypto. */
export type PrivateKey = string | Uint8Array | KeyObject;

/** A private key and what its owner may say about it. */
export interface NamedPrivateKey {
  readonly key: PrivateKey;
  /** Value of the header `kid`. Salesforce asks for none: it knows one certificate per app. */
  readonly keyId?: string | undefined;
}

/**
 * Where the private key comes from. A function is asked before every signature, so that a key can be rotated, or fetched
 * from a vault, while the app runs.
 */
export type PrivateKeySource =
  | PrivateKey
  | NamedPrivateKey
  | (() => PrivateKey | NamedPrivateKey | Promise<PrivateKey | NamedPrivateKey>);

/** A key as it signs. */
export interface SigningKey {
  readonly key: KeyObject;
  readonly keyId: string | undefined;
}

/** RS256 wants RSA keys of at least this many bits (RFC 7518, section 3.3). */
const shortestKey = 2048;

function isKeyObject(value: PrivateKey | NamedPrivateKey): value is KeyObject {
  return typeof value === 'object' && 'asymmetricKeyType' in value;
}

/** @throws {Error} for everything that RS256 cannot sign with. What it says may repeat parts of the key. */
function readKey(
  given: PrivateKey | NamedPrivateKey,
  parse: (pem: string) => KeyObject,
): SigningKey {
  const { key: source, keyId }: { readonly key: PrivateKey; readonly keyId?: unknown } =
    typeof given === 'string' || given instanceof Uint8Array || isKeyObject(given)
      ? { key: given }
      : given;
  const pem = source instanceof Uint8Array ? Buffer.from(source).toString('utf8') : source;
  const key = typeof pem === 'string' ? parse(pem) : pem;
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (key.type !== 'private' || key.asymmetricKeyType !== 'rsa' || bits < shortestKey) {
    throw new TypeError('no RSA private key of 2048 bits or more');
  }
  if (keyId !== undefined && typeof keyId !== 'string') throw new TypeError('`keyId` is no text');
  return { key, keyId };
}

/**
 * Checks a key that is there from the start.
 *
 * @param refuse throws the TypeError that names the option; it is told what the key must be, without a word of the key.
 */
export function checkPrivateKey(
  source: unknown,
  refuse: (why: string) => never,
): asserts source is PrivateKeySource {
  if (typeof source === 'function') return;
  try {
    readKey(source as PrivateKey | NamedPrivateKey, createPrivateKey);
  } catch {
    refuse(
      'must be an RSA private key of 2048 bits or more: PEM as text or Buffer, a KeyObject, `{ key, keyId }`, or a function that gives one',
    );
  }
}

/** The private key of an app, as it is at the moment of each signature. */
export class PrivateKeys {
  readonly #source: PrivateKeySource;
  /** Reading PEM text costs more than signing; the last key is kept. */
  #last: { readonly pem: string; readonly key: KeyObject } | undefined;

  constructor(source: PrivateKeySource) {
    this.#source = source;
  }

  /** @throws {HeadlessError} `client_key_unusable` when the key cannot be had or read. */
  async current(): Promise<SigningKey> {
    const given = await this.#ask();
    try {
      return readKey(given, (pem) => this.#parse(pem));
    } catch {
      throw new HeadlessError('client_key_unusable');
    }
  }

  async #ask(): Promise<PrivateKey | NamedPrivateKey> {
    const source = this.#source;
    if (typeof source !== 'function') return source;
    try {
      return await source();
    } catch (error) {
      throw new HeadlessError('client_key_unusable', { cause: outline(error) });
    }
  }

  #parse(pem: string): KeyObject {
    if (this.#last?.pem !== pem) this.#last = { pem, key: createPrivateKey(pem) };
    return this.#last.key;
  }
}
