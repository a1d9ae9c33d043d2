import { beneath, stored, type Store, type StoreCallback } from './express-session.js';
import { endOfSession } from './ended-sessions.js';

function contentOf(session: object): string {
  return JSON.stringify(session, (name, value: unknown) => (name === 'cookie' ? undefined : value));
}

async function isClosed(store: Store, id: string): Promise<boolean> {
  return (await endOfSession(store, id))?.closed === true;
}

/**
 * One request's view of the session store. express-session writes through it, so this is where two of its habits end:
 * a slow request writing a session back that was logged out or upgraded meanwhile (hazard 7), and every login being
 * written twice (hazard 5).
 */
export class GuardedStore {
  /** Content by session id, as this request last wrote or read it. */
  private readonly known = new Map<string, string>();
  private readonly store: Store | undefined;
  /** What takes the place of `req.sessionStore`. */
  readonly facade: Store | undefined;

  /** @param store undefined where express-session did not run. */
  constructor(store: Store | undefined) {
    this.store = store;
    if (store === undefined) return;
    const set = this.set.bind(this);
    this.facade = new Proxy(store, {
      get(target, name) {
        if (name === 'set') return set;
        if (name === beneath) return target;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  }

  /** Says that the store holds this content: writing the very same again is left out. */
  remember(id: string, session: object): void {
    this.known.set(id, contentOf(session));
  }

  private set(id: string, session: object, callback?: StoreCallback): void {
    if (this.store === undefined) return;
    this.write(this.store, id, session).then(
      () => callback?.(),
      (error: unknown) => callback?.(error),
    );
  }

  private async write(store: Store, id: string, session: object): Promise<void> {
    const content = contentOf(session);
    if (this.known.get(id) === content || (await isClosed(store, id))) return;
    await stored((done) => store.set(id, session, done));
    // It may have ended while the store was writing.
    if (await isClosed(store, id)) await stored((done) => store.destroy(id, done));
    else this.known.set(id, content);
  }
}
