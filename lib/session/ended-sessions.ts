import type { Store } from './express-session.js';
import { Records } from './records.js';

/** The session that took another's place. */
export interface Successor {
  readonly id: string;
  /** Who is logged in there. */
  readonly owner: string;
  /** Digest of what moved, to recognise requests that still see the old session as it was. */
  readonly carried: string;
}

/** What became of a session that somebody logged in or out of. */
export interface SessionEnd {
  /** Absent after a logout. */
  readonly successor?: Successor;
  /** Whether nothing may be written to the session any more. */
  readonly closed: boolean;
}

function isEnd(value: unknown): SessionEnd | undefined {
  return typeof value === 'object' && value !== null && 'closed' in value
    ? (value as SessionEnd)
    : undefined;
}

const records = new Records('ended', isEnd);
/** No request takes longer than this (milliseconds); after it nobody can write an ended session back. */
const longestRequest = 3_600_000;

/** The end of a session, or undefined while it lives. */
export function endOfSession(store: Store, id: string): Promise<SessionEnd | undefined> {
  return records.get(store, id);
}

/** Puts the end of a session on record. */
export function endSession(store: Store, id: string, end: SessionEnd): Promise<void> {
  return records.set(store, id, end, Date.now() + longestRequest);
}
