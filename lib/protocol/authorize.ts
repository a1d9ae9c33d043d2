import { HeadlessError, type HeadlessErrorCode } from '../errors.js';
import { readAnswer, textField, type Fields } from './answer.js';
import { basicCredentials } from './basic.js';
import { descriptionOf, refusal, requestIdOf } from './refusal.js';
import { originOf, type Site } from './site.js';
import { hintValue, type HintSpelling, type Visitor } from './uvid.js';
import { formBody, formType, type WireRequest, type WireResponse } from './wire.js';

interface RequestType {
  /** The value of the header `Auth-Request-Type`, in Salesforce's own casing. */
  readonly header: string;
  /** Whether the call says by `Auth-Verification-Type` how the one-time code was sent. */
  readonly verified: boolean;
  /** What `invalid_grant` means: the pair of credentials that this flow carries. */
  readonly invalidGrant: HeadlessErrorCode;
}

/** The headless flows differ at this endpoint in one row of data each (wire contract, login, 2.1; one-time codes, 2.5). */
const requestTypes = {
  'named-user': { header: 'Named-User', verified: false, invalidGrant: 'invalid_credentials' },
  guest: { header: 'guest', verified: false, invalidGrant: 'unexpected_answer' },
  passwordless: { header: 'passwordless-login', verified: true, invalidGrant: 'invalid_code' },
  registration: { header: 'user-registration', verified: true, invalidGrant: 'invalid_code' },
} as const satisfies Record<string, RequestType>;

/** The flows that begin at the authorize endpoint. */
export type AuthorizeFlow = keyof typeof requestTypes;

/** What `invalid_grant` means in a flow. */
export function invalidGrantOf(flow: AuthorizeFlow): HeadlessErrorCode {
  return requestTypes[flow].invalidGrant;
}

/** How a one-time code reaches its owner. */
export type VerificationMethod = 'email' | 'sms';

/** Everything an authorize call is made of. */
export interface AuthorizeInput {
  readonly flow: AuthorizeFlow;
  readonly clientId: string;
  /** Sent byte for byte, and never visited. */
  readonly redirectUri: string;
  readonly codeChallenge: string;
  /** Blank-separated. Left out, Salesforce grants every scope of the app; guests must name theirs. */
  readonly scope?: string | undefined;
  /** Username and password, or identifier and one-time code. */
  readonly credentials?: { readonly name: string; readonly secret: string };
  readonly credentialsIn: 'header' | 'body';
  /** Whether the name is no username but any identifier, which Salesforce's discovery handler looks up. */
  readonly loginHint?: boolean | undefined;
  /** JSON text for the discovery handler; sent with a login hint only. */
  readonly customdata?: string | undefined;
  readonly verificationMethod?: VerificationMethod;
  readonly hint?: { readonly visitor: Visitor; readonly spelling: HintSpelling } | undefined;
}

/** Above this many characters a Basic header risks the header limits of servers on the way. */
const longestBasicHeader = 4096;

/**
 * The authorize call of every headless flow. Credentials travel in a Basic header or in the body, never in the URL.
 * A name that contains a colon cannot stand in a Basic header (RFC 7617), so it goes in the body.
 */
export function authorizeRequest(site: Site, input: AuthorizeInput): WireRequest {
  const type = requestTypes[input.flow];
  const headers: Record<string, string> = {
    'content-type': formType,
    accept: 'application/json',
    'auth-request-type': type.header,
  };
  const parameters: Record<string, string | undefined> = {
    response_type: 'code_credentials',
    client_id: input.clientId,
    redirect_uri: input.redirectUri,
    scope: input.scope,
    code_challenge: input.codeChallenge,
  };
  const secrets: string[] = [];
  if (type.verified) headers['auth-verification-type'] = input.verificationMethod ?? 'email';
  if (input.credentials !== undefined) {
    const { name, secret } = input.credentials;
    const basic = basicCredentials(name, secret);
    secrets.push(secret);
    if (input.loginHint === true) {
      // The header form is documented for usernames only (wire contract, one-time codes, 5.1).
      parameters['login_hint'] = name;
      parameters['password'] = secret;
      parameters['customdata'] = input.customdata;
    } else if (
      input.credentialsIn === 'body' ||
      name.includes(':') ||
      basic.length > longestBasicHeader
    ) {
      parameters['username'] = name;
      parameters['password'] = secret;
    } else {
      headers['authorization'] = basic;
    }
  }
  if (input.hint !== undefined) {
    const { visitor, spelling } = input.hint;
    const value = hintValue(visitor, spelling.prefix);
    if ('guestToken' in visitor) secrets.push(visitor.guestToken);
    if (spelling.in === 'header') headers['uvid-hint'] = value;
    else parameters['uvid_hint'] = value;
  }
  return {
    method: 'POST',
    url: `${site.base}/services/oauth2/authorize`,
    headers,
    body: formBody(parameters),
    secrets,
  };
}

