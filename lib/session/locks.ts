/** A lock that a run has, as long as it has it. */
export interface HeldLock {
  /** Whether it is still this run's: a process that stalls for longer than a lock lasts has lost it without noticing. */
  isHeld(): Promise<boolean>;
}

/** Mutual exclusion by key. What a lock protects is short: a few store operations, a call, the app's upgrade hook. */
export interface Locks {
  /**
   * Runs the work while no other work of the same key runs, as far as this kind of lock reaches. Locks that can be lost
   * hand over a {@link HeldLock}.
   */
  run<T>(key: string, work: (lock?: HeldLock) => Promise<T>): Promise<T>;
}

/** Locks of one process: the runs of one key follow each other, those of different keys run side by side. */
export class ProcessLocks implements Locks {
  private readonly last = new Map<string, Promise<unknown>>();

  /** Runs when every earlier run of the same key has ended, however it ended. */
  async run<T>(key: string, work: (lock?: HeldLock) => Promise<T>): Promise<T> {
    const before = this.last.get(key) ?? Promise.resolve();
    const begin = (): Promise<T> => work();
    const mine = before.then(begin, begin);
    this.last.set(key, mine);
    try {
      return await mine;
    } finally {
      if (this.last.get(key) === mine) this.last.delete(key);
    }
  }
}

/** What locks of the app's own hand to the work may be anything: a signal, a count, a function that frees them. */
function isHeldLock(given: unknown): given is HeldLock {
  return typeof given === 'object' && given !== null && 'isHeld' in given
    ? typeof given.isHeld === 'function'
    : false;
}

/** Takes turns in this process first, so that a shared lock is asked for by one run at a time. */
export class LayeredLocks implements Locks {
  private readonly inner = new ProcessLocks();
  private readonly shared: Locks;

  constructor(shared: Locks) {
    this.shared = shared;
  }

  run<T>(key: string, work: (lock?: HeldLock) => Promise<T>): Promise<T> {
    return this.inner.run(key, () =>
      this.shared.run(key, (given?: unknown) => work(isHeldLock(given) ? given : undefined)),
    );
  }
}
