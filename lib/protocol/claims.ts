import { createHash } from 'node:crypto';
import { HeadlessError } from '../errors.js';
import { textField, type Fields } from './answer.js';
import { originOf } from './site.js';
import { sameUvid } from './uvid.js';

/** What a token must agree with. */
export interface Expectation {
  readonly clientId: string;
  /** Origins that may stand in `iss` and, for access tokens, in `aud`: the site's, and those of `issuers`. */
  readonly origins: readonly string[];
  /** Seconds since the epoch, by the clock of the server that issued the token. */
  readonly now: number;
  /** Seconds. */
  readonly tolerance: number;
  /** Of a flow that sent one: what the id token must repeat. */
  readonly nonce?: string | undefined;
}

/** A verified subject of a JWT access token: a named user or a visitor. */
export type Subject =
  | { readonly kind: 'named'; readonly userId: string }
  | { readonly kind: 'guest'; readonly uvid: string };

/** The claims of a JWT access token that have passed. */
export interface AccessTokenClaims {
  readonly subject: Subject;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
  readonly scope: readonly string[];
  /** The visitor id that a named token carries after an upgrade, when Salesforce put one in. */
  readonly visitor: string | undefined;
  readonly all: Fields;
}

function reject(what: string, hint?: string): never {
  const details = { message: `A token did not pass verification: ${what}.` };
  throw new HeadlessError('invalid_token', hint === undefined ? details : { ...details, hint });
}

/** The end of the year 9999, in seconds: what lies beyond is no time that calendars and stores can have. */
const latest = 253_402_300_799;

/** Times come as numbers and, in one document, as quoted numbers (wire contract, login, 8.2). */
function time(claims: Fields, name: string): number | undefined {
  const value = claims[name];
  if (value === undefined) return undefined;
  const seconds = typeof value === 'string' && /^\d{1,12}$/.test(value) ? Number(value) : value;
  if (typeof seconds !== 'number' || !(Math.abs(seconds) <= latest)) {
    reject(`\`${name}\` is no time`);
  }
  return seconds;
}

function checkTimes(claims: Fields, { now, tolerance }: Expectation): number {
  const expiresAt = time(claims, 'exp');
  if (expiresAt === undefined) reject('`exp` is missing');
  if (expiresAt + tolerance <= now) reject('it has expired');
  const notBefore = time(claims, 'nbf');
  if (notBefore !== undefined && notBefore - tolerance > now) reject('it is not valid yet');
  return expiresAt;
}

function checkIssuer(claims: Fields, { origins }: Expectation): void {
  const origin = originOf(textField(claims, 'iss') ?? '');
  if (origin === undefined || !origins.includes(origin)) {
    reject(
      '`iss` is no issuer that is trusted',
      `The token comes from ${origin ?? 'an unnamed issuer'}; if that is your org, add it to \`issuers\`.`,
    );
  }
}

function checkAudience(claims: Fields, { origins }: Expectation): void {
  const audience: unknown[] = Array.isArray(claims['aud']) ? claims['aud'] : [claims['aud']];
  const meant = audience.some((entry) => {
    const origin = typeof entry === 'string' ? originOf(entry) : undefined;
    return origin !== undefined && origins.includes(origin);
  });
  if (!meant) {
    reject('`aud` names somebody else', 'Add the origin of your org to `issuers`.');
  }
}

function readSubject(claims: Fields): Subject {
  const [, kind, value] = /^(uid|uvid):(.+)$/.exec(textField(claims, 'sub') ?? '') ?? [];
  if (value === undefined) reject('`sub` is neither `uid:…` nor `uvid:…`');
  return kind === 'uid' ? { kind: 'named', userId: value } : { kind: 'guest', uvid: value };
}

const uvidShape = /^(?:uvid:)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i;

/** The claim's name is undocumented: `uvid`, or any claim whose value is `uvid:<uuid>` (wire contract, login, section 11). */
function readVisitor(claims: Fields): string | undefined {
  const named = uvidShape.exec(textField(claims, 'uvid') ?? '')?.[1];
  if (named !== undefined) return named;
  for (const [name, value] of Object.entries(claims)) {
    if (name !== 'sub' && typeof value === 'string' && value.startsWith('uvid:')) {
      return uvidShape.exec(value)?.[1];
    }
  }
  return undefined;
}

/**
 * Checks the claims of a JWT access token whose signature has been verified (wire contract, login, 8.4).
 *
 * @throws {HeadlessError} `invalid_token`, naming the claim.
 */
export function checkAccessTokenClaims(claims: Fields, expected: Expectation): AccessTokenClaims {
  checkIssuer(claims, expected);
  checkAudience(claims, expected);
  const expiresAt = checkTimes(claims, expected);
  if (textField(claims, 'client_id') !== expected.clientId) reject('`client_id` is another app');
  return {
    subject: readSubject(claims),
    expiresAt,
    scope: (textField(claims, 'scp') ?? '').split(' ').filter((word) => word !== ''),
    visitor: readVisitor(claims),
    all: claims,
  };
}

/** User and organization, as an identity URL ends in them: `…/id/{organization id}/{user id}`. */
export function readIdentityUrl(
  url: string,
): { userId: string; organizationId: string } | undefined {
  const [, organizationId, userId] =
    /\/id\/(00D\w{12}(?:\w{3})?)\/(\w{15}(?:\w{3})?)$/.exec(url) ?? [];
  return organizationId !== undefined && userId !== undefined
    ? { organizationId, userId }
    : undefined;
}

/** The claims of an id token that have passed. */
export interface IdTokenClaims {
  readonly userId: string;
  readonly organizationId: string;
  readonly all: Fields;
}

/** `at_hash`: the left half of the access token's SHA-256 (OpenID Connect Core, 3.1.3.6). */
function accessTokenHash(accessToken: string): string {
  const digest = createHash('sha256').update(accessToken, 'ascii').digest();
  return digest.subarray(0, 16).toString('base64url');
}

/**
 * Checks the claims of an id token whose signature has been verified (wire contract, login, 7.3).
 *
 * @throws {HeadlessError} `invalid_token`, naming the claim.
 */
export function checkIdTokenClaims(
  claims: Fields,
  accessToken: string,
  expected: Expectation,
): IdTokenClaims {
  checkIssuer(claims, expected);
  const audience: unknown[] = Array.isArray(claims['aud']) ? claims['aud'] : [claims['aud']];
  if (!audience.includes(expected.clientId)) reject('`aud` is another app');
  checkTimes(claims, expected);
  const hash = claims['at_hash'];
  if (hash !== undefined && hash !== accessTokenHash(accessToken)) {
    reject('`at_hash` belongs to another access token');
  }
  if (expected.nonce !== undefined && claims['nonce'] !== expected.nonce) {
    reject('`nonce` belongs to another login');
  }
  const ids = readIdentityUrl(textField(claims, 'sub') ?? '');
  if (ids === undefined) reject('`sub` is no identity URL');
  return { ...ids, all: claims };
}

/** Whether two record ids name one record: 15 characters, or the same 15 and a check suffix of 3. */
export function sameRecord(one: string, other: string): boolean {
  return one.slice(0, 15) === other.slice(0, 15);
}

/**
 * Holds a visitor id that came back against the one that was sent.
 *
 * @throws {HeadlessError} `invalid_token` when they differ.
 */
export function checkVisitor(returned: string, sent: string): void {
  if (!sameUvid(returned, sent)) reject('it belongs to another visitor');
}
