import type { TokenSet } from '../client/token-set.js';
import type { Guest, SessionIdentity } from './express-session.js';

/** What a strategy knows of a login that the session is about to get. */
export interface LoginNews {
  readonly flow: string;
  readonly identity?: SessionIdentity | undefined;
  /** The visitor that went with the login. */
  readonly uvid?: string | undefined;
  /** Whether Salesforce refused that visitor's id. */
  readonly uvidRefused: boolean;
  /** The guest that is logged in as a user. */
  readonly guest?: Guest | undefined;
  /** What the login yielded; undefined when the app logs somebody in by itself. */
  readonly tokens?: TokenSet | undefined;
}
