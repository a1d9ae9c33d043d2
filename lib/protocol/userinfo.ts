import { readAnswer, textField, type Fields } from './answer.js';
import { refusal } from './refusal.js';
import type { WireRequest, WireResponse } from './wire.js';

/** The userinfo call, at the site that issued the token (wire contract, login, section 6). */
export function userinfoRequest(base: string, accessToken: string): WireRequest {
  return {
    method: 'GET',
    url: `${base}/services/oauth2/userinfo`,
    headers: { accept: 'application/json', authorization: `Bearer ${accessToken}` },
    secrets: [accessToken],
  };
}

/**
 * Reads the claims about the user; all but `sub`, `user_id` and `organization_id` are optional.
 *
 * @throws {HeadlessError} `access_token_refused` for 403 with the plain text `Bad_OAuth_Token`, which is how
 *   Salesforce says that a token has expired (hazard 12).
 */
export function readUserinfo(request: WireRequest, response: WireResponse): Fields {
  const answer = readAnswer(response, request.url);
  if (answer.kind === 'fields' && response.status === 200) {
    if (textField(answer.fields, 'user_id') !== undefined) return answer.fields;
  }
  throw refusal(request, response, {
    Bad_OAuth_Token: 'access_token_refused',
    Missing_OAuth_Token: 'access_token_refused',
    INVALID_SESSION_ID: 'access_token_refused',
  });
}
