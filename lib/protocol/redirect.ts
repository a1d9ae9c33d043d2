import { HeadlessError, salesforceDescriptions, salesforceErrors } from '../errors.js';
import { tokenBase, type AuthorizationCode } from './authorize.js';
import type { LocalMeanings, SalesforceStatement } from './refusal.js';
import { originOf, type Site } from './site.js';

/** Everything an authorize request by redirect is made of. */
export interface RedirectInput {
  readonly clientId: string;
  /** A registered callback URL, byte for byte. */
  readonly redirectUri: string;
  readonly state: string;
  readonly nonce: string;
  readonly codeChallenge: string;
  /** Blank-separated. Left out, Salesforce grants every scope of the app. */
  readonly scope?: string | undefined;
  /** Developer name of an auth provider or SAML configuration; left out, people get the site's own login page. */
  readonly provider?: string | undefined;
  readonly prompt?: string | undefined;
  readonly loginHint?: string | undefined;
  /** Further parameters, such as `ui_locales`. */
  readonly parameters?: Readonly<Record<string, string>> | undefined;
}

/**
 * The URL that a browser is sent to for a login by redirect (wire contract, first-party, section 6.2). The challenge's
 * method is named although Salesforce ignores it: other servers take a challenge without one as plain text.
 *
 * @throws {HeadlessError} `invalid_argument` when a further parameter has the name of one that is set here.
 */
export function redirectUrl(site: Site, input: RedirectInput): string {
  const own: Readonly<Record<string, string | undefined>> = {
    response_type: 'code',
    client_id: input.clientId,
    redirect_uri: input.redirectUri,
    scope: input.scope,
    state: input.state,
    nonce: input.nonce,
    code_challenge: input.codeChallenge,
    code_challenge_method: 'S256',
    sso_provider: input.provider,
    prompt: input.prompt,
    login_hint: input.loginHint,
  };
  for (const name of Object.keys(input.parameters ?? {})) {
    if (Object.hasOwn(own, name)) {
      throw new HeadlessError('invalid_argument', {
        message: `\`parameters\` must not contain \`${name}\`.`,
      });
    }
  }
  const url = new URL(`${site.base}/services/oauth2/authorize`);
  for (const [name, value] of Object.entries({ ...own, ...input.parameters })) {
    if (value !== undefined) url.searchParams.append(name, value);
  }
  return url.href;
}

/** What the errors of a callback mean when a visitor can mend them (RFC 6749, 4.1.2.1; OpenID Connect Core, 3.1.2.6). */
const callbackMeanings: LocalMeanings = {
  access_denied: 'sso_denied',
  login_required: 'login_required',
  interaction_required: 'login_required',
  account_selection_required: 'login_required',
  consent_required: 'app_not_approved',
  server_error: 'server_error',
  temporarily_unavailable: 'server_error',
};

const longestDescription = 300;

/** The one value of a parameter. RFC 6749, 3.1: none comes twice. */
function only(query: URLSearchParams, name: string): string | undefined {
  const values = query.getAll(name);
  if (values.length > 1) throw new HeadlessError('unexpected_answer');
  return values[0] === '' ? undefined : values[0];
}

function refusalIn(query: URLSearchParams, error: string, local: LocalMeanings): HeadlessError {
  const description = only(query, 'error_description')?.replace(/\p{Cc}+/gu, ' ');
  const said: SalesforceStatement = {
    status: 302,
    ...(/^[\w.-]{1,64}$/.test(error) && { error }),
    ...(description !== undefined && { description: description.slice(0, longestDescription) }),
  };
  const described = salesforceDescriptions.find(([pattern]) => pattern.test(description ?? ''));
  const meanings: LocalMeanings = { ...callbackMeanings, ...local };
  const meaning = Object.hasOwn(meanings, error) ? meanings[error] : salesforceErrors.get(error);
  return new HeadlessError(described?.[1] ?? meaning ?? 'unexpected_answer', { cause: said });
}

/**
 * Reads the query of a callback whose `state` has already been compared.
 *
 * @param origins of the issuers that may stand in `iss` (RFC 9207).
 * @param local what errors mean in a flow, where that differs from a login by redirect.
 * @throws {HeadlessError} `sso_denied`, `login_required` and others for an error; `untrusted_host` when another
 *   issuer than the site's answered or the token call is pointed to another host; `unexpected_answer`.
 */
export function readCallback(
  site: Site,
  origins: readonly string[],
  query: URLSearchParams,
  local: LocalMeanings = {},
): AuthorizationCode {
  const issuer = only(query, 'iss');
  if (issuer !== undefined && !origins.includes(originOf(issuer) ?? '')) {
    throw new HeadlessError('untrusted_host', {
      message: 'The callback comes from another issuer than the site.',
    });
  }
  const error = only(query, 'error');
  if (error !== undefined) throw refusalIn(query, error, local);
  const code = only(query, 'code');
  if (code === undefined) throw new HeadlessError('unexpected_answer');
  const communityUrl = only(query, 'sfdc_community_url');
  return { code, tokenBase: tokenBase(site, { sfdc_community_url: communityUrl }) };
}
