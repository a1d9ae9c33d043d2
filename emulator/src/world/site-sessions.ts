import type { Clock } from './clock.js';
import { randomCodeText } from './random.js';
import { organizationId } from './record-ids.js';

/** A browser that is logged in on the site. */
export interface SiteSession {
  /** Value of the cookie `sid`. */
  readonly sid: string;
  readonly userId: string;
  /** Counts the sessions of the site from 1. */
  readonly number: number;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** The cookie sessions of the site, which no headless flow makes (wire contract, first-party, section 7). */
export class SiteSessions {
  private readonly clock: Clock;
  private readonly bySid = new Map<string, SiteSession>();
  private started = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** A new session, `seconds` long. */
  start(userId: string, seconds: number): SiteSession {
    const sid = `${organizationId.slice(0, 15)}!AQ${randomCodeText(100)}`;
    this.started += 1;
    const expiresAt = this.clock.now() + seconds * 1000;
    const session = { sid, userId, number: this.started, expiresAt };
    this.bySid.set(sid, session);
    return session;
  }

  /** The number of the newest session; 0 before the first. */
  newest(): number {
    return this.started;
  }

  /** The session, unless it ended, expired or never was. */
  live(sid: string): SiteSession | undefined {
    const session = this.bySid.get(sid);
    return session !== undefined && this.clock.now() < session.expiresAt ? session : undefined;
  }

  end(sid: string): void {
    this.bySid.delete(sid);
  }

  clear(): void {
    this.bySid.clear();
  }
}
