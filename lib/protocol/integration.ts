import { HeadlessError, type HeadlessErrorDetails } from '../errors.js';
import { readAnswer, textField } from './answer.js';
import { refusal, requestIdOf } from './refusal.js';
import { tokenRequest, type TokenCaller } from './token.js';
import type { WireRequest, WireResponse } from './wire.js';

/** A scope of an integration user's token. */
export type IntegrationScope = 'user_registration_api' | 'pwdless_login_api' | 'forgot_password';

/** The calls that a site may want an integration user's token for, and the scope each wants (wire contract, one-time codes, 8.3). */
export const integrationScopes: Readonly<
  Record<'registration' | 'passwordless' | 'passwordReset', IntegrationScope>
> = {
  registration: 'user_registration_api',
  passwordless: 'pwdless_login_api',
  passwordReset: 'forgot_password',
};

/** A token for the app itself: the client credentials grant (RFC 6749, 4.4), under the app's run-as user. */
export function clientCredentialsRequest(
  base: string,
  caller: TokenCaller,
  scope: string,
): WireRequest {
  return tokenRequest(base, caller, { grant_type: 'client_credentials', scope }, []);
}

/** A token for a user whom a signed assertion names (RFC 7523, 2.1); it needs no client authentication. */
export function jwtBearerRequest(
  base: string,
  clientId: string,
  assertion: string,
  scope: string,
): WireRequest {
  const grant = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
  return tokenRequest(base, { clientId }, { grant_type: grant, assertion, scope }, [assertion]);
}

/** An integration user's token. */
export interface IntegrationToken {
  readonly accessToken: string;
  /** Seconds it lives, when the answer says so; Salesforce's usually does not. */
  readonly expiresIn: number | undefined;
}

function lacking(scope: string, details: HeadlessErrorDetails): HeadlessError {
  return new HeadlessError('integration_token_required', {
    ...details,
    message: `The integration user’s token lacks the scope ${scope}.`,
    hint: `Assign the scope ${scope} to the app that \`integration\` names.`,
  });
}

/**
 * Reads the answer to either grant.
 *
 * @throws {HeadlessError} `integration_token_required` when the token lacks the scope, or the app may not ask for it;
 *   `server_error`; `integration_refused` for every other refusal: none of them is the visitor's to mend.
 */
export function readIntegrationToken(
  scope: string,
  request: WireRequest,
  response: WireResponse,
): IntegrationToken {
  const requestId = requestIdOf(response);
  const answer = readAnswer(response, request.url);
  const fields = answer.kind === 'fields' && response.status === 200 ? answer.fields : {};
  const accessToken = textField(fields, 'access_token');
  if (accessToken === undefined) {
    const error = refusal(request, response);
    if (error.code === 'server_error') throw error;
    if (error.code === 'invalid_scope') throw lacking(scope, { cause: error.cause, requestId });
    throw new HeadlessError('integration_refused', { cause: error.cause, requestId });
  }
  const granted = textField(fields, 'scope');
  if (granted !== undefined && !granted.split(/\s+/).includes(scope)) {
    throw lacking(scope, { requestId });
  }
  const expiresIn = Number(fields['expires_in'] ?? Number.NaN);
  return { accessToken, expiresIn: expiresIn > 0 ? expiresIn : undefined };
}

/**
 * Whether Salesforce refused a call for its integration token alone, so that nothing else in the call was used: the words
 * of its REST side (wire contract, one-time codes, 10.1), or those of the challenge endpoint (first-party, 3.13). A status
 * says too little: a challenge and a wrong code may have the same one.
 */
export function refusesIntegrationToken(request: WireRequest, response: WireResponse): boolean {
  if (response.status !== 401) return false;
  const answer = readAnswer(response, request.url);
  if (answer.kind !== 'fields') return false;
  const { fields } = answer;
  if (response.body.trimStart().startsWith('[')) {
    return textField(fields, 'errorCode') === 'INVALID_SESSION_ID';
  }
  if (Object.hasOwn(fields, 'auth_session') || Object.hasOwn(fields, 'status_code')) return false;
  const error = textField(fields, 'error');
  const said = textField(fields, 'error_description') ?? '';
  return error === 'invalid_token' || (error === 'invalid_request' && /access token/i.test(said));
}
