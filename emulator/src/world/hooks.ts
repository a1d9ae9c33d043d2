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

/** What the site's registration handler is given (wire contract, registration, section 2.7). */
export interface CreateUserInput {
  readonly profileId: string | null;
  readonly userData: Readonly<Record<string, unknown>>;
  readonly customUserDataMap: string | null;
  readonly experienceId: string | null;
  readonly password: string | null;
}

/** Stands in for `Auth.HeadlessSelfRegistrationHandler`; null or a rejection refuses the registration. */
export type CreateUser = (
  input: CreateUserInput,
) => CreatedUser | null | Promise<CreatedUser | null>;

/** The user a registration handler built. */
export type CreatedUser = UserInput & { readonly username: string };