/** What a successful authorize call yields. */
export interface AuthorizationCode {
  /** Decoded once, as it must be encoded again for the token call. */
  readonly code: string;
  /** Base of the token call: the site's, or another path on the same host when Salesforce names one. */
  readonly tokenBase: string;
}

function isRedirectUri(location: URL, redirectUri: string): boolean {
  const expected = new URL(redirectUri);
  return (
    location.protocol === expected.protocol &&
    location.host === expected.host &&
    location.pathname === expected.pathname
  );
}

/**
 * The base of the token call that belongs to a code.
 *
 * @throws {HeadlessError} `untrusted_host` when the fields point to another host than the site's, or name a user.
 */
export function tokenBase(site: Site, fields: Fields, requestId?: string): string {
  const communityUrl = textField(fields, 'sfdc_community_url');
  if (communityUrl === undefined) return site.base;
  const url = originOf(communityUrl) === site.origin ? new URL(communityUrl) : undefined;
  if (url?.username !== '' || url.password !== '') {
    throw new HeadlessError('untrusted_host', { requestId });
  }
  return site.origin + url.pathname.replace(/\/+$/, '');
}

const aboutCode = /otp|one-time|passcode|\bcode\b|verif|authentication/i;
const aboutUser =
  /regist|duplicate|already|exist|handler|apex|user|profile|field|insert|exception/i;

/**
 * A registration has its user made by this call, by code of the org. Its refusals have the error code of a wrong one-time
 * code and texts that nobody has documented (wire contract, registration, 10.3): only what is clearly about the user is
 * told apart.
 */
function registrationRefusal(error: HeadlessError): HeadlessError {
  const said = descriptionOf(error);
  if (error.code !== 'invalid_code' || aboutCode.test(said) || !aboutUser.test(said)) return error;
  return new HeadlessError('registration_refused', {
    cause: error.cause,
    requestId: error.requestId,
  });
}

/**
 * Reads the answer of an authorize call: a redirect to the redirect URI with a code, or the same fields as JSON.
 *
 * @throws {HeadlessError} for everything else; `untrusted_host` when a code is sent elsewhere or the token
 *   call is pointed to another host than the site's.
 */
export function readAuthorize(
  site: Site,
  input: Pick<AuthorizeInput, 'flow' | 'redirectUri'>,
  request: WireRequest,
  response: WireResponse,
): AuthorizationCode {
  const answer = readAnswer(response, request.url);
  let fields: Fields = {};
  if (answer.kind === 'fields' && response.status < 300) fields = answer.fields;
  if (answer.kind === 'redirect') {
    fields = Object.fromEntries(answer.location.searchParams);
    const code = textField(fields, 'code');
    if (code !== undefined && !isRedirectUri(answer.location, input.redirectUri)) {
      throw new HeadlessError('untrusted_host', { requestId: requestIdOf(response) });
    }
  }
  const code = textField(fields, 'code');
  if (code !== undefined && textField(fields, 'error') === undefined) {
    return { code, tokenBase: tokenBase(site, fields, requestIdOf(response)) };
  }
  const local = { invalid_grant: requestTypes[input.flow].invalidGrant };
  const error = refusal(request, response, local, 'not_headless');
  throw input.flow === 'registration' ? registrationRefusal(error) : error;
}
