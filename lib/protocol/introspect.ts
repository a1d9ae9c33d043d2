import { HeadlessError } from '../errors.js';
import { readAnswer, textField, type Fields } from './answer.js';
import type { ClientProof } from './client-authentication.js';
import { refusal, requestIdOf } from './refusal.js';
import { formBody, formType, type WireRequest, type WireResponse } from './wire.js';

/** Which kind of token is meant; Salesforce finds out by itself when it is not told. */
export type TokenTypeHint = 'access_token' | 'refresh_token';

/** A question about a token, asked in the name of an app that proves itself. */
export interface IntrospectionCall {
  readonly clientId: string;
  readonly proof: ClientProof;
  readonly token: string;
  readonly hint?: TokenTypeHint | undefined;
}

/** The introspection call (RFC 7662; wire contract, login, 5.3, and first-party, section 10). */
export function introspectRequest(base: string, call: IntrospectionCall): WireRequest {
  const { clientId, proof, token, hint } = call;
  return {
    method: 'POST',
    url: `${base}/services/oauth2/introspect`,
    headers: { 'content-type': formType, accept: 'application/json', ...proof.headers },
    body: formBody({ token, token_type_hint: hint, client_id: clientId, ...proof.parameters }),
    secrets: [token, ...proof.secrets],
  };
}

/** A token that opens nothing: ended, revoked, unknown, or another app's. */
export interface InactiveToken {
  readonly active: false;
}

/** What Salesforce says of a token that is good. It names no issuer and no audience. */
export interface ActiveToken {
  readonly active: true;
  readonly scope: readonly string[];
  /** The app that the token was issued to. */
  readonly clientId: string | undefined;
  readonly username: string | undefined;
  /** Of a named user the identity URL, `…/id/{organization id}/{user id}`. */
  readonly sub: string | undefined;
  /** The kind of token, such as `access_token`; not `Bearer`. */
  readonly tokenType: string | undefined;
  /** Milliseconds since the epoch, like `issuedAt` and `notBefore`. */
  readonly expiresAt: number | undefined;
  readonly issuedAt: number | undefined;
  readonly notBefore: number | undefined;
  /** Every member of the answer as it stands; times in it are seconds. */
  readonly claims: Fields;
}

/** What is known of a token. */
export type Introspection = InactiveToken | ActiveToken;

/** Times are seconds in the answer. */
function milliseconds(fields: Fields, name: string): number | undefined {
  const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
  const seconds = typeof value === 'string' && /^\d{1,12}$/.test(value) ? Number(value) : value;
  return typeof seconds === 'number' && Number.isFinite(seconds) ? seconds * 1000 : undefined;
}

/**
 * Reads the answer.
 *
 * @throws {HeadlessError} `invalid_client`; `unexpected_answer` for an answer that does not say whether the token is active.
 */
export function readIntrospection(request: WireRequest, response: WireResponse): Introspection {
  const answer = readAnswer(response, request.url);
  if (answer.kind !== 'fields' || response.status !== 200) throw refusal(request, response);
  const { fields } = answer;
  if (fields['active'] === false) return { active: false };
  if (fields['active'] !== true) {
    throw new HeadlessError('unexpected_answer', { requestId: requestIdOf(response) });
  }
  return {
    active: true,
    scope: (textField(fields, 'scope') ?? '').split(/\s+/).filter((word) => word !== ''),
    clientId: textField(fields, 'client_id'),
    username: textField(fields, 'username'),
    sub: textField(fields, 'sub'),
    tokenType: textField(fields, 'token_type'),
    expiresAt: milliseconds(fields, 'exp'),
    issuedAt: milliseconds(fields, 'iat'),
    notBefore: milliseconds(fields, 'nbf'),
    claims: fields,
  };
}
