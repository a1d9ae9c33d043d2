import type { HeadlessClient } from '../client/headless-client.js';
import type { Store } from './express-session.js';
import type { Locks } from './locks.js';
import { SealedRecords } from './sealed-records.js';
import type { Sealing } from './sealing.js';

interface OwedRevocation {
  readonly token: string;
  /** How often it has been tried. */
  readonly tries: number;
  /** Not before this time, milliseconds since the epoch. */
  readonly dueAt: number;
}

/** Waits between tries, milliseconds; after the last the token is left to end by itself. */
const waits = [5_000, 30_000, 120_000, 600_000, 3_600_000];
/** So many revocations can be owed; the oldest is dropped for a new one. */
const mostOwed = 200;
const kept = 2 * 86_400_000;
const name = 'owed';
/** Salesforce gets this long (milliseconds) before the debt goes on record, in case this process dies. */
const noteAfter = 250;
/** How long (milliseconds) somebody who logs out waits for the debt to be on record. */
const longestNote = 500;
/** How often (milliseconds) a process in which people log in and out looks for debts that others have left. */
const looksEvery = 60_000;

function isOwed(value: unknown): OwedRevocation[] | undefined {
  return Array.isArray(value) ? (value as OwedRevocation[]) : undefined;
}

/** What work yields within some milliseconds, or else undefined; the work goes on. It does not reject. */
async function within<T>(milliseconds: number, work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => {
      resolve(undefined);
    }, milliseconds);
  });
  const result = await Promise.race([work.catch(() => undefined), late]);
  clearTimeout(timer);
  return result;
}

/**
 * Ends tokens at Salesforce. Nobody waits for it longer than the deadline: what has not succeeded by then goes on
 * record, sealed, and is tried again, a bounded number of times, by whichever process comes by.
 */
export class Revocations {
  private readonly client: HeadlessClient;
  private readonly locks: Locks;
  private readonly records: SealedRecords<OwedRevocation[]>;
  private readonly deadline: number;
  /** When this process looks at the record next, on any request. Infinity while it knows of no debts. */
  private dueAt = Infinity;
  private lookedAt = -Infinity;

  /** @param deadline milliseconds that a caller waits for Salesforce. */
  constructor(client: HeadlessClient, locks: Locks, sealing: Sealing, deadline: number) {
    this.client = client;
    this.locks = locks;
    this.records = new SealedRecords('revocations', sealing, isOwed);
    this.deadline = deadline;
  }

  /** Ends a token, and says whether Salesforce has confirmed it in time. It does not reject. */
  async end(store: Store, token: string): Promise<boolean> {
    const begun = performance.now();
    const revoked = this.client.revoke(token).then(
      () => true,
      () => false,
    );
    const early = await within(Math.min(noteAfter, this.deadline), revoked);
    if (early === true) return true;
    // This process may die while it waits: what is on record by then is not forgotten.
    const noted = this.owe(store, token);
    const left = this.deadline - (performance.now() - begun);
    const isDone = (await within(Math.max(0, left), revoked)) ?? false;
    if (isDone) noted.then(() => this.strike(store, new Set([token]))).catch(() => undefined);
    else await within(longestNote, noted);
    return isDone;
  }

  private strike(store: Store, ended: ReadonlySet<string>): Promise<void> {
    return this.change(store, (owed) => owed.filter(({ token }) => !ended.has(token)));
  }

  /** Tries again what is due, in the background. Where nothing is owed it costs a comparison. */
  retryDue(store: Store): void {
    if (Date.now() < this.dueAt) return;
    this.dueAt = Infinity;
    this.retry(store).catch(() => {
      // The store may be back by then.
      this.dueAt = Date.now() + (waits[0] ?? 0);
    });
  }

  /** Looks for what processes that are gone have left owing, now and then, in the background. */
  look(store: Store): void {
    if (Date.now() < this.lookedAt + looksEvery) return;
    this.lookedAt = Date.now();
    this.dueAt = 0;
    this.retryDue(store);
  }

  private async owe(store: Store, token: string): Promise<void> {
    const dueAt = Date.now() + (waits[0] ?? 0);
    await this.change(store, (owed) => [...owed, { token, tries: 1, dueAt }]);
    this.dueAt = Math.min(this.dueAt, dueAt);
  }

  /** Changes the record, under a lock that is held for two store operations and no call. */
  private async change(
    store: Store,
    changed: (owed: readonly OwedRevocation[]) => OwedRevocation[],
  ): Promise<void> {
    await this.locks.run('revocations', async () => {
      const owed = changed((await this.records.get(store, name)) ?? []).slice(-mostOwed);
      if (owed.length === 0) await this.records.delete(store, name);
      else await this.records.set(store, name, owed, Date.now() + kept);
      this.dueAt = Math.min(this.dueAt, ...owed.map(({ dueAt }) => dueAt));
    });
  }

  private async retry(store: Store): Promise<void> {
    const known = await this.records.get(store, name);
    if (known === undefined) return;
    const due: string[] = [];
    // The next try is on record before this one begins: another process, or none, finds it should this one die.
    await this.change(store, (owed) =>
      owed.flatMap((each) => {
        if (Date.now() < each.dueAt) return [each];
        due.push(each.token);
        const wait = waits[each.tries];
        if (wait === undefined) return [];
        return [{ token: each.token, tries: each.tries + 1, dueAt: Date.now() + wait }];
      }),
    );
    const tries = due.map((token) => this.client.revoke(token).then(() => token));
    const ended = new Set<string>();
    for (const outcome of await Promise.allSettled(tries)) {
      if (outcome.status === 'fulfilled') ended.add(outcome.value);
    }
    if (ended.size > 0) await this.strike(store, ended);
  }
}
