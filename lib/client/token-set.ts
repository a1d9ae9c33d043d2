import type { WebSession } from '../protocol/hybrid.js';
import type { TokenAnswer } from '../protocol/token.js';

/**
 * The tokens of one login. The secret ones are read by name and never by accident: inspecting, spreading or
 * stringifying the object shows none of them.
 */
export class TokenSet {
  readonly #accessToken: string;
  readonly #refreshToken: string | undefined;
  readonly #idToken: string | undefined;
  readonly #webSession: WebSession | undefined;
  /** URL of the site whose tokens they are. */
  readonly site: string;
  /** Consumer key of the app whose tokens they are. */
  readonly clientId: string;
  /** Granted scopes; Salesforce's order means nothing. */
  readonly scope: readonly string[];
  /** When Salesforce issued the tokens, milliseconds since the epoch, if it said so. */
  readonly issuedAt: number | undefined;
  /** When the access token ends by this machine's clock, milliseconds since the epoch; unknown for opaque tokens. */
  readonly expiresAt: number | undefined;
  /** Identity URL of a named user. */
  readonly identityUrl: string | undefined;
  /** Where data calls go: the org's host or the site's, as Salesforce says. */
  readonly instanceUrl: string | undefined;
  /** Base URL of the site. */
  readonly communityUrl: string | undefined;
  /** Network id of the site, `0DB…`. */
  readonly communityId: string | undefined;

  constructor(
    { site, clientId }: Pick<TokenSet, 'site' | 'clientId'>,
    answer: TokenAnswer,
    expiresAt: number | undefined,
  ) {
    this.site = site;
    this.clientId = clientId;
    this.#accessToken = answer.accessToken;
    this.#refreshToken = answer.refreshToken;
    this.#idToken = answer.idToken;
    this.#webSession = answer.webSession;
    this.scope = (answer.scope ?? '').split(/\s+/).filter((word) => word !== '');
    this.issuedAt = answer.issuedAt;
    this.expiresAt = expiresAt;
    this.identityUrl = answer.identityUrl;
    this.instanceUrl = answer.instanceUrl;
    this.communityUrl = answer.communityUrl;
    this.communityId = answer.communityId;
  }

  /** For `Authorization: Bearer`. */
  get accessToken(): string {
    return this.#accessToken;
  }

  /** Present when the scope `refresh_token` was granted. */
  get refreshToken(): string | undefined {
    return this.#refreshToken;
  }

  /** Present when the scope `openid` was granted. It lives two minutes: already verified, never a session. */
  get idToken(): string | undefined {
    return this.#idToken;
  }

  /** Present when the client is `hybrid` and the scope `web` was granted. As secret as the tokens. */
  get webSession(): WebSession | undefined {
    return this.#webSession;
  }
}
