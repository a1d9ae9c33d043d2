/** One way to log a customer in, at `POST /<id>/login` of the app. */
export interface Variant {
  readonly id: string;
  /** How the report names it. */
  readonly title: string;
  /** Whether a login makes the two calls: one authorize, one token. */
  readonly calls: boolean;
  /** Tokens of the answer whose signature and claims it verifies, with keys fetched once. */
  readonly verifies: readonly TokenName[];
}

/** A member of the token answer that is a JWT. */
export type TokenName = 'id_token' | 'access_token';

/** This package: `passport.authenticate` with a `PasswordStrategy`. */
export const library: Variant = {
  id: 'library',
  title: 'passport-sf-headless',
  calls: true,
  verifies: ['id_token', 'access_token'],
};

/** The same two calls by hand, with more or less of the answer verified. The first is the one the aim is about. */
export const handWrittenVariants: readonly Variant[] = [
  { id: 'id-token', title: 'by hand, id token verified', calls: true, verifies: ['id_token'] },
  {
    id: 'both-tokens',
    title: 'by hand, both tokens verified',
    calls: true,
    verifies: ['id_token', 'access_token'],
  },
  { id: 'unverified', title: 'by hand, nothing verified', calls: true, verifies: [] },
];

/** No calls at all: what Express, the session and `req.logIn` cost in every other variant. */
export const bare: Variant = {
  id: 'bare',
  title: 'no calls, session login only',
  calls: false,
  verifies: [],
};

export const variants: readonly Variant[] = [library, ...handWrittenVariants, bare];
