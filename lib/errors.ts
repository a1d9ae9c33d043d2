/** Who can mend it: decides what an app does with the error. See docs/errors.md. */
export type HeadlessFault =
  'credentials' | 'configuration' | 'upstream' | 'network' | 'storage' | 'usage';

interface Meaning {
  readonly fault: HeadlessFault;
  readonly status: number;
  readonly message: string;
  readonly hint?: string;
}

const codeAndCredentials =
  'Setup > OAuth and OpenID Connect Settings > Allow Authorization Code and Credentials Flows; ' +
  'the app > OAuth settings > Enable Authorization Code and Credentials Flow';

/**
 * Every code, what it means to a visitor, and the switch its operator should look at.
 * Messages name nothing that would tell a stranger whether an account exists.
 */
const meanings = {
  // The visitor can mend these.
  missing_credentials: {
    fault: 'credentials',
    status: 400,
    message: 'Fill in every field of the form.',
  },
  malformed_credentials: {
    fault: 'credentials',
    status: 400,
    message: 'What was entered contains characters or lengths that cannot be used.',
  },
  invalid_credentials: {
    fault: 'credentials',
    status: 401,
    message: 'The username or the password is not right.',
  },
  invalid_code: {
    fault: 'credentials',
    status: 401,
    message: 'The code is not right, or no longer valid.',
  },
  no_code_requested: {
    fault: 'credentials',
    status: 400,
    message: 'No code has been requested in this browser, or it has been used. Request a new one.',
  },
  code_expired: {
    fault: 'credentials',
    status: 400,
    message: 'The code is too old. Request a new one.',
  },
  too_many_attempts: {
    fault: 'credentials',
    status: 429,
    message: 'Too many wrong codes. Request a new one.',
  },
  too_many_codes: {
    fault: 'credentials',
    status: 429,
    message: 'Too many codes have been requested. Wait before you request another.',
  },
  password_policy: {
    fault: 'credentials',
    status: 400,
    message: 'This password cannot be used here. Choose another.',
    hint: 'Salesforce says why in `cause.description`.',
  },
  new_code_required: {
    fault: 'credentials',
    status: 400,
    message: 'This code can no longer be used. Request a new one.',
  },
  invalid_fields: {
    fault: 'credentials',
    status: 400,
    message: 'Some of what was entered is missing or cannot be used.',
    hint: '`fields` says which fields, and what is wrong with each.',
  },
  registration_refused: {
    fault: 'credentials',
    status: 400,
    message: 'The registration was not accepted. Check what was entered, or log in if you can.',
    hint:
      'Salesforce’s words are in `cause.description`. The registration handler refused the data, threw, or the ' +
      'username is taken.',
  },
  recaptcha_refused: {
    fault: 'credentials',
    status: 403,
    message: 'The check that you are a person did not succeed. Try again.',
    hint: 'Experience Workspaces > Administration > Login & Registration: reCAPTCHA secret key and score threshold.',
  },
  request_refused: {
    fault: 'credentials',
    status: 400,
    message: 'The request was not accepted. Check what was entered and try again.',
    hint: 'Salesforce refused the request in its own words; they are in `cause.description`.',
  },
  account_refused: {
    fault: 'credentials',
    status: 400,
    message: 'The request was not accepted. Check what was entered and try again.',
    hint: 'Salesforce said something about the account, which a stranger must not learn; it is in `cause.description`.',
  },
  sso_state_unknown: {
    fault: 'credentials',
    status: 403,
    message: 'This login was not begun in this browser, or it took too long. Begin again.',
    hint:
      'If everybody gets it, the session cookie does not come back with the redirect: it must not be `SameSite=Strict`, ' +
      'and the login must begin and end on one host.',
  },
  sso_denied: {
    fault: 'credentials',
    status: 403,
    message: 'The login was cancelled.',
  },
  sso_provider_unknown: {
    fault: 'credentials',
    status: 400,
    message: 'This way to log in is not offered here.',
    hint: 'The request names an identity provider that is not in the option `providers`.',
  },
  login_refused: {
    fault: 'credentials',
    status: 403,
    message: 'This account cannot be used here.',
    hint: 'The verify function of the app returned false.',
  },
  login_required: {
    fault: 'credentials',
    status: 401,
    message: 'Log in to go on.',
    hint: 'Nobody is logged in here, or Salesforce has ended the login. Send the visitor to the login page.',
  },
  refresh_lost: {
    fault: 'credentials',
    status: 401,
    message: 'The login has ended. Log in again.',
    hint:
      'The answer to a token refresh was lost, and the refresh token may have been spent: using it twice would end every ' +
      'login of the user. Nothing is wrong with the app.',
  },
  step_up_required: {
    fault: 'credentials',
    status: 401,
    message: 'One more step is needed to stay logged in.',
    hint: 'Salesforce answered a token refresh with a first-party challenge.',
  },
  challenge_required: {
    fault: 'credentials',
    status: 401,
    message: 'One more step is needed to log in.',
    hint: 'What is asked for stands in `challenge` of the failure.',
  },
  challenge_expired: {
    fault: 'credentials',
    status: 400,
    message: 'This login took too long, or has ended. Begin again.',
  },
  rate_limited: {
    fault: 'credentials',
    status: 429,
    message: 'Too many logins. Wait a while before you try again.',
    hint: 'Salesforce allows 3,600 logins per user and hour.',
  },

  // The administrator of the org, or of this app, can mend these.
  not_headless: {
    fault: 'configuration',
    status: 503,
    message: 'Salesforce answered with a login page: it did not accept the request as headless.',
    hint:
      `Check ${codeAndCredentials}; every requested scope is assigned to the app; ` +
      '"Require user credentials in the POST body" agrees with `credentialsIn`; `site` is the Experience Cloud site.',
  },
  flow_disabled: {
    fault: 'configuration',
    status: 503,
    message: 'This flow is switched off in Salesforce.',
    hint:
      'Plain logins need no switch of the site; for the others look at Experience Workspaces > Administration > Login & ' +
      'Registration: headless registration, headless forgot password, headless passwordless login. For guests the app > ' +
      `Policies > Enable Code and Credentials Flow for Guest Users. For all of them check ${codeAndCredentials}.`,
  },
  invalid_client_id: {
    fault: 'configuration',
    status: 503,
    message: 'Salesforce does not know the client id.',
    hint: 'Compare `clientId` with the consumer key of the app. A new app takes about ten minutes to become known.',
  },
  invalid_client: {
    fault: 'configuration',
    status: 503,
    message: 'Salesforce refused the authentication of this client.',
    hint:
      'Compare `clientSecret` with the consumer secret of the app, or `privateKey` with its certificate. A public client needs ' +
      '"Require Secret for Web Server Flow" switched off.',
  },
  redirect_uri_mismatch: {
    fault: 'configuration',
    status: 503,
    message: 'The redirect URI is not registered with the app.',
    hint: 'Add `redirectUri`, byte for byte, to the callback URLs of the app.',
  },
  invalid_scope: {
    fault: 'configuration',
    status: 503,
    message: 'A requested scope is not assigned to the app.',
    hint: 'The app > OAuth settings > Selected OAuth Scopes must contain every word of `scope`.',
  },
  app_not_approved: {
    fault: 'configuration',
    status: 503,
    message: 'The user is not approved for the app.',
    hint:
      'The app > Policies > Permitted Users: admin approved users are pre-authorized, with the profile or ' +
      'permission set of the customers. "All users may self-authorize" cannot work without a consent screen.',
  },
  site_not_found: {
    fault: 'configuration',
    status: 503,
    message: 'There is no active Experience Cloud site at that address.',
    hint: 'Activate and publish the site, and compare `site` with its URL including the path prefix.',
  },
  uvid_refused: {
    fault: 'configuration',
    status: 503,
    message: 'Salesforce refused the visitor id.',
    hint:
      'Every mistake gives this one answer. Check the spelling set by `uvidHint`; that named users get JWT-based ' +
      'access tokens; and try `http2: true`, which one live org was seen to demand for guests.',
  },
  integration_token_required: {
    fault: 'configuration',
    status: 503,
    message: 'Salesforce wants the access token of an integration user for this call.',
    hint:
      'Give the client `integration`, with the scope that the call wants, or switch off Experience Workspaces > ' +
      'Administration > Login & Registration > "Require authentication to access this API".',
  },
  integration_refused: {
    fault: 'configuration',
    status: 503,
    message: 'No access token could be had for the integration user.',
    hint: 'Check `integration`: client id, secret or key, username, login URL; its app needs the client credentials or JWT bearer flow.',
  },
  client_key_unusable: {
    fault: 'configuration',
    status: 503,
    message: 'The private key of this client could not be had or read.',
    hint: '`privateKey` must be, or give, an RSA private key of 2048 bits or more, as PEM or a KeyObject.',
  },
  recaptcha_required: {
    fault: 'configuration',
    status: 503,
    message: 'Salesforce wants a reCAPTCHA token for this call and none was sent.',
    hint:
      'Have the reader that says what is sent return `recaptcha` or `recaptchaEvent`, or switch the requirement off: ' +
      '`request` of OtpStrategy and passwordReset, `registration` of RegistrationStrategy, `credentials` or `registration` ' +
      'of FirstPartyStrategy.',
  },
  browser_required: {
    fault: 'configuration',
    status: 503,
    message: 'Salesforce wants this login to go on in a browser, on a page of its own.',
    hint: 'Give FirstPartyStrategy `webLogin`, the route of this app that logs people in by redirect.',
  },
  identity_unknown: {
    fault: 'configuration',
    status: 503,
    message: 'The answer of the token endpoint does not say who logged in.',
    hint: 'Request the scope `openid`, switch on JWT-based access tokens for named users, or set `userinfo: true`.',
  },
  scope_missing: {
    fault: 'configuration',
    status: 503,
    message: 'The access token lacks a scope that this call needs.',
    hint: 'Opening the site to a browser needs `web` (or `full`): assign it to the app, and request it by `scope`.',
  },
  access_denied: {
    fault: 'configuration',
    status: 503,
    message: 'Salesforce denied access to the app.',
    hint: 'Check IP relaxation, login hours, session policies (High Assurance) and site membership of the profile.',
  },

  // Salesforce answered, and we refuse to guess.
  unexpected_answer: {
    fault: 'upstream',
    status: 502,
    message: 'Salesforce gave an answer that this library does not understand.',
  },
  untrusted_host: {
    fault: 'upstream',
    status: 502,
    message: 'Salesforce pointed to another host than the configured site.',
    hint: 'Configure `site` with the host that answers; nothing is ever sent to another one.',
  },
  answer_too_large: {
    fault: 'upstream',
    status: 502,
    message: 'The answer was larger than is allowed.',
  },
  code_exchange_refused: {
    fault: 'upstream',
    status: 502,
    message: 'Salesforce refused to exchange the authorization code for a token.',
  },
  invalid_token: {
    fault: 'upstream',
    status: 502,
    message: 'A token did not pass verification.',
  },
  access_token_refused: {
    fault: 'upstream',
    status: 502,
    message: 'Salesforce no longer accepts the access token.',
  },
  server_error: {
    fault: 'upstream',
    status: 502,
    message: 'Salesforce reported an error of its own.',
  },

  // No answer.
  timeout: {
    fault: 'network',
    status: 504,
    message: 'Salesforce did not answer in time.',
  },
  unreachable: {
    fault: 'network',
    status: 503,
    message: 'No connection to Salesforce could be made.',
  },
  connection_lost: {
    fault: 'network',
    status: 503,
    message: 'The connection to Salesforce was lost before the whole answer had arrived.',
  },

  upgrade_refused: {
    fault: 'storage',
    status: 503,
    message: 'What the guest had could not be taken over, so the login was undone.',
    hint: 'The app’s `onUpgrade` failed, see `cause`; `onUpgradeError` is `refuse`.',
  },
  lock_timeout: {
    fault: 'storage',
    status: 503,
    message: 'A lock could not be had in time.',
    hint: 'Another process holds it, or the lock server is slow. It frees itself when its time to live is over.',
  },
  storage_failed: {
    fault: 'storage',
    status: 503,
    message: 'The session store did not do what was asked of it.',
  },

  // The programmer can mend these.
  session_required: {
    fault: 'usage',
    status: 500,
    message: 'This needs a session, and the request has none.',
    hint:
      'Mount express-session and headlessSession({ client }) before this, in that order. ' +
      'If they are mounted, the session store is disconnected.',
  },
  session_store_unsupported: {
    fault: 'usage',
    status: 500,
    message: 'The session middleware of this app cannot give a session a new id.',
    hint:
      'Use express-session with any of its stores. cookie-session has no store and no `regenerate`, so it can neither ' +
      'protect a login from session fixation nor end one for good.',
  },
  keep_session_info_refused: {
    fault: 'usage',
    status: 500,
    message: '`keepSessionInfo` would hand one person’s session to the next.',
    hint:
      'Name the session keys that may move in `headlessSession({ carry })`, or set `allowKeepSessionInfo: true` there; ' +
      'even then they move from a guest’s or the same person’s session only.',
  },
  body_not_parsed: {
    fault: 'usage',
    status: 500,
    message: 'The request has a body that nobody parsed.',
    hint: 'Mount express.urlencoded({ extended: false }) or express.json() before passport.authenticate().',
  },
  verify_without_result: {
    fault: 'usage',
    status: 500,
    message: 'The verify function gave no result.',
    hint: 'Return a user or false (or a promise of one), or call done(error, user).',
  },
  invalid_argument: {
    fault: 'usage',
    status: 500,
    message: 'A call was made with an argument that cannot be used.',
  },
} as const satisfies Record<string, Meaning>;

