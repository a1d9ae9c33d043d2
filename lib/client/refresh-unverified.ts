import { HeadlessError } from '../errors.js';

/**
 * Says that Salesforce has renewed the tokens of a login, but whether they are the ones they should be could not be found
 * out (code `unexpected_answer`): the keys that sign them could not be fetched. The refresh token of the call is spent
 * where refresh tokens rotate; the one that came in its place is all there is.
 */
export class RefreshUnverified extends HeadlessError {
  readonly #refreshToken: string | undefined;

  /** @internal */
  constructor(refreshToken: string | undefined, cause: unknown) {
    super('unexpected_answer', {
      message: 'The tokens that a refresh was answered by could not be verified.',
      cause,
    });
    this.#refreshToken = refreshToken;
  }

  /** The new refresh token; undefined when the one of the call stays good. */
  get refreshToken(): string | undefined {
    return this.#refreshToken;
  }
}
