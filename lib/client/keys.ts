import {
  compactVerify,
  createLocalJWKSet,
  decodeProtectedHeader,
  errors,
  type CryptoKey,
  type FlattenedJWSInput,
  type JSONWebKeySet,
  type JWSHeaderParameters,
} from 'jose';
import { HeadlessError } from '../errors.js';
import type { Fields } from '../protocol/answer.js';
import { keysRequest } from '../protocol/discovery.js';
import { refusal } from '../protocol/refusal.js';
import type { Site } from '../protocol/site.js';
import type { Transport } from './transport.js';

/** Keys are fetched anew, beside the call that notices, when they are older than this (milliseconds). */
const keptFor = 600_000;
/** After a fetch that failed, tokens that callers bring get the same failure for this long (milliseconds). */
const pauseAfterFailure = 1_000;
/** However many tokens with unknown keys callers bring, keys are fetched at most this often in a burst … */
const burst = 3;
/** … and once more after each of these spans (milliseconds). */
const coolDown = 30_000;

/** Where a token comes from: straight from Salesforce's token endpoint, or from whoever called the app. */
export type TokenSource = 'answer' | 'caller';

/** The signature keys of a site, fetched when first needed and when an unknown key id turns up. */
export class SigningKeys {
  readonly #fetchKeys: () => Promise<JSONWebKeySet>;
  #find: ReturnType<typeof createLocalJWKSet> | undefined;
  #fetchedAt = 0;
  #running: Promise<void> | undefined;
  #failure: { readonly error: HeadlessError; readonly at: number } | undefined;
  #callersFetches = burst;
  #refilledAt = Date.now();

  constructor(site: Site, transport: Transport) {
    const request = keysRequest(site);
    this.#fetchKeys = async () => {
      const response = await transport.send(request);
      if (response.status !== 200) throw refusal(request, response);
      // jose checks that it is one.
      return JSON.parse(response.body) as JSONWebKeySet;
    };
  }

  /**
   * Verifies the signature of a token, RS256 only, and gives its claims, which nobody has checked yet.
   *
   * @param source a token that a caller brought may be made up: what it costs in fetches is limited.
   * @throws {HeadlessError} `invalid_token`; or the network error that kept the keys away.
   */
  async verify(token: string, source: TokenSource = 'answer'): Promise<Fields> {
    try {
      const { payload, protectedHeader } = await compactVerify(
        token,
        (header, jws) => this.#keyFor(header, jws, source),
        { algorithms: ['RS256'] },
      );
      if (protectedHeader.typ !== undefined && protectedHeader.typ.toUpperCase() !== 'JWT') {
        throw new HeadlessError('invalid_token', {
          message: 'A token is of another type than JWT.',
        });
      }
      const claims: unknown = JSON.parse(new TextDecoder().decode(payload));
      if (typeof claims !== 'object' || claims === null || Array.isArray(claims)) {
        throw new HeadlessError('invalid_token', { message: 'A token has no claims.' });
      }
      return claims as Fields;
    } catch (error) {
      if (error instanceof HeadlessError) throw error;
      throw new HeadlessError('invalid_token', { cause: withoutToken(error) });
    }
  }

  async #keyFor(
    header: JWSHeaderParameters,
    jws: FlattenedJWSInput,
    source: TokenSource,
  ): Promise<CryptoKey> {
    if (this.#find === undefined) await this.#load(source);
    else if (Date.now() - this.#fetchedAt > keptFor) this.#load('caller').catch(() => undefined);
    try {
      return await this.#known(header, jws);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
    }
    if (source === 'caller') this.#takeFetch();
    await this.#load(source);
    return this.#known(header, jws);
  }

  #known(header: JWSHeaderParameters, jws: FlattenedJWSInput): Promise<CryptoKey> {
    if (this.#find === undefined) throw new HeadlessError('unexpected_answer');
    return this.#find(header, jws);
  }

  /** Fetches the keys, once for all who need them now. Keys that are known stay when that fails. */
  #load(source: TokenSource): Promise<void> {
    const failure = this.#failure;
    const isRecent = failure !== undefined && Date.now() - failure.at < pauseAfterFailure;
    if (isRecent && source === 'caller') return Promise.reject(failure.error);
    this.#running ??= this.#fetch().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #fetch(): Promise<void> {
    try {
      this.#find = createLocalJWKSet(await this.#fetchKeys());
      this.#fetchedAt = Date.now();
      this.#failure = undefined;
    } catch (cause) {
      const error =
        cause instanceof HeadlessError ? cause : new HeadlessError('unexpected_answer', { cause });
      this.#failure = { error, at: Date.now() };
      throw error;
    }
  }

  #takeFetch(): void {
    const spans = Math.floor((Date.now() - this.#refilledAt) / coolDown);
    if (spans > 0) {
      this.#callersFetches = Math.min(burst, this.#callersFetches + spans);
      this.#refilledAt += spans * coolDown;
    }
    if (this.#callersFetches === 0) {
      throw new HeadlessError('invalid_token', {
        message: 'A token is signed with a key that Salesforce did not publish.',
      });
    }
    this.#callersFetches -= 1;
  }
}

/** What jose found wrong, without anything of the token. */
function withoutToken(error: unknown): unknown {
  return error instanceof errors.JOSEError
    ? { code: error.code, message: error.message }
    : undefined;
}

/** Whether a token is a JWT; an opaque access token looks like `00D…!AQ…`. */
export function isJwt(token: string): boolean {
  try {
    return decodeProtectedHeader(token).alg !== undefined;
  } catch {
    return false;
  }
}
