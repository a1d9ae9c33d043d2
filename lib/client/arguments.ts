import { HeadlessError } from '../errors.js';
import type { VerificationMethod } from '../protocol/authorize.js';
import { longestIdentifier } from '../protocol/passwordless.js';
import type { Recaptcha } from '../protocol/recaptcha.js';
import { isUvid, type Visitor } from '../protocol/uvid.js';

/** The longest password Salesforce's own clients send, in UTF-8 bytes (wire contract, login, 2.1). */
const longestSecret = 16_000;
const longestName = 255;

/** Unpaired surrogates would be replaced on the way and so change a password silently. */
const unpairedSurrogate = /\p{Surrogate}/u;

/** Whether UTF-8 can carry a text unchanged. */
export function isWellFormed(text: string): boolean {
  return !unpairedSurrogate.test(text);
}

/** Whether a text can be sent unchanged, in at most so many bytes of UTF-8. */
export function isUsable(text: string, longest: number): boolean {
  return !/[\r\n\0]/.test(text) && isWellFormed(text) && Buffer.byteLength(text, 'utf8') <= longest;
}

/**
 * Holds what a visitor types, a name (username, login hint) or a secret (password, code), to what can be sent unchanged: a text that
 * is not empty, without CR, LF, NUL and unpaired surrogates. Nothing is trimmed or normalised.
 *
 * @throws {HeadlessError} `missing_credentials` or `malformed_credentials`.
 */
export function checkCredential(value: unknown, role: 'name' | 'secret'): string {
  if (value === undefined || value === null || value === '') {
    throw new HeadlessError('missing_credentials');
  }
  if (
    typeof value !== 'string' ||
    !isUsable(value, role === 'name' ? longestName : longestSecret)
  ) {
    throw new HeadlessError('malformed_credentials');
  }
  return value;
}

/**
 * Holds what Salesforce made and an app hands back, a token or an identifier, to what can be sent unchanged. Nobody types
 * it, so a wrong one is no mistake of a visitor.
 *
 * @param name what the caller calls it, for the message.
 * @param longest in bytes of UTF-8.
 * @throws {HeadlessError} `invalid_argument`.
 */
function checkOpaque(value: unknown, name: string, longest: number): string {
  if (typeof value === 'string' && value !== '' && isUsable(value, longest)) return value;
  throw new HeadlessError('invalid_argument', {
    message: `\`${name}\` must be the text that Salesforce gave.`,
  });
}

/** A token. @throws {HeadlessError} `invalid_argument`. */
export function checkToken(token: unknown, name: string): string {
  return checkOpaque(token, name, longestSecret);
}

/** What `startOtp` or `startRegistration` gave. @throws {HeadlessError} `invalid_argument`. */
export function checkIdentifier(identifier: unknown): string {
  return checkOpaque(identifier, 'identifier', longestIdentifier);
}

/** How the code travels. @throws {HeadlessError} `malformed_credentials` for anything but `email` and `sms`. */
export function checkMethod(method: unknown): VerificationMethod {
  if (method === undefined || method === 'email') return 'email';
  if (method === 'sms') return 'sms';
  throw new HeadlessError('malformed_credentials');
}

/** Bytes in UTF-8. Google's tokens have some two thousand. */
const longestRecaptcha = 16_384;

function recaptchaText(value: unknown): string {
  if (typeof value === 'string' && isUsable(value, longestRecaptcha)) return value;
  throw new HeadlessError('malformed_credentials', {
    hint:
      '`recaptcha` must be a text, `recaptchaEvent` an object of the texts `token`, `siteKey`, `expectedAction` and ' +
      '`projectId`, none longer than 16 KiB.',
  });
}

/**
 * A copy of the proof that a person asks, as a page sent it. Null counts as none.
 *
 * @throws {HeadlessError} `malformed_credentials` for what is no text, or too long; `invalid_argument` with both kinds.
 */
export function checkRecaptcha(given: {
  recaptcha?: unknown;
  recaptchaEvent?: unknown;
}): Recaptcha {
  const { recaptcha, recaptchaEvent } = given;
  const event = recaptchaEvent ?? undefined;
  const token = recaptcha ?? undefined;
  if (token !== undefined && event !== undefined) {
    throw new HeadlessError('invalid_argument', {
      message: 'Give either `recaptcha` or `recaptchaEvent`, not both.',
    });
  }
  if (token !== undefined) return { recaptcha: recaptchaText(token) };
  if (event === undefined) return {};
  const members: Partial<Record<string, unknown>> = { ...event };
  return {
    recaptchaEvent: {
      token: recaptchaText(members['token']),
      siteKey: recaptchaText(members['siteKey']),
      expectedAction: recaptchaText(members['expectedAction']),
      projectId: recaptchaText(members['projectId']),
    },
  };
}

/** The id of an email template. @throws {HeadlessError} `invalid_argument` when it is no text. */
export function checkEmailTemplate(template: unknown): string | undefined {
  if (template === undefined || template === null) return undefined;
  if (typeof template === 'string' && isUsable(template, longestName)) return template;
  throw new HeadlessError('invalid_argument', {
    message: '`emailTemplate` must be the id of one.',
  });
}

/** How a caller names the visitor whose guest time a call belongs to. */
export interface VisitorArgument {
  /** The visitor id, a version 4 UUID. */
  readonly uvid?: string | undefined;
  /** A guest access token to send as the hint in place of the plain id. */
  readonly guestToken?: string | undefined;
}

/**
 * The visitor of a call, or undefined.
 *
 * @throws {HeadlessError} `invalid_argument` when the id is no version 4 UUID or the token no JWT.
 */
export function checkVisitor({ uvid, guestToken }: VisitorArgument): Visitor | undefined {
  const isText = (value: unknown): boolean => typeof value === 'string';
  if (uvid !== undefined && !(isText(uvid) && isUvid(uvid))) {
    throw new HeadlessError('invalid_argument', { message: '`uvid` must be a version 4 UUID.' });
  }
  if (guestToken !== undefined) {
    if (!isText(guestToken) || !/^[\w-]+\.[\w-]+\.[\w-]+$/.test(guestToken)) {
      throw new HeadlessError('invalid_argument', { message: '`guestToken` must be a JWT.' });
    }
    return { guestToken };
  }
  return uvid === undefined ? undefined : { uvid };
}

/**
 * The id of a visitor. Inside a guest token it is read unverified, only to be compared with what comes back.
 *
 * @throws {HeadlessError} `invalid_argument` when the token names no visitor.
 */
export function uvidOf(visitor: Visitor): string {
  if ('uvid' in visitor) return visitor.uvid;
  const payload = Buffer.from(visitor.guestToken.split('.')[1] ?? '', 'base64url').toString('utf8');
  const uvid = /"sub"\s*:\s*"uvid:([^"]+)"/.exec(payload)?.[1];
  if (uvid !== undefined) return uvid;
  throw new HeadlessError('invalid_argument', { message: '`guestToken` names no visitor.' });
}
