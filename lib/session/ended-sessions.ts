import type { IncomingMessage } from 'node:http';
import { dataOf, type OpenSession, type Store } from './express-session.js';
import { Records } from './records.js';

/** A session that took another's place. */
export interface Successor {
  readonly id: string;
  /** Who is logged in there. */
  readonly owner: string;
  /** Digest of what moved, to recognise requests that still see the old session as it was. */
  readonly carried: string;
}

/** What became of a session that somebody logged in or out of. */
export interface SessionEnd {
  /** One for each person who logged in from it; the first took what there was. None after a logout. */
  readonly successors: readonly Successor[];
  /** Whether nothing may be written to the session any more. */
  readonly closed: boolean;
}

function isEnd(value: unknown): SessionEnd | undefined {
  return typeof value === 'object' && value !== null && 'successors' in value && 'closed' in value
    ? (value as SessionEnd)
    : undefined;
}

const records = new Records('ended', isEnd);
/** No request takes longer than this (milliseconds); after it nobody can write an ended session back. */
const longestRequest = 3_600_000;
const mostNamed = 3;

/** The end of a session, or undefined while it lives. */
export function endOfSession(store: Store, id: string): Promise<SessionEnd | undefined> {
  return records.get(store, id);
}

/** Puts the end of a session on record. */
export function endSession(store: Store, id: string, end: SessionEnd): Promise<void> {
  return records.set(store, id, end, Date.now() + longestRequest);
}

/** The same successors with one more, in place of an earlier one of the same person. */
export function withSuccessor(end: SessionEnd | undefined, successor: Successor): Successor[] {
  const others = (end?.successors ?? []).filter(({ owner }) => owner !== successor.owner);
  return [...others, successor];
}

/** The session ids that a browser names in express-session's signed form; nothing is known of the signatures. */
export function sessionIdsIn(req: IncomingMessage): string[] {
  const pairs = (req.headers.cookie ?? '').split(';');
  return pairs
    .map((pair) => pair.slice(pair.indexOf('=') + 1).trim())
    .map((value) => /^s(?::|%3A)(.+)\.[^.]+$/i.exec(value)?.[1] ?? '')
    .filter((id) => id !== '')
    .slice(0, mostNamed);
}

/** Those of the named sessions that have ended. */
async function endedAmong(store: Store, ids: readonly string[]): Promise<string[]> {
  const ends = await Promise.all(ids.map((id) => endOfSession(store, id)));
  return ids.filter((_, index) => ends[index] !== undefined);
}

/** A browser that never got the answer to its login begins again, in a new session: the login finds the old one. */
export async function noteFormer(req: IncomingMessage, session: OpenSession): Promise<void> {
  const named = sessionIdsIn(req).filter((id) => id !== session.id);
  const formerly = named.length === 0 ? [] : await endedAmong(session.store, named);
  if (formerly.length > 0) dataOf(session).formerly = formerly;
}
