/** What every `/services/auth/headless/*` flow can be protected by (wire contract, registration, section 1.8). */
export interface FlowProtection {
  /** Off: the endpoint refuses every call. */
  enabled: boolean;
  /** A bearer token with the endpoint's scope is needed. */
  requireAuth: boolean;
  /** A reCAPTCHA token is needed; judged as `recaptcha` says. */
  requireRecaptcha: boolean;
}

/** How authorize says no (wire contract, login, section 2.3): `json400` is the default. */
export type AuthorizeErrorStyle = 'json400' | 'redirect' | 'text400' | 'html200';

/** Points on which the documents are silent or witnesses disagree. */
export interface Quirks {
  /** How authorize refuses a login. */
  authorizeErrorStyle: AuthorizeErrorStyle;
  /** How a request that is not headless is answered: login page, or 302 to `/login`. */
  notHeadlessStyle: 'html200' | 'redirect';
  /** How authorize hands out the code: 302, or the same members as JSON. */
  authorizeSuccessStyle: 'redirect' | 'json200';
  /** Refuse the guest token call over HTTP/1.1 with `uvid invalid`. */
  requireHttp2ForGuestToken: boolean;
  /** Claim of a named JWT that carries the visitor id; null leaves it out. */
  uvidClaimName: string | null;
  /** The visitor id is still in the JWT after a refresh. */
  uvidSurvivesRefresh: boolean;
  /** Take a visitor hint with or without `UVID ` and `JWT ` everywhere. */
  lenientUvidPrefixes: boolean;
  /** Error code of a wrong code_verifier, whatever issued the code; null follows the issuer. */
  pkceMismatchError: 'invalid_grant' | 'invalid_request' | null;
  /** Longest code_verifier taken, in characters; RFC 7636 says 128. */
  verifierMaxLength: number;
  /** `token_format` is part of the token answer. */
  tokenFormatMember: boolean;
  /** `instance_url` ends with a slash. */
  instanceUrlTrailingSlash: boolean;
  /** Scopes come back in another order than asked for. */
  shuffleScopes: boolean;
  /** `nbf`, `exp` and `iat` of access tokens are text, as one documentation sample shows them. */
  jwtTimesAsStrings: boolean;
  /** Named JWTs carry `jti`. */
  namedJwtJti: boolean;
  /** Locked and inactive users are told so with `inactive_user`. */
  inactiveUserError: boolean;
  /** A user whose password expired cannot log in. */
  enforceExpiredPasswords: boolean;
  /** Answers set the cookies of a live site. */
  cookies: boolean;
  /** The site path is compared with its case. Absent until set, then false or true. */
  caseSensitivePrefix?: boolean;
  /** `iss` of guest JWTs is the origin, without the site path. Absent until set. */
  guestIssuerWithoutPrefix?: boolean;
}

/** Everything an administrator of the emulated site can turn. Times are seconds. */
export interface Settings {
  site: {
    /** Id of the site, `0DB...`. */
    networkId: string;
    /** Off: the site exposes no endpoint. */
    active: boolean;
    /** Origins of browser apps that may call. */
    corsOrigins: string[];
    /** "Enable CORS for OAuth endpoints". */
    corsOauthEndpoints: boolean;
  };
  login: {
    /** Password login takes `login_hint` instead of `username`. */
    discovery: boolean;
  };
  registration: FlowProtection & { emailTemplates: string[] };
  passwordless: FlowProtection & {
    /** Answer for someone who cannot be sent a code: a dead identifier, or an error. */
    unknownUser: 'success' | 'error';
    /** Ids of e-mail templates that a call may name. */
    emailTemplates: string[];
  };
  forgotPassword: FlowProtection & {
    templateAllowlisting: boolean;
    maxAttempts: number;
    discovery: boolean;
  };
  recaptcha: {
    /** `any` takes every token but `fail` and low scores; `list` only `accept` and `pass`; `off` does not look. */
    mode: 'any' | 'list' | 'off';
    accept: string[];
    /** Lowest score taken, for tokens spelled `score:0.3`. */
    threshold: number;
  };
  otp: {
    digits: number;
    ttl: { email: number; sms: number };
    /** Wrong tries after which an identifier is dead. */
    maxFailures: number;
    /** Codes sent to one user on one channel in an hour. */
    maxSendsPerHour: number;
    /** Asking again sends the same code until it expired or was mistyped. */
    resendSameCode: boolean;
    /** The code of every message; null makes random ones. */
    fixed: string | null;
  };
  passwordPolicy: { minLength: number; letter: boolean; digit: boolean; history: number };
  firstParty: {
    enabled: boolean;
    requireRecaptcha: boolean;
    vocabulary: 'salesforce' | 'draft';
    rotateAuthSession: boolean;
    strict: boolean;
    sessionTtl: number;
  };
  sso: {
    providers: Record<string, { username: string; outcome: 'login' | 'deny' | 'error' }>;
  };
  /** Life of an authorization code. */
  codeTtl: number;
  /** Life of an opaque access token. */
  sessionTimeout: number;
  /** Logins with a refresh token per user and client; one more revokes the oldest. */
  approvalsPerUser: number;
  quirks: Quirks;
}

/** Any part of `T`, at any depth; lists are replaced whole. */
export type Patch<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { readonly [K in keyof T]?: Patch<T[K]> }
    : T;

/** The settings of a site nobody has touched. */
export const defaultSettings: Settings = {
  site: {
    networkId: '0DBxx0000004C9IGAU',
    active: true,
    corsOrigins: ['http://localhost:3000'],
    corsOauthEndpoints: true,
  },
  login: { discovery: false },
  registration: { enabled: true, requireAuth: false, requireRecaptcha: true, emailTemplates: [] },
  passwordless: {
    enabled: true,
    requireAuth: false,
    requireRecaptcha: true,
    unknownUser: 'success',
    emailTemplates: [],
  },
  forgotPassword: {
    enabled: true,
    requireAuth: false,
    requireRecaptcha: true,
    templateAllowlisting: false,
    maxAttempts: 5,
    discovery: false,
  },
  recaptcha: { mode: 'any', accept: [], threshold: 0.7 },
  otp: {
    digits: 6,
    ttl: { email: 86_400, sms: 900 },
    maxFailures: 3,
    maxSendsPerHour: 5,
    resendSameCode: true,
    fixed: null,
  },
  passwordPolicy: { minLength: 8, letter: true, digit: true, history: 3 },
  firstParty: {
    enabled: true,
    requireRecaptcha: false,
    vocabulary: 'salesforce',
    rotateAuthSession: true,
    strict: false,
    sessionTtl: 900,
  },
  sso: { providers: { Google_Customers: { username: 'alice@example.com', outcome: 'login' } } },
  codeTtl: 900,
  sessionTimeout: 7200,
  approvalsPerUser: 5,
  quirks: {
    authorizeErrorStyle: 'json400',
    notHeadlessStyle: 'html200',
    authorizeSuccessStyle: 'redirect',
    requireHttp2ForGuestToken: false,
    uvidClaimName: 'uvid',
    uvidSurvivesRefresh: true,
    lenientUvidPrefixes: false,
    pkceMismatchError: null,
    verifierMaxLength: 512,
    tokenFormatMember: true,
    instanceUrlTrailingSlash: false,
    shuffleScopes: false,
    jwtTimesAsStrings: false,
    namedJwtJti: false,
    inactiveUserError: false,
    enforceExpiredPasswords: false,
    cookies: true,
  },
};
