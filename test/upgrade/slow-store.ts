import { MemoryStore, Store, type SessionData } from 'express-session';

/** A store in memory whose operations each take a random little time, so that requests overtake each other. */
export class SlowStore extends Store {
  private readonly inner = new MemoryStore();
  private readonly random: () => number;

  /** @param random the source of the delays, up to three milliseconds each. */
  constructor(random: () => number) {
    super();
    this.random = random;
  }

  private later(operation: () => void): void {
    const delay = Math.floor(this.random() * 4);
    if (delay === 0) setImmediate(operation);
    else setTimeout(operation, delay);
  }

  override get(id: string, callback: (error: unknown, session?: SessionData | null) => void): void {
    this.later(() => {
      this.inner.get(id, callback);
    });
  }

  override set(id: string, session: SessionData, callback?: (error?: unknown) => void): void {
    // What is written is the session as it is now, not as it is when its turn comes.
    const now = JSON.parse(JSON.stringify(session)) as SessionData;
    this.later(() => {
      this.inner.set(id, now, callback);
    });
  }

  override destroy(id: string, callback?: (error?: unknown) => void): void {
    this.later(() => {
      this.inner.destroy(id, callback);
    });
  }

  override touch(id: string, session: SessionData, callback?: () => void): void {
    this.later(() => {
      this.inner.touch(id, session, callback);
    });
  }
}
