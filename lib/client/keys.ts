import {
  compactVerify,
  createRemoteJWKSet,
  customFetch,
  decodeProtectedHeader,
  errors,
} from 'jose';
import { HeadlessError } from '../errors.js';
import type { Fields } from '../protocol/answer.js';
import { keysRequest } from '../protocol/discovery.js';
import { refusal } from '../protocol/refusal.js';
import type { Site } from '../protocol/site.js';
import type { Transport } from './transport.js';

/** Keys are kept this long (milliseconds). */
const keptFor = 600_000;
/** However many unknown key ids turn up, keys are fetched at most this often in a burst … */
const burst = 4;
/** … and once more after each of these spans (milliseconds). */
const coolDown = 30_000;

/** The signature keys of a site, fetched when first needed and when an unknown key id turns up. */
export class SigningKeys {
  readonly #keys: ReturnType<typeof createRemoteJWKSet>;
  #fetchesLeft = burst;
  #refilledAt = Date.now();

  constructor(site: Site, transport: Transport) {
    const request = keysRequest(site);
    this.#keys = createRemoteJWKSet(new URL(request.url), {
      // jose refuses every unknown key id for a while after a fetch; a key rotated in that while would lock
      // customers out, so the limit below takes the place of that pause.
      cooldownDuration: 0,
      cacheMaxAge: keptFor,
      [customFetch]: async () => {
        this.#takeFetch();
        const response = await transport.send(request);
        if (response.status !== 200) throw refusal(request, response);
        return new Response(response.body);
      },
    });
  }

  #takeFetch(): void {
    const spans = Math.floor((Date.now() - this.#refilledAt) / coolDown);
    if (spans > 0) {
      this.#fetchesLeft = Math.min(burst, this.#fetchesLeft + spans);
      this.#refilledAt += spans * coolDown;
    }
    if (this.#fetchesLeft === 0) {
      throw new HeadlessError('invalid_token', {
        message: 'A token is signed with a key that Salesforce did not publish.',
      });
    }
    this.#fetchesLeft -= 1;
  }

  /**
   * Verifies the signature of a token, RS256 only, and gives its claims, which nobody has checked yet.
   *
   * @throws {HeadlessError} `invalid_token`; or the network error that kept the keys away.
   */
  async verify(token: string): Promise<Fields> {
    try {
      const { payload, protectedHeader } = await compactVerify(token, this.#keys, {
        algorithms: ['RS256'],
      });
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
