import type { ServerResponse } from 'node:http';
import { endOfSession, endSession, withSuccessor, type Successor } from './ended-sessions.js';
import type { Locks } from './locks.js';
import type { Tokens } from './tokens.js';
import { stored, type HeadlessSessionData, type OpenSession } from './express-session.js';

/** Data alone, without the methods and the request that a session object drags along. */
function plainCopy(session: object): object {
  return JSON.parse(JSON.stringify(session)) as object;
}

/**
 * Ends a session for good. First it is emptied, so that it is nobody's should this process die before the rest; then
 * marked, so that no slow request can write it back; then removed.
 */
export async function closeSession(
  { session, id, store }: OpenSession,
  locks: Locks,
): Promise<void> {
  const { cookie } = plainCopy(session) as { cookie?: unknown };
  await locks.run(`session ${id}`, async () => {
    await stored((done) => store.set(id, { cookie, sfHeadless: { closed: true } }, done));
    const successors = (await endOfSession(store, id))?.successors ?? [];
    await endSession(store, id, { successors, closed: true });
    await stored((done) => store.destroy(id, done));
  });
}

/** The session that somebody logs in from, on its way out. */
export class OldSession {
  private readonly open: OpenSession;
  private readonly data: HeadlessSessionData;
  private readonly isInUse: boolean;

  /** @param isInUse whether the browser named it; one just made for this request needs no end. */
  constructor(open: OpenSession, data: HeadlessSessionData, isInUse: boolean) {
    this.open = open;
    this.data = data;
    this.isInUse = isInUse;
  }

  /** From here on a parallel login of the same person joins the successor. */
  async name(successor: Successor): Promise<void> {
    if (!this.isInUse) return;
    const { store, id } = this.open;
    const end = await endOfSession(store, id);
    const successors = withSuccessor(end, successor);
    await endSession(store, id, { successors, closed: end?.closed ?? false });
  }

  /**
   * Before the app's hook may run, what it takes over leaves the session: should this process die in the middle and the
   * visitor go on as a guest, whatever they gather then is new and cannot be taken over twice.
   *
   * @param uvid the visitor whose goods these are.
   */
  async empty(carry: readonly string[], uvid: string): Promise<void> {
    if (!this.isInUse) return;
    const { session } = this.open;
    const { guest, ...data } = this.data;
    const promised = { uvid, since: guest?.since ?? Date.now() };
    const emptied = { ...plainCopy(session), sfHeadless: { ...data, promised } };
    for (const key of carry) Reflect.deleteProperty(emptied, key);
    await this.write(emptied);
  }

  /** Puts everything back and takes the successor's name off: the login did not happen. */
  async reinstate(): Promise<void> {
    if (!this.isInUse) return;
    const { store, id, session } = this.open;
    if (await this.write(plainCopy(session))) {
      await endSession(store, id, { successors: [], closed: false });
    }
  }

  /** Writes the session, unless somebody has logged out of it meanwhile, and says whether it is there. */
  private async write(blob: object): Promise<boolean> {
    const { store, id } = this.open;
    const isClosed = async (): Promise<boolean> => (await endOfSession(store, id))?.closed === true;
    if (await isClosed()) return false;
    await stored((done) => store.set(id, blob, done));
    if (!(await isClosed())) return true;
    await stored((done) => store.destroy(id, done));
    return false;
  }

  /**
   * Until the answer with the new session's cookie is out, the browser may come back with the old one: should this
   * process die before, the old session is still there.
   */
  endAfter(res: ServerResponse, locks: Locks, tokens: Tokens | undefined): void {
    if (!this.isInUse) return;
    const { store, id } = this.open;
    const end = async (): Promise<void> => {
      await closeSession(this.open, locks);
      // A guest's token is forgotten; a former login's would count as one of the few that Salesforce keeps.
      await tokens?.end(store, id, ['named']);
    };
    res.once('finish', () => {
      // Nobody is left to tell: the browser has the new session, and the store forgets the old one in its time.
      end().catch(() => undefined);
    });
  }
}
