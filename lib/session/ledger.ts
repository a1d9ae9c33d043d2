import { createHash } from 'node:crypto';
import type { Store } from './express-session.js';
import type { Locks } from './locks.js';
import { Records } from './records.js';

/** What a hook may answer: what the app did with what the guest had. Recorded in the outcome. */
export type UpgradeMode = 'merge' | 'keep-guest' | 'keep-account';

/** The life of one visitor id, as far as logins are concerned. */
export interface LedgerEntry {
  /** Who the guest became, or `undefined` when the visitor left by logging out. */
  readonly owner: string | undefined;
  readonly upgradeId: string;
  /** `started`: the hook may have run. `done`: it has, and the id is dead. */
  readonly status: 'started' | 'done';
  readonly mode?: UpgradeMode | undefined;
  /** The carried session keys as they were when the upgrade began; kept until it is done. */
  readonly carried?: Readonly<Record<string, unknown>> | undefined;
  /** The flow of the login that began it. */
  readonly flow?: string | undefined;
}

function isEntry(value: unknown): LedgerEntry | undefined {
  return typeof value === 'object' && value !== null && 'status' in value && 'upgradeId' in value
    ? (value as LedgerEntry)
    : undefined;
}

function isList(value: unknown): string[] | undefined {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : undefined;
}

/** So many visitors can be owed to one user; more than a few means that the app's hook never works. */
const mostOwed = 20;

/**
 * Stable for one guest and one user, whichever process computes it and however often: the idempotency key of the
 * app's own writes.
 */
export function upgradeIdOf(uvid: string, owner: string): string {
  return createHash('sha256').update(`${uvid.toLowerCase()}\n${owner}`).digest('base64url');
}

/** Remembers what became of visitor ids. It lives in the app's session store and forgets after a while. */
export class Ledger {
  private readonly records = new Records('visitor', isEntry);
  private readonly owed = new Records('owed', isList);
  private readonly keptFor: number;
  private readonly locks: Locks;

  /** @param keptFor milliseconds; longer than a visitor cookie lives. */
  constructor(keptFor: number, locks: Locks) {
    this.keptFor = keptFor;
    this.locks = locks;
  }

  get(store: Store, uvid: string): Promise<LedgerEntry | undefined> {
    return this.records.get(store, uvid.toLowerCase());
  }

  /** The visitors whose goods a user has been promised and not been given. */
  async owedTo(store: Store, owner: string): Promise<string[]> {
    return (await this.owed.get(store, owner)) ?? [];
  }

  /** Notes a promise under the user's name, so that any later login of that user finds it. */
  owe(store: Store, uvid: string, owner: string): Promise<void> {
    return this.locks.run(`owed ${owner}`, async () => {
      const known = await this.owedTo(store, owner);
      const name = uvid.toLowerCase();
      if (known.includes(name)) return;
      const all = [...known, name].slice(-mostOwed);
      await this.owed.set(store, owner, all, Date.now() + this.keptFor);
    });
  }

  /** Strikes a promise off. */
  settle(store: Store, uvid: string, owner: string): Promise<void> {
    return this.locks.run(`owed ${owner}`, async () => {
      const known = await this.owedTo(store, owner);
      const left = known.filter((each) => each !== uvid.toLowerCase());
      if (left.length === known.length) return;
      if (left.length === 0) await this.owed.delete(store, owner);
      else await this.owed.set(store, owner, left, Date.now() + this.keptFor);
    });
  }

  /** Takes an entry out, as if the visitor had never logged in. */
  forget(store: Store, uvid: string): Promise<void> {
    return this.records.delete(store, uvid.toLowerCase());
  }

  /** Declares a visitor id dead that nobody has become: its visitor has logged out. */
  async close(store: Store, uvid: string): Promise<void> {
    if ((await this.get(store, uvid)) !== undefined) return;
    await this.set(store, uvid, { owner: undefined, upgradeId: '', status: 'done' });
  }

  set(store: Store, uvid: string, entry: LedgerEntry): Promise<void> {
    return this.records.set(store, uvid.toLowerCase(), entry, Date.now() + this.keptFor);
  }
}
