import type { CodeUser } from './code-attempts.js';
import { openSession, type SessionRequest } from './express-session.js';
import { Records } from './records.js';
import type { Sealing } from './sealing.js';

interface FinishedReset {
  /** Whose password it was, sealed for the code and the password it was changed with. */
  readonly proof: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

function isFinished(value: unknown): FinishedReset | undefined {
  return typeof value === 'object' && value !== null && 'proof' in value
    ? (value as FinishedReset)
    : undefined;
}

const records = new Records('reset', isFinished);

/** How long the same form again counts as the same click (milliseconds). */
const lifetime = 60_000;

/** What the visitor typed. */
interface Typed {
  readonly code: string;
  readonly newPassword: string;
}

function purposeOf(id: string, { code, newPassword }: Typed): string {
  return `finished reset ${JSON.stringify([id, code, newPassword])}`;
}

/**
 * Notes that a password has been changed, so that the second click of a double click is known for what it is. The code and
 * the password are not kept: they are what the note opens with.
 */
export async function noteFinishedReset(
  req: SessionRequest,
  sealing: Sealing,
  typed: Typed,
  user: CodeUser,
): Promise<void> {
  const { id, store } = openSession(req);
  const expiresAt = Date.now() + lifetime;
  const proof = sealing.seal(purposeOf(id, typed), JSON.stringify(user));
  await records.set(store, id, { proof, expiresAt }, expiresAt);
}

/** Whose password this session has just changed by the same code to the same password, or undefined. */
export async function finishedReset(
  req: SessionRequest,
  sealing: Sealing,
  typed: Typed,
): Promise<CodeUser | undefined> {
  const { id, store } = openSession(req);
  const found = await records.get(store, id);
  if (found === undefined || found.expiresAt <= Date.now()) return undefined;
  const text = sealing.open(purposeOf(id, typed), found.proof);
  return text === undefined ? undefined : (JSON.parse(text) as CodeUser);
}
