import { HeadlessError } from '../errors.js';
import { readAnswer, textField, type Fields } from './answer.js';
import { readIdentityUrl, sameRecord } from './claims.js';
import { refusal, requestIdOf } from './refusal.js';
import type { WireRequest, WireResponse } from './wire.js';

/**
 * The call of an identity URL, the `id` of a token answer (wire contract, login, 6.1).
 *
 * @param origins the hosts that may be given the access token.
 * @throws {HeadlessError} `invalid_argument` when it is no identity URL, `untrusted_host` when it lies elsewhere.
 */
export function identityUrlRequest(
  identityUrl: string,
  accessToken: string,
  origins: readonly string[],
): WireRequest {
  const url = URL.canParse(identityUrl) ? new URL(identityUrl) : undefined;
  const isPlain = url?.href === `${url?.origin ?? ''}${url?.pathname ?? ''}`;
  if (url === undefined || !isPlain || readIdentityUrl(url.pathname) === undefined) {
    throw new HeadlessError('invalid_argument', {
      message: 'An identity URL ends in `/id/{organization id}/{user id}`.',
    });
  }
  if (!origins.includes(url.origin)) {
    throw new HeadlessError('untrusted_host', {
      message: 'The identity URL lies on a host that is neither the site’s nor a trusted issuer’s.',
      hint: `If ${url.origin} is your org’s, add it to \`issuers\`.`,
    });
  }
  return {
    method: 'GET',
    url: url.href,
    headers: { accept: 'application/json', authorization: `Bearer ${accessToken}` },
    secrets: [accessToken],
  };
}

/**
 * Reads what Salesforce knows of the user.
 *
 * @throws {HeadlessError} `access_token_refused`; `access_denied` when the URL is that of another org or user;
 *   `unexpected_answer` when the answer is about somebody else.
 */
export function readIdentityAnswer(request: WireRequest, response: WireResponse): Fields {
  const answer = readAnswer(response, request.url);
  if (answer.kind === 'fields' && response.status === 200) {
    const asked = readIdentityUrl(request.url)?.userId ?? '';
    const told = textField(answer.fields, 'user_id');
    if (told !== undefined && sameRecord(told, asked)) return answer.fields;
    throw new HeadlessError('unexpected_answer', { requestId: requestIdOf(response) });
  }
  throw refusal(request, response, {
    Bad_OAuth_Token: 'access_token_refused',
    Missing_OAuth_Token: 'access_token_refused',
    INVALID_SESSION_ID: 'access_token_refused',
    No_Access: 'access_denied',
    Wrong_Org: 'access_denied',
  });
}
