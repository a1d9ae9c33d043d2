import { MemoryStore, Store, type SessionData } from 'express-session';

/**
 * The connection of one process to a store that outlives it. From the operation on at which the process dies nothing is
 * done and nobody is called back any more.
 */
export class MortalConnection extends Store {
  private readonly inner: MemoryStore;
  private operationsLeft = Infinity;
  /** Called once, when it is over. */
  private died: () => void = () => undefined;

  constructor(inner: MemoryStore) {
    super();
    this.inner = inner;
  }

  /** Lets so many more operations through. */
  dieAfter(operations: number, died: () => void): void {
    this.operationsLeft = operations;
    this.died = died;
  }

  private alive(): boolean {
    if (this.operationsLeft === 0) this.died();
    this.operationsLeft -= 1;
    return this.operationsLeft >= 0;
  }

  override get(id: string, callback: (error: unknown, session?: SessionData | null) => void): void {
    if (this.alive()) this.inner.get(id, callback);
  }

  override set(id: string, session: SessionData, callback?: (error?: unknown) => void): void {
    if (this.alive()) this.inner.set(id, session, callback);
  }

  override destroy(id: string, callback?: (error?: unknown) => void): void {
    if (this.alive()) this.inner.destroy(id, callback);
  }

  override touch(id: string, session: SessionData, callback?: () => void): void {
    if (this.alive()) this.inner.touch(id, session, callback);
  }
}
