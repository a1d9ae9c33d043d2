import { createHash } from 'node:crypto';
import { HeadlessError } from '../errors.js';
import { endOfSession } from './ended-sessions.js';
import {
  dataOf,
  openSession,
  saveSession,
  type OpenSession,
  type Store,
} from './express-session.js';
import type { Headless } from './headless.js';
import { SealedRecords } from './sealed-records.js';

/** What the server keeps of a login while the browser is away with it, by its `state`. */
export interface PendingRedirect {
  readonly state: string;
  /** `sso`, or the flow that a page runs. */
  readonly flow: string;
  /** Site and client id that it was begun with: see {@link clientName}. */
  readonly client: string;
  /** Name of the strategy that ends it; undefined for a guest. */
  readonly strategy?: string | undefined;
  /** The identity provider that was asked for, if one was. */
  readonly provider?: string | undefined;
  readonly codeVerifier: string;
  readonly nonce?: string | undefined;
  /** Undefined for the client's own. */
  readonly redirectUri?: string | undefined;
  /** The visitor id that went to Salesforce. */
  readonly uvid?: string | undefined;
  /** A path of the app. */
  readonly returnTo?: string | undefined;
}

interface Bound extends PendingRedirect {
  /** Id of the session that it was begun in. */
  readonly session: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** The pending states of one session, oldest first. */
interface Begun {
  readonly states: readonly { readonly state: string; readonly expiresAt: number }[];
}

/** Milliseconds that a browser may be away. */
const lifetime = 600_000;
/** So many redirects can be pending in one session; the oldest makes room for a new one. */
const mostPending = 10;
/** So many logins in other tabs of the browser can come between a start and its callback. */
const mostLogins = 10;

function isBound(value: unknown): Bound | undefined {
  return typeof value === 'object' && value !== null && 'codeVerifier' in value
    ? (value as Bound)
    : undefined;
}

function isBegun(value: unknown): Begun | undefined {
  return typeof value === 'object' && value !== null && 'states' in value
    ? (value as Begun)
    : undefined;
}

/** Whether a session is the one of a start, or has taken its place by logins in other tabs of the same browser. */
async function continues(store: Store, from: string, to: string): Promise<boolean> {
  let ids = [from];
  for (let step = 0; step <= mostLogins && ids.length > 0; step += 1) {
    if (ids.includes(to)) return true;
    const ends = await Promise.all(ids.map((id) => endOfSession(store, id)));
    ids = ends.flatMap((end) => (end?.successors ?? []).map(({ id }) => id));
  }
  return false;
}

function turnOf(what: string): string {
  return `redirect ${createHash('sha256').update(what).digest('base64url')}`;
}

async function note(headless: Headless, session: OpenSession, added: Bound): Promise<void> {
  const { sealing } = headless.services;
  const pending = new SealedRecords('redirect', sealing, isBound);
  const begun = new SealedRecords('redirects', sealing, isBegun);
  const { store, id } = session;
  const { state, expiresAt } = added;
  const all = (await begun.get(store, id))?.states ?? [];
  const live = all.filter((each) => each.expiresAt > Date.now());
  const room = mostPending - 1;
  for (const old of live.slice(0, -room)) await pending.delete(store, old.state);
  await pending.set(store, state, added, expiresAt);
  const states = [...live.slice(-room), { state, expiresAt }];
  await begun.set(store, id, { states }, expiresAt);
}

/**
 * Remembers a redirect that is about to begin, for the session of the request, and has the browser keep the session.
 *
 * @throws {HeadlessError} `session_required`, `storage_failed`.
 */
export async function beginRedirect(headless: Headless, pending: PendingRedirect): Promise<void> {
  const session = openSession(headless.request);
  const bound: Bound = { ...pending, session: session.id, expiresAt: Date.now() + lifetime };
  await headless.services.locks.run(turnOf(session.id), () => note(headless, session, bound));
  dataOf(session);
  await saveSession(session);
}

/**
 * The redirect that a callback belongs to. It is gone then: whatever comes of the callback, no second one is answered.
 *
 * @param isMeant whether it is ended here. One that is not stays as it is.
 * @throws {HeadlessError} `sso_state_unknown` when it was not begun in this browser or not for here, has expired, or is
 *   used up.
 */
export async function takeRedirect(
  headless: Headless,
  state: string,
  isMeant: (pending: PendingRedirect) => boolean,
): Promise<PendingRedirect> {
  const { store, id } = openSession(headless.request);
  const records = new SealedRecords('redirect', headless.services.sealing, isBound);
  return headless.services.locks.run(turnOf(state), async () => {
    const found = state === '' ? undefined : await records.get(store, state);
    const isOurs =
      found !== undefined && isMeant(found) && (await continues(store, found.session, id));
    if (!isOurs) throw new HeadlessError('sso_state_unknown');
    await records.delete(store, state);
    if (found.expiresAt <= Date.now()) throw new HeadlessError('sso_state_unknown');
    return found;
  });
}
