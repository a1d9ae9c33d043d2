import { readAnswer, textField } from './answer.js';
import { refusal } from './refusal.js';
import { formBody, formType, type WireRequest, type WireResponse } from './wire.js';

/** The revocation of an access or refresh token; it needs no client authentication (wire contract, login, 5.2). */
export function revokeRequest(base: string, token: string): WireRequest {
  return {
    method: 'POST',
    url: `${base}/services/oauth2/revoke`,
    headers: { 'content-type': formType, accept: 'application/json' },
    body: formBody({ token }),
    secrets: [token],
  };
}

/**
 * Reads the answer. A token that Salesforce does not know is as good as revoked.
 *
 * @throws {HeadlessError} for any other refusal.
 */
export function readRevoke(request: WireRequest, response: WireResponse): void {
  if (response.status === 200) return;
  const answer = readAnswer(response, request.url);
  if (answer.kind === 'fields' && textField(answer.fields, 'error') === 'invalid_token') return;
  throw refusal(request, response);
}
