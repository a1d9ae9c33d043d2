/** Lets the runs of one key follow each other, and those of different keys run side by side. In this process only. */
export class Turns {
  private readonly last = new Map<string, Promise<unknown>>();

  /** Runs when every earlier run of the same key has ended, however it ended. */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.last.get(key) ?? Promise.resolve();
    const mine = before.then(work, work);
    this.last.set(key, mine);
    try {
      return await mine;
    } finally {
      if (this.last.get(key) === mine) this.last.delete(key);
    }
  }
}
