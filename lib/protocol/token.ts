import { HeadlessError } from '../errors.js';
import { readAnswer, textField } from './answer.js';
import { refusal, requestIdOf } from './refusal.js';
import { formBody, formType, type WireRequest, type WireResponse } from './wire.js';

/** Exchange of an authorization code. */
export interface CodeExchange {
  readonly clientId: string;
  /** Of a private client; sent in the body. */
  readonly clientSecret?: string | undefined;
  readonly code: string;
  /** The very string of the authorize call. */
  readonly redirectUri: string;
  readonly codeVerifier: string;
  /** For guests: the visitor id or guest token, bare, as this endpoint wants it (wire contract, login, 10.2). */
  readonly guestHint?: string | undefined;
  /** For named users: sent only when the client is told to (wire contract, login, section 11). */
  readonly namedHint?: string | undefined;
}

/** The token call that ends every headless flow. It carries no password. */
export function codeExchangeRequest(base: string, exchange: CodeExchange): WireRequest {
  const headers: Record<string, string> = {
    'content-type': formType,
    accept: 'application/json',
  };
  if (exchange.guestHint !== undefined) headers['auth-request-type'] = 'guest';
  const hint = exchange.guestHint ?? exchange.namedHint;
  if (hint !== undefined) headers['uvid-hint'] = hint;
  const secrets = [exchange.code, exchange.codeVerifier];
  if (exchange.clientSecret !== undefined) secrets.push(exchange.clientSecret);
  if (hint?.includes('.')) secrets.push(hint);
  return {
    method: 'POST',
    url: `${base}/services/oauth2/token`,
    headers,
    body: formBody({
      grant_type: 'authorization_code',
      code: exchange.code,
      client_id: exchange.clientId,
      client_secret: exchange.clientSecret,
      redirect_uri: exchange.redirectUri,
      code_verifier: exchange.codeVerifier,
    }),
    secrets,
  };
}

/** A token answer, field by field, before anything in it has been verified. */
export interface TokenAnswer {
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
  readonly idToken: string | undefined;
  readonly scope: string | undefined;
  /** `issued_at`, milliseconds since the epoch; Salesforce writes it as a string. */
  readonly issuedAt: number | undefined;
  /** Identity URL, `…/id/{organization id}/{user id}`. */
  readonly identityUrl: string | undefined;
  readonly instanceUrl: string | undefined;
  readonly communityUrl: string | undefined;
  readonly communityId: string | undefined;
}

/** Meanings of `invalid_grant` and its siblings at the token endpoint (wire contract, login, 4.3). */
const meanings = {
  invalid_grant: 'code_exchange_refused',
  invalid_request: 'code_exchange_refused',
  unknown_error: 'uvid_refused',
} as const;

/**
 * Reads the answer of the token endpoint.
 *
 * @throws {HeadlessError} for anything but 200 with an `access_token` of type Bearer.
 */
export function readToken(request: WireRequest, response: WireResponse): TokenAnswer {
  const answer = readAnswer(response, request.url);
  if (answer.kind !== 'fields' || response.status !== 200) {
    throw refusal(request, response, meanings);
  }
  const { fields } = answer;
  const accessToken = textField(fields, 'access_token');
  if (accessToken === undefined) throw refusal(request, response, meanings);
  const type = textField(fields, 'token_type');
  if (type !== undefined && type.toLowerCase() !== 'bearer') {
    throw new HeadlessError('unexpected_answer', { requestId: requestIdOf(response) });
  }
  const issuedAt = Number(fields['issued_at']);
  return {
    accessToken,
    refreshToken: textField(fields, 'refresh_token'),
    idToken: textField(fields, 'id_token'),
    scope: textField(fields, 'scope'),
    issuedAt: Number.isSafeInteger(issuedAt) && issuedAt > 0 ? issuedAt : undefined,
    identityUrl: textField(fields, 'id'),
    instanceUrl: textField(fields, 'instance_url'),
    communityUrl: textField(fields, 'sfdc_community_url'),
    communityId: textField(fields, 'sfdc_community_id'),
  };
}
