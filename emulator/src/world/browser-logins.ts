import type { Clock } from './clock.js';
import { SingleUse } from './single-use.js';
import { SiteSessions } from './site-sessions.js';

/** An authorize request that waits until somebody has logged in. */
export interface PendingAuthorization {
  readonly parameters: ReadonlyMap<string, string>;
  /** Only a session with a higher number will do; 0 takes any, and `prompt=login` wants a new one. */
  readonly afterSession: number;
}

/** A login at an external identity provider that has not come back yet. */
export interface PendingSso {
  readonly provider: string;
  /** Where the browser goes afterwards. */
  readonly startUrl: string;
}

/** Seconds somebody may take to log in. */
const patience = 900;

/** Seconds a frontdoor URL works (wire contract, first-party, section 7.1). */
const frontdoorSeconds = 60;

/** What the site knows about browsers: who is logged in, and who is about to be. */
export class BrowserLogins {
  readonly sessions: SiteSessions;
  readonly authorizations: SingleUse<PendingAuthorization>;
  readonly sso: SingleUse<PendingSso>;
  /** User ids by the one-time password of a frontdoor URL. */
  readonly frontdoor: SingleUse<string>;

  constructor(clock: Clock) {
    this.sessions = new SiteSessions(clock);
    this.authorizations = new SingleUse(clock, patience);
    this.sso = new SingleUse(clock, patience);
    this.frontdoor = new SingleUse(clock, frontdoorSeconds);
  }

  clear(): void {
    this.sessions.clear();
    this.authorizations.clear();
    this.sso.clear();
    this.frontdoor.clear();
  }
}
