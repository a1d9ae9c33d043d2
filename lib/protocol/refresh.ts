import type { LocalMeanings } from './refusal.js';
import { readToken, tokenRequest, type TokenAnswer, type TokenCaller } from './token.js';
import type { WireRequest, WireResponse } from './wire.js';

/** Renewal of an access token by a refresh token (wire contract, login, 5.1). */
export interface Refresh extends TokenCaller {
  readonly refreshToken: string;
  /** `hybrid_refresh` also renews web session ids (wire contract, first-party, 7.2). Default `refresh_token`. */
  readonly grantType?: 'refresh_token' | 'hybrid_refresh' | undefined;
}

/** The refresh call. Where rotation is on, the refresh token in it is good for this one call (wire contract, first-party, 8.3). */
export function refreshRequest(base: string, refresh: Refresh): WireRequest {
  const { refreshToken, grantType = 'refresh_token' } = refresh;
  const parameters = { grant_type: grantType, refresh_token: refreshToken };
  return tokenRequest(base, refresh, parameters, [refreshToken]);
}

/** What the token endpoint means by its errors when a token is refreshed (wire contract, first-party, 4.5 and 8.2). */
const refreshMeanings: LocalMeanings = {
  invalid_grant: 'login_required',
  inactive_user: 'login_required',
  insufficient_authorization: 'step_up_required',
};

/**
 * Reads the answer. It holds a new refresh token where rotation is on, else the old one stays good.
 *
 * @throws {HeadlessError} `login_required` when Salesforce has ended the login; other codes as everywhere.
 */
export function readRefresh(request: WireRequest, response: WireResponse): TokenAnswer {
  return readToken(request, response, refreshMeanings);
}