/** Every code a {@link HeadlessError} can have. The union is closed; docs/errors.md lists it. */
export type HeadlessErrorCode = keyof typeof meanings;

/** All codes, for tables and translations. */
export const headlessErrorCodes = Object.keys(meanings) as readonly HeadlessErrorCode[];

/** What can be said of one occurrence beyond its code. */
export interface HeadlessErrorDetails {
  /** Replaces the standing message of the code. */
  readonly message?: string;
  /** Replaces the standing advice to the operator. */
  readonly hint?: string;
  /** What lies beneath: a network error, or `{ status, error, description }` as Salesforce said it. */
  readonly cause?: unknown;
  /** Salesforce's own id of the request, for a support case. */
  readonly requestId?: string | undefined;
  /** What is wrong with which field of a form, in words for the visitor. */
  readonly fields?: Readonly<Record<string, string>> | undefined;
}

/**
 * The only error this library rejects with. Two things pass it by: the reason of an `AbortSignal` that the app hands to
 * `fetch` and aborts, and what functions of the app throw. Options that are wrong throw a `TypeError` at once.
 *
 * `message` is safe to show to a visitor when `fault` is `credentials`; `hint` is for the operator.
 * Neither contains a password, code, secret or token.
 */
export class HeadlessError extends Error {
  override readonly name = 'HeadlessError';
  /** What happened; stable across versions. */
  readonly code: HeadlessErrorCode;
  /** Who can mend it. */
  readonly fault: HeadlessFault;
  /** The HTTP status that Express's error handling answers with. */
  readonly status: number;
  /** For the operator: which switch, option or call to look at. */
  declare readonly hint?: string;
  /** Salesforce's id of the refused request. */
  declare readonly requestId?: string;
  /** Of a form: the name of each field that is wrong, and why, in words for the visitor. */
  declare readonly fields?: Readonly<Record<string, string>>;

