import {
  beneath,
  stored,
  type SessionRequest,
  type Store,
  type StoreCallback,
} from './express-session.js';
import { endOfSession, endSession } from './ended-sessions.js';

/**
 * What a session holds, to recognise the very same. How long it is to last is part of it; when it ends is not, which
 * moves with every request.
 */
function contentOf(session: object): string {
  const { cookie, ...content } = session as { cookie?: { originalMaxAge?: unknown } };
  return JSON.stringify([cookie?.originalMaxAge, content]);
}

async function isClosed(store: Store, id: string): Promise<boolean> {
  return (await endOfSession(store, id))?.closed === true;
}

/**
 * One request's view of the session store. express-session writes through it, so this is where some of its habits end:
 * a slow request writing a session back that was logged out or upgraded meanwhile (hazard 7), every login being
 * written twice (hazard 5), and a session that the app destroys coming back in the same way.
 */
export class GuardedStore {
  /** Content by session id, as this request last wrote or read it. */
  private readonly known = new Map<string, string>();
  private readonly store: Store | undefined;
  private readonly ended: (store: Store, id: string) => void;
  /** What takes the place of `req.sessionStore`. */
  readonly facade: Store | undefined;

  /**
   * @param store undefined where express-session did not run.
   * @param ended told of a session that the app has destroyed.
   */
  constructor(store: Store | undefined, ended: (store: Store, id: string) => void) {
    this.store = store;
    this.ended = ended;
    this.facade = store && new Proxy(store, { get: (_store, name) => this.shown(store, name) });
  }

  /** What the facade has under a name: the store's own, but for what is guarded. Most requests use none of it. */
  private shown(store: Store, name: PropertyKey): unknown {
    switch (name) {
      case beneath:
        return store;
      case 'set':
        return this.set.bind(this);
      case 'destroy':
        return this.destroy.bind(this);
      case 'regenerate':
        return this.regenerate.bind(this);
      case 'constructor':
        return store.constructor;
      default: {
        const value: unknown = Reflect.get(store, name, store);
        return typeof value === 'function' ? (value.bind(store) as unknown) : value;
      }
    }
  }

  /** Says that the store holds this content: writing the very same again is left out. */
  remember(id: string, session: object): void {
    this.known.set(id, contentOf(session));
  }

  /** Has the store hold a session as it is now, unless that has ended. @throws {HeadlessError} `storage_failed`. */
  async save(store: Store, id: string, session: object): Promise<void> {
    const content = contentOf(session);
    if (await isClosed(store, id)) return;
    await stored((done) => store.set(id, session, done));
    // It may have ended while the store was writing.
    if (await isClosed(store, id)) await stored((done) => store.destroy(id, done));
    else this.known.set(id, content);
  }

  private set(id: string, session: object, callback?: StoreCallback): void {
    const { store } = this;
    if (store === undefined) return;
    const isKnown = this.known.get(id) === contentOf(session);
    tell(isKnown ? Promise.resolve() : this.save(store, id, session), callback);
  }

  private destroy(id: string, callback?: StoreCallback): void {
    const { store } = this;
    if (store !== undefined) tell(this.end(store, id), callback);
  }

  private regenerate(req: SessionRequest, callback: StoreCallback): void {
    this.destroy(req.sessionID ?? '', (error) => {
      this.store?.generate?.(req);
      callback(error);
    });
  }

  private async end(store: Store, id: string): Promise<void> {
    const successors = (await endOfSession(store, id))?.successors ?? [];
    await endSession(store, id, { successors, closed: true });
    await stored((done) => store.destroy(id, done));
    this.known.delete(id);
    this.ended(store, id);
  }
}

/** Answers in the store's own way. What the callback throws is its owner's, and no failure of the work. */
function tell(work: Promise<void>, callback: StoreCallback | undefined): void {
  work.then(
    () => callback?.(),
    (error: unknown) => callback?.(error),
  );
}
