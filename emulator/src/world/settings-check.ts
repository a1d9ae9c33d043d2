import {
  bool,
  listOf,
  merge,
  nullable,
  number,
  object,
  objectWith,
  oneOf,
  plainObject,
  recordOf,
  text,
  textLike,
  whole,
  type Check,
} from './check.js';
import type { Settings } from './settings.js';

const seconds = number(0);

const protection = { enabled: bool, requireAuth: bool, requireRecaptcha: bool };

const checkSettings: Check<Settings> = object({
  site: object({
    networkId: textLike(/^0DB[A-Za-z0-9]{12}(?:[A-Za-z0-9]{3})?$/, 'a record id, 0DB...'),
    active: bool,
    corsOrigins: listOf(text),
    corsOauthEndpoints: bool,
  }),
  login: object({ discovery: bool }),
  registration: object({ ...protection, emailTemplates: listOf(text) }),
  passwordless: object({
    ...protection,
    unknownUser: oneOf('success', 'error'),
    emailTemplates: listOf(text),
  }),
  forgotPassword: object({
    ...protection,
    templateAllowlisting: bool,
    maxAttempts: whole(1),
    discovery: bool,
  }),
  recaptcha: object({
    mode: oneOf('any', 'list', 'off'),
    accept: listOf(text),
    threshold: number(0, 1),
  }),
  otp: object({
    digits: whole(1, 12),
    ttl: object({ email: seconds, sms: seconds }),
    maxFailures: whole(1),
    maxSendsPerHour: whole(1),
    resendSameCode: bool,
    fixed: nullable(textLike(/^\d+$/, 'digits')),
  }),
  passwordPolicy: object({ minLength: whole(0), letter: bool, digit: bool, history: whole(0) }),
  firstParty: object({
    enabled: bool,
    requireRecaptcha: bool,
    vocabulary: oneOf('salesforce', 'draft'),
    rotateAuthSession: bool,
    strict: bool,
    sessionTtl: seconds,
  }),
  sso: object({
    providers: recordOf(object({ username: text, outcome: oneOf('login', 'deny', 'error') })),
  }),
  codeTtl: seconds,
  sessionTimeout: seconds,
  approvalsPerUser: whole(1),
  quirks: objectWith(
    {
      authorizeErrorStyle: oneOf('json400', 'redirect', 'text400', 'html200'),
      notHeadlessStyle: oneOf('html200', 'redirect'),
      authorizeSuccessStyle: oneOf('redirect', 'json200'),
      requireHttp2ForGuestToken: bool,
      uvidClaimName: nullable(textLike(/^\w+$/, 'a claim name')),
      uvidSurvivesRefresh: bool,
      lenientUvidPrefixes: bool,
      pkceMismatchError: nullable(oneOf('invalid_grant', 'invalid_request')),
      verifierMaxLength: whole(1),
      tokenFormatMember: bool,
      instanceUrlTrailingSlash: bool,
      shuffleScopes: bool,
      jwtTimesAsStrings: bool,
      namedJwtJti: bool,
      inactiveUserError: bool,
      enforceExpiredPasswords: bool,
      cookies: bool,
    },
    { caseSensitivePrefix: bool, guestIssuerWithoutPrefix: bool },
  ),
});

/**
 * The settings with a patch laid over them. Throws {@link WrongInput} naming the dotted key, which
 * begins with `key`, and then nothing has changed.
 */
export function patchSettings(settings: Settings, patch: unknown, key = ''): Settings {
  return checkSettings(merge(settings, plainObject(patch, key), key), key);
}

/**
 * Says which flows are on without any protection, which Setup refuses to save (wire contract,
 * registration, section 1.8); undefined when there is none.
 */
export function unprotectedFlows(settings: Settings): string | undefined {
  const { registration, passwordless, forgotPassword } = settings;
  const open = Object.entries({ registration, passwordless, forgotPassword })
    .filter(([, flow]) => flow.enabled && !flow.requireAuth && !flow.requireRecaptcha)
    .map(([name]) => name);
  if (open.length === 0) return undefined;
  return `on with neither requireAuth nor requireRecaptcha, which Setup refuses: ${open.join(', ')}`;
}
