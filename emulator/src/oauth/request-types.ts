import type { Parameters, SiteRequest } from '../http/site-request.js';
import type { Client } from '../world/clients.js';
import type { World } from '../world/world.js';
import { guest } from './guest.js';
import { namedUser } from './named-user.js';
import { passwordlessLogin } from './passwordless-login.js';
import { userRegistration } from './user-registration.js';

/** A call of the authorize endpoint by a known client with a registered redirect URI. */
export interface AuthorizeCall {
  readonly request: SiteRequest;
  /** Of query and body; the body wins. */
  readonly parameters: Parameters;
  readonly client: Client;
  readonly world: World;
}

/** Whom a code is made out to: a named user, a guest, or a named user who came as a guest. */
interface Subject {
  readonly userId: string | undefined;
  readonly uvid: string | undefined;
}

/** One value of the `Auth-Request-Type` header. Every step throws `Refused` or `NotHeadless`. */
export interface RequestType {
  /** Whether the app may be used in this way at all. */
  checkApp(call: AuthorizeCall): void;
  /** The scopes that will be granted. */
  scopes(call: AuthorizeCall): string[];
  /** Checks the credentials. */
  identify(call: AuthorizeCall): Subject | Promise<Subject>;
}

/** The headless flows of the authorize endpoint. A new one is a row here. */
export const requestTypes: ReadonlyMap<string, RequestType> = new Map([
  ['Named-User', namedUser],
  ['guest', guest],
  ['passwordless-login', passwordlessLogin],
  ['user-registration', userRegistration],
]);
