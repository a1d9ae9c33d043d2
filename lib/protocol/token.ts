import { HeadlessError } from '../errors.js';
import { readAnswer, textField } from './answer.js';
import type { ClientProof } from './client-authentication.js';
import { readWebSession, type WebSession } from './hybrid.js';
import { refusal, requestIdOf, type LocalMeanings } from './refusal.js';
import { formBody, formType, type WireRequest, type WireResponse } from './wire.js';

/** What every call of the token endpoint says about the app that makes it. */
export interface TokenCaller {
  readonly clientId: string;
  /** Nothing, for a public client. */
  readonly proof?: ClientProof | undefined;
}

/** A call of the token endpoint; the grants differ in their parameters and in what of them is secret. */
export function tokenRequest(
  base: string,
  { clientId, proof }: TokenCaller,
  parameters: Readonly<Record<string, string | undefined>>,
  secrets: readonly (string | undefined)[],
): WireRequest {
  return {
    method: 'POST',
    url: `${base}/services/oauth2/token`,
    headers: { 'content-type': formType, accept: 'application/json', ...proof?.headers },
    body: formBody({ ...parameters, client_id: clientId, ...proof?.parameters }),
    secrets: [...secrets, ...(proof?.secrets ?? [])].filter((secret) => secret !== undefined),
  };
}

/** Exchange of an authorization code. */
export interface CodeExchange extends TokenCaller {
  /** Default `authorization_code`; `hybrid_auth_code` also yields web session ids (wire contract, first-party, 7.2). */
  readonly grantType?: 'authorization_code' | 'hybrid_auth_code' | undefined;
  readonly code: string;
  /** The very string of the authorize call; left out when that had none (wire contract, first-party, 3.10). */
  readonly redirectUri?: string | undefined;
  readonly codeVerifier: string;
  /** For guests: the visitor id or guest token, bare, as this endpoint wants it (wire contract, login, 10.2). */
  readonly guestHint?: string | undefined;
  /** For named users: sent only when the client is told to (wire contract, login, section 11). */
  readonly namedHint?: string | undefined;
}

/** The token call that ends every flow. It carries no password. */
export function codeExchangeRequest(base: string, exchange: CodeExchange): WireRequest {
  const hint = exchange.guestHint ?? exchange.namedHint;
  const parameters = {
    grant_type: exchange.grantType ?? 'authorization_code',
    code: exchange.code,
    redirect_uri: exchange.redirectUri,
    code_verifier: exchange.codeVerifier,
  };
  const hintSecret = hint?.includes('.') ? hint : undefined;
  const secrets = [exchange.code, exchange.codeVerifier, hintSecret];
  const request = tokenRequest(base, exchange, parameters, secrets);
  const headers = { ...request.headers };
  if (exchange.guestHint !== undefined) headers['auth-request-type'] = 'guest';
  if (hint !== undefined) headers['uvid-hint'] = hint;
  return { ...request, headers };
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
  /** Of a hybrid grant, with the scope `web`. */
  readonly webSession: WebSession | undefined;
}

/** What the token endpoint means by its errors when a code is exchanged (wire contract, login, 4.3). */
const codeMeanings = {
  invalid_grant: 'code_exchange_refused',
  invalid_request: 'code_exchange_refused',
  unknown_error: 'uvid_refused',
} as const;

/**
 * Reads the answer of the token endpoint.
 *
 * @param meanings what errors mean for the grant that was asked with; default: the exchange of a code.
 * @throws {HeadlessError} for anything but 200 with an `access_token` of type Bearer.
 */
export function readToken(
  request: WireRequest,
  response: WireResponse,
  meanings: LocalMeanings = codeMeanings,
): TokenAnswer {
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
    webSession: readWebSession(fields),
  };
}

const hybridConflict =
  'With `hybrid`, an app that has JWT-based access tokens must not rotate refresh tokens.';

/**
 * Reads the answer to a code (wire contract, first-party, 7.2).
 *
 * @throws {HeadlessError} as {@link readToken}; the refusal of a hybrid grant says what is known to clash.
 */
export function readCodeExchange(
  grantType: CodeExchange['grantType'],
  request: WireRequest,
  response: WireResponse,
): TokenAnswer {
  try {
    return readToken(request, response);
  } catch (error) {
    if (grantType !== 'hybrid_auth_code' || !(error instanceof HeadlessError)) throw error;
    const { code, cause, requestId } = error;
    if (code !== 'code_exchange_refused') throw error;
    throw new HeadlessError(code, { cause, requestId, hint: hybridConflict });
  }
}
