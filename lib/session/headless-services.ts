import type { HeadlessClient } from '../client/headless-client.js';
import type { Challenges } from './challenges.js';
import type { Codes } from './codes.js';
import type { Ledger } from './ledger.js';
import type { Locks } from './locks.js';
import type { Sealing } from './sealing.js';
import type { Tokens } from './tokens.js';
import type { Upgrades } from './upgrade.js';
import type { VisitorCookie } from './visitor-cookie.js';
/** What one `headlessSession` shares among the requests that pass it. */
export interface HeadlessServices {
  readonly client: HeadlessClient;
  readonly codes: Codes;
  readonly challenges: Challenges;
  readonly locks: Locks;
  readonly ledger: Ledger;
  readonly upgrades: Upgrades;
  readonly sealing: Sealing;
  /** Undefined when the app wants none kept. */
  readonly tokens: Tokens | undefined;
  readonly cookie: VisitorCookie | undefined;
  readonly carry: readonly string[];
  readonly refuseOnUpgradeError: boolean;
  readonly allowKeepSessionInfo: boolean;
}
