import type { UserInput } from './users.js';

/**
 * What the site's discovery handler is asked (wire contract, registration, section 5.3).
 */
export interface DiscoverInput {
  /** Id of the site, `0DB...`. */
  readonly networkId: string;
  readonly loginHint: string;
  /** Null for a password login, where the documents are silent. */
  readonly verificationAction: 'EMAIL' | 'SMS' | null;
  readonly customDataJson: string | null;
  readonly requestAttributes: Readonly<Record<string, string>>;
}

/** What the handler found; anything but exactly one user is a failure. */
export interface DiscoverResult {
  readonly userIds?: Iterable<string> | null;
  readonly customErrorMessage?: string | null;
}

/** Stands in for `Auth.HeadlessUserDiscoveryHandler`. */
export type Discover = (input: DiscoverInput) => DiscoverResult | Promise<DiscoverResult>;

/** The `userdata` of a registration, as `Auth.UserData` has it. */
export interface UserData {
  readonly firstName: string | null;
  readonly lastName: string | null;
  readonly email: string;
  readonly username: string | null;
  /** Every key of `userdata` but `password`, the four included, as text. */
  readonly attributeMap: Readonly<Record<string, string>>;
}

/** What the site's registration handler is given (wire contract, registration, section 2.7). */
export interface CreateUserInput {
  /** No setting of the emulator names a profile: null. */
  readonly profileId: string | null;
  readonly userData: UserData;
  /** `customdata` as JSON text. */
  readonly customUserDataMap: string | null;
  /** Query `expid`, or `expid` or `experienceid` of the body. */
  readonly experienceId: string | null;
  /** Fits the password policy, and is set by the site itself. */
  readonly password: string | null;
}

/**
 * Stands in for `Auth.HeadlessSelfRegistrationHandler`; null or a rejection refuses the registration.
 * A user who exists is changed by what is returned, and logged in.
 */
export type CreateUser = (
  input: CreateUserInput,
) => CreatedUser | null | Promise<CreatedUser | null>;

/** The user a registration handler built. */
export type CreatedUser = UserInput & { readonly username: string };
