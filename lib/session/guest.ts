import type { HeadlessClient } from '../client/headless-client.js';
import type { GuestLogin } from '../client/inputs.js';
import { HeadlessError } from '../errors.js';
import { sameUvid } from '../protocol/uvid.js';
import {
  dataOf,
  openSession,
  saveSession,
  fetched,
  type Guest,
  type OpenSession,
  type SessionRequest,
} from './express-session.js';
import type { Headless } from './headless.js';
import type { TokenRecord } from './token-records.js';
import type { Visit } from './visitor-cookie.js';

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
  const guest = req.session?.sfHeadless?.guest;
  return isGuest(guest) ? guest : undefined;
}

/** What the store holds by now, which a request that ran in parallel may have written. */
async function storedGuest({ store, id }: OpenSession): Promise<Guest | undefined> {
  const blob = await fetched(store, id);
  if (typeof blob !== 'object' || blob === null || !('sfHeadless' in blob)) return undefined;
  const data = blob.sfHeadless;
  if (typeof data !== 'object' || data === null || !('guest' in data)) return undefined;
  return isGuest(data.guest) ? data.guest : undefined;
}

/**
 * A visit whose visitor has not become a user or logged out since; such a visitor id is dead.
 *
 * @param isHeld whether the session itself holds the guest: then a login that has only begun has taken nothing yet.
 */
async function living<V extends Visit>(
  { services }: Headless,
  { store }: OpenSession,
  visit: V | undefined,
  isHeld: boolean,
): Promise<V | undefined> {
  if (visit === undefined) return undefined;
  const entry = await services.ledger.get(store, visit.uvid);
  const isAlive = entry === undefined || (isHeld && entry.status === 'started');
  return isAlive ? visit : undefined;
}

/**
 * The visitor whom a login of this request is to take over: the guest of the session, one whose take-over was cut short,
 * or the one that the sealed cookie brings back.
 */
export async function visitOf(headless: Headless): Promise<Visit | undefined> {
  const { request, services } = headless;
  if (!request.session) return undefined;
  return (
    guestOf(request) ??
    request.session.sfHeadless?.promised ??
    (await living(headless, openSession(request), services.cookie?.read(request), true))
  );
}

/** Writes a guest into the session, with the tokens and the cookie that belong to it. */
async function keepGuest(
  headless: Headless,
  session: OpenSession,
  login: GuestLogin,
  known: Visit | undefined,
): Promise<Guest> {
  const now = Date.now();
  const guest: Guest = {
    uvid: login.uvid,
    since: known?.since ?? now,
    expiresAt: login.tokens.expiresAt ?? now,
  };
  const { request, response, services } = headless;
  const owner = { kind: 'guest', owner: guest.uvid } as const;
  // Beside a user there is one record of tokens, and it is the user's.
  if (headless.identity === undefined) {
    await services.tokens?.keep(session.store, session.id, owner, login.tokens);
  }
  dataOf(session).guest = guest;
  await saveSession(session);
  services.cookie?.write(request, response, guest);
  return guest;
}

/** Mints a guest token, for the id the visitor already has or for a new one, and writes the guest into the session. */
async function mint(
  headless: Headless,
  session: OpenSession,
  client: HeadlessClient,
  known: Visit | undefined,
): Promise<{ readonly guest: Guest; readonly login: GuestLogin }> {
  const login = await client.guest(known === undefined ? {} : { uvid: known.uvid });
  return { guest: await keepGuest(headless, session, login, known), login };
}

/** Requests of one browser take turns, by its session or, when that has expired, by the visitor its cookie names. */
function turnOf(headless: Headless, { id }: OpenSession): string {
  const visit = guestOf(headless.request) ?? headless.services.cookie?.read(headless.request);
  return visit === undefined ? `guest ${id}` : `guest ${visit.uvid}`;
}

/**
 * The guest of a request, made or renewed when needed. Requests of one browser take turns, so that they agree on one
 * visitor id. A token that has ended is renewed with the id the visitor already has.
 */
export async function ensureGuest(headless: Headless, client: HeadlessClient): Promise<Guest> {
  const { request, services } = headless;
  const session = openSession(request);
  const present = await living(headless, session, guestOf(request), true);
  if (present !== undefined && present.expiresAt > Date.now()) return present;
  return services.locks.run(turnOf(headless, session), async () => {
    const made = await living(headless, session, await storedGuest(session), true);
    if (made !== undefined && made.expiresAt > Date.now()) {
      dataOf(session).guest = made;
      return made;
    }
    const cookie = services.cookie?.read(request);
    const known = made ?? present ?? (await living(headless, session, cookie, false));
    return (await mint(headless, session, client, known)).guest;
  });
}

/** A guest token for the visitor of a request, whether or not the last one is still good. */
export async function loginGuest(
  headless: Headless,
  client: HeadlessClient,
): Promise<{ readonly guest: Guest; readonly login: GuestLogin }> {
  const session = openSession(headless.request);
  return headless.services.locks.run(turnOf(headless, session), async () =>
    mint(headless, session, client, await visitOf(headless)),
  );
}

/**
 * Takes in a guest token that a page got by itself. A guest who has come about in the meantime stays.
 *
 * @throws {HeadlessError} `sso_state_unknown` when the visitor has become a user or logged out since the page began.
 */
export async function adoptGuest(headless: Headless, login: GuestLogin): Promise<Guest> {
  const session = openSession(headless.request);
  return headless.services.locks.run(turnOf(headless, session), async () => {
    const present = await living(headless, session, await storedGuest(session), true);
    if (present !== undefined && !sameUvid(present.uvid, login.uvid)) {
      dataOf(session).guest = present;
      return present;
    }
    const cookie = headless.services.cookie?.read(headless.request);
    const isSame = cookie !== undefined && sameUvid(cookie.uvid, login.uvid);
    const visit = isSame ? cookie : { uvid: login.uvid, since: Date.now() };
    const known = present ?? (await living(headless, session, visit, false));
    if (known === undefined) throw new HeadlessError('sso_state_unknown');
    return keepGuest(headless, session, login, known);
  });
}

/**
 * The guest's tokens that are good for a while yet. New ones come by the visitor id: a guest has no refresh token.
 *
 * @param refused an access token that Salesforce no longer takes, although it has not ended.
 */
export async function guestTokens(
  headless: Headless,
  client: HeadlessClient,
  refused: string | undefined,
): Promise<TokenRecord> {
  const { services, request } = headless;
  const { uvid } = await ensureGuest(headless, client);
  const session = openSession(request);
  const good = async (): Promise<TokenRecord | undefined> => {
    const record = await services.tokens?.of(session.store, session.id, {
      kind: 'guest',
      owner: uvid,
    });
    const isGood =
      record !== undefined &&
      record.accessToken !== refused &&
      services.tokens?.freshness(record) !== 'stale';
    return isGood ? record : undefined;
  };
  const found = await good();
  if (found !== undefined) return found;
  return services.locks.run(turnOf(headless, session), async () => {
    const made = await good();
    if (made !== undefined) return made;
    await mint(headless, session, client, guestOf(request));
    const fresh = await services.tokens?.of(session.store, session.id, {
      kind: 'guest',
      owner: uvid,
    });
    if (fresh === undefined) throw new HeadlessError('login_required');
    return fresh;
  });
}
