import { HeadlessError } from '../errors.js';
import { textField, type Fields } from '../protocol/answer.js';
import {
  checkAccessTokenClaims,
  checkIdTokenClaims,
  checkVisitor,
  sameRecord,
  type AccessTokenClaims,
  type Expectation,
  type IdTokenClaims,
} from '../protocol/claims.js';
import type { TokenAnswer } from '../protocol/token.js';
import { isJwt, type SigningKeys } from './keys.js';

/** A customer, as verified tokens name them. */
export interface NamedIdentity {
  readonly kind: 'named';
  /** The claim `sub` as it stands: `uid:…` in a JWT access token, an identity URL elsewhere. */
  readonly sub: string;
  /** Id of the User record, `005…`. */
  readonly userId: string;
  /** Id of the org, `00D…`, when the tokens say it. */
  readonly organizationId: string | undefined;
  /** Known from userinfo, or when the app includes standard claims in its id tokens. */
  readonly username: string | undefined;
  /** Known like `username`. */
  readonly email: string | undefined;
  /** Known like `username`. */
  readonly name: string | undefined;
  /** Every claim of the source that said most: userinfo, the id token, or the access token. */
  readonly claims: Fields;
}

/** A visitor who has a guest token. */
export interface GuestIdentity {
  readonly kind: 'guest';
  /** The claim `sub` as it stands, `uvid:…`. */
  readonly sub: string;
  /** The visitor id in `sub`. */
  readonly uvid: string;
  /** Every claim of the guest token. */
  readonly claims: Fields;
}

/** Who the tokens of one answer speak of. */
export type Identity = NamedIdentity | GuestIdentity;

/** The claims of a token answer, as far as its tokens can be verified. */
export interface VerifiedClaims {
  readonly access: AccessTokenClaims | undefined;
  readonly id: IdTokenClaims | undefined;
}

/** Verifies whatever tokens of an answer can be verified: JWT access token, id token, both or none. */
export async function verifyTokens(
  keys: SigningKeys,
  answer: TokenAnswer,
  expected: Expectation,
): Promise<VerifiedClaims> {
  const { accessToken, idToken } = answer;
  const [access, id] = await Promise.all([
    isJwt(accessToken) ? keys.verify(accessToken) : undefined,
    idToken === undefined ? undefined : keys.verify(idToken),
  ]);
  return {
    access: access && checkAccessTokenClaims(access, expected),
    id: id && checkIdTokenClaims(id, accessToken, expected),
  };
}

/**
 * The identity of a named login. Every source that names a user must name the same one.
 *
 * @param sentUvid the visitor id that went with the login; one that comes back must be equal.
 * @throws {HeadlessError} `identity_unknown` when no source names a user, `invalid_token` when they disagree.
 */
export function namedIdentity(
  { access, id }: VerifiedClaims,
  userinfo: Fields | undefined,
  sentUvid: string | undefined,
): NamedIdentity {
  if (access?.subject.kind === 'guest') {
    throw new HeadlessError('invalid_token', { message: 'A login was answered by a guest token.' });
  }
  if (access?.visitor !== undefined) {
    if (sentUvid === undefined) {
      throw new HeadlessError('invalid_token', {
        message: 'A token names a visitor although none was sent.',
      });
    }
    checkVisitor(access.visitor, sentUvid);
  }
  const userinfoId = userinfo && textField(userinfo, 'user_id');
  const userIds = [access?.subject.userId, id?.userId, userinfoId].filter((x) => x !== undefined);
  const [userId] = userIds;
  if (userId === undefined) throw new HeadlessError('identity_unknown');
  if (!userIds.every((other) => sameRecord(userId, other))) {
    throw new HeadlessError('invalid_token', {
      message: 'The tokens of one answer name two users.',
    });
  }
  const claims: Fields = userinfo ?? id?.all ?? access?.all ?? {};
  return {
    kind: 'named',
    sub: textField(access?.all ?? claims, 'sub') ?? userId,
    userId,
    organizationId: id?.organizationId ?? textField(claims, 'organization_id'),
    username: textField(claims, 'preferred_username'),
    email: textField(claims, 'email'),
    name: textField(claims, 'name'),
    claims,
  };
}

/**
 * The identity of a guest: the visitor that was sent, and no other.
 *
 * @throws {HeadlessError} `invalid_token` when the token is opaque, names a user, or names another visitor.
 */
export function guestIdentity({ access }: VerifiedClaims, sentUvid: string): GuestIdentity {
  if (access?.subject.kind !== 'guest') {
    throw new HeadlessError('invalid_token', {
      message: 'A guest was not answered by a guest token.',
      hint: 'Guests need JWT-based access tokens: the app > OAuth settings > Issue JWT-based access tokens.',
    });
  }
  checkVisitor(access.subject.uvid, sentUvid);
  const { uvid } = access.subject;
  return { kind: 'guest', sub: `uvid:${uvid}`, uvid, claims: access.all };
}
