import type { HeadlessClient } from '../client/headless-client.js';
import type { GuestLogin } from '../client/inputs.js';
import {
  dataOf,
  openSession,
  saveSession,
  stored,
  type Guest,
  type OpenSession,
  type SessionRequest,
} from './express-session.js';
import type { Turns } from './turns.js';

function isGuest(value: unknown): value is Guest {
  return (
    typeof value === 'object' &&
    value !== null &&
    'uvid' in value &&
    typeof value.uvid === 'string' &&
    'since' in value &&
    typeof value.since === 'number' &&
    'expiresAt' in value &&
    typeof value.expiresAt === 'number'
  );
}

/** The guest of a request's session. Reads what is already loaded, and creates nothing. */
export function guestOf(req: SessionRequest): Guest | undefined {
  return req.session?.sfHeadless?.guest;
}

/** What the store holds by now, which a request that ran in parallel may have written. */
async function storedGuest({ store, id }: OpenSession): Promise<Guest | undefined> {
  const blob = await stored((done) => store.get(id, done));
  if (typeof blob !== 'object' || blob === null || !('sfHeadless' in blob)) return undefined;
  const data = blob.sfHeadless;
  if (typeof data !== 'object' || data === null || !('guest' in data)) return undefined;
  return isGuest(data.guest) ? data.guest : undefined;
}

/** A guest whose token is still good, or undefined. */
function fresh(guest: Guest | undefined): Guest | undefined {
  return guest !== undefined && guest.expiresAt > Date.now() ? guest : undefined;
}

/** Mints a guest token, for the id the visitor already has or for a new one, and writes the guest into the session. */
async function mint(session: OpenSession, client: HeadlessClient, known: Guest | undefined) {
  const login = await client.guest(known === undefined ? {} : { uvid: known.uvid });
  const now = Date.now();
  const guest: Guest = {
    uvid: login.uvid,
    since: known?.since ?? now,
    expiresAt: login.tokens.expiresAt ?? now,
  };
  dataOf(session).guest = guest;
  await saveSession(session);
  return { guest, login };
}

/**
 * The guest of a request, made or renewed when needed. Requests of one session take turns, so that they agree on one
 * visitor id. A token that has ended is renewed with the id the visitor already has.
 */
export async function ensureGuest(
  req: SessionRequest,
  client: HeadlessClient,
  turns: Turns,
): Promise<Guest> {
  const session = openSession(req);
  const present = guestOf(req);
  return (
    fresh(present) ??
    turns.run(`guest ${session.id}`, async () => {
      const known = (await storedGuest(session)) ?? present;
      const made = fresh(known);
      if (made === undefined) return (await mint(session, client, known)).guest;
      dataOf(session).guest = made;
      return made;
    })
  );
}

/** A guest token for the visitor of a request, whether or not the last one is still good. */
export async function loginGuest(
  req: SessionRequest,
  client: HeadlessClient,
  turns: Turns,
): Promise<{ readonly guest: Guest; readonly login: GuestLogin }> {
  const session = openSession(req);
  return turns.run(`guest ${session.id}`, async () =>
    mint(session, client, (await storedGuest(session)) ?? guestOf(req)),
  );
}

/** Takes the guest out of the session: from here on the visitor is a named user. */
export function forgetGuest(req: SessionRequest): void {
  delete req.session?.sfHeadless?.guest;
}

type LogIn = (user: unknown, options: unknown, done?: (error?: unknown) => void) => unknown;

/** A request that Passport has given `logIn`. */
interface PassportRequest extends SessionRequest {
  logIn?: LogIn;
}

/** Has the next login of this request, which may make a new session, keep the guest. For guests that are users. */
export function keepGuestThroughLogin(req: PassportRequest, guest: Guest): void {
  const { logIn } = req;
  if (logIn === undefined) return;
  req.logIn = (user, options, done) => {
    req.logIn = logIn;
    const callback = (typeof options === 'function' ? options : done) as (error?: unknown) => void;
    return logIn.call(req, user, typeof options === 'function' ? {} : options, (error) => {
      if (error !== undefined && error !== null) {
        callback(error);
        return;
      }
      const session = openSession(req);
      dataOf(session).guest = guest;
      saveSession(session).then(() => {
        callback();
      }, callback);
    });
  };
}
