import type { SiteRequest } from '../http/site-request.js';
import type { AuthSession } from '../world/auth-sessions.js';
import type { Client } from '../world/clients.js';
import type { Channel } from '../world/outbox.js';
import type { User } from '../world/users.js';
import type { World } from '../world/world.js';
import type { ChallengeBody } from './challenge-body.js';

/** A call of the challenge endpoint by an attested client. */
export interface ChallengeCall {
  readonly request: SiteRequest;
  readonly body: ChallengeBody;
  readonly world: World;
  readonly client: Client;
  /** The value sent; undefined on a first call. */
  readonly authSession: string | undefined;
  /** The session that continues, or the one that a challenge will open. */
  readonly session: AuthSession;
}

/** What is asked of the user next (wire contract, first-party, section 3.8). */
export interface Challenge {
  readonly errorCode:
    'credentials_required' | 'invalid_credentials' | 'login_initialized' | 'invalid_otp';
  /** Where a one-time code went. */
  readonly sentBy?: Channel;
  /** What the discovery handler wants the user to read. */
  readonly description?: string;
  /** Why, for people. */
  readonly reason?: string;
}

/** The user who proved to be one, or the next challenge. */
export type Outcome = { readonly user: User } | { readonly challenge: Challenge };

/** What a site may ask for before it lets a step act. */
export interface Protection {
  /** Scope of the bearer token needed; undefined when none is. */
  readonly scope: string | undefined;
  readonly requireRecaptcha: boolean;
}

/** One kind of call, told by its members. Every step throws `Refused`. */
export interface ChallengeStep {
  matches(call: ChallengeCall): boolean;
  /** Also throws when the flow is off. */
  protection(world: World): Protection;
  run(call: ChallengeCall): Outcome | Promise<Outcome>;
}
