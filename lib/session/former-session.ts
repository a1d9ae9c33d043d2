import { endOfSession, sessionIdsIn, type SessionEnd } from './ended-sessions.js';
import type { Headless } from './headless.js';
import type { Before } from './new-session.js';

/**
 * What became of the session that the browser of a login names. When it has ended, express-session does not know it any
 * more and has made a new one: a click that was on its way while an earlier one was answered, or a browser that never got
 * the answer, finds its session by the name.
 *
 * @param owner who logs in.
 */
export async function endBefore(
  { hadSession, request }: Headless,
  { open: { store, id }, data: { formerly = [] } }: Before,
  owner: string,
): Promise<SessionEnd | undefined> {
  const end = hadSession ? await endOfSession(store, id) : undefined;
  if (end !== undefined) return end;
  for (const named of [...formerly, ...sessionIdsIn(request)]) {
    const former = named === id ? undefined : await endOfSession(store, named);
    // The name is no proof. Who is logged in is, and only that person's own session is joined.
    if (former?.successors.some((each) => each.owner === owner)) return { ...former, closed: true };
  }
  return undefined;
}