  constructor(code: HeadlessErrorCode, details: HeadlessErrorDetails = {}) {
    const meaning: Meaning = meanings[code];
    super(
      details.message ?? meaning.message,
      details.cause === undefined ? undefined : { cause: details.cause },
    );
    this.code = code;
    this.fault = meaning.fault;
    this.status = meaning.status;
    const hint = details.hint ?? meaning.hint;
    if (hint !== undefined) this.hint = hint;
    if (details.requestId !== undefined) this.requestId = details.requestId;
    if (details.fields !== undefined) this.fields = details.fields;
  }
}

/** Whether something that was caught is an error of this library with a certain code. */
export function isError(error: unknown, code: HeadlessErrorCode): error is HeadlessError {
  return error instanceof HeadlessError && error.code === code;
}

/** Salesforce's OAuth error codes that mean the same at every endpoint (wire contract, login, 4.3). */
export const salesforceErrors: ReadonlyMap<string, HeadlessErrorCode> = new Map([
  ['invalid_client_id', 'invalid_client_id'],
  ['invalid_client', 'invalid_client'],
  ['invalid_client_credentials', 'invalid_client'],
  ['redirect_uri_mismatch', 'redirect_uri_mismatch'],
  ['invalid_scope', 'invalid_scope'],
  ['invalid_app_access', 'app_not_approved'],
  ['inactive_user', 'invalid_credentials'],
  ['inactive_org', 'site_not_found'],
  ['rate_limit_exceeded', 'rate_limited'],
  ['unsupported_response_type', 'flow_disabled'],
  ['unsupported_grant_type', 'flow_disabled'],
  ['access_denied', 'access_denied'],
  ['unauthorized_client', 'flow_disabled'],
  ['password_policy_check_failure', 'password_policy'],
]);

/** Descriptions that say more than the code they come with (wire contract, login, 2.3; one-time codes, 9.1). */
export const salesforceDescriptions: readonly (readonly [RegExp, HeadlessErrorCode])[] = [
  [/uvid invalid/i, 'uvid_refused'],
  [/not admin approved|hasn't approved this consumer/i, 'app_not_approved'],
  [/flow not enabled|not enabled for this site/i, 'flow_disabled'],
  [/client identifier invalid/i, 'invalid_client_id'],
];
