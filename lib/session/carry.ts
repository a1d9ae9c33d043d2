import { createHash } from 'node:crypto';
import { HeadlessError } from '../errors.js';
import { fetched, type OpenSession } from './express-session.js';
import type { Headless } from './headless.js';
import { isOwnKey } from './passport-request.js';

/**
 * The session keys that may move at a login.
 *
 * @throws {HeadlessError} `keep_session_info_refused` when Passport's `keepSessionInfo` was asked for and is not allowed.
 */
export function keysToCarry(
  { request, services }: Headless,
  session: object,
  options: object,
): readonly string[] {
  if (Reflect.get(options, 'keepSessionInfo') !== true) return services.carry;
  if (!services.allowKeepSessionInfo) throw new HeadlessError('keep_session_info_refused');
  return Object.keys(session).filter((key) => !isOwnKey(request, key));
}

/** A deep copy of the named keys of a session, those that it has. */
export function carriedFrom(session: object, keys: readonly string[]): Record<string, unknown> {
  const carried: Record<string, unknown> = {};
  for (const key of keys) {
    const value: unknown = Object.hasOwn(session, key) ? Reflect.get(session, key) : undefined;
    if (value !== undefined) carried[key] = structuredClone(value);
  }
  return carried;
}

/** Recognises what moved from a session, so that another request can tell whether it sees the same. */
export function digest(carried: object, uvid: string | undefined): string {
  return createHash('sha256')
    .update(JSON.stringify([carried, uvid]))
    .digest('base64url');
}

/**
 * The session as the store has it by now: another tab may have saved something while a login waited for Salesforce. What
 * the request itself has changed counts all the same.
 */
export async function newestOf(
  headless: Headless,
  { store, id, session }: OpenSession,
  keys: readonly string[],
): Promise<object> {
  const blob = headless.hadSession ? await fetched(store, id) : undefined;
  if (typeof blob !== 'object' || blob === null) return session;
  const entries = keys.map((key): [string, unknown] => {
    const isOwnChange = JSON.stringify(Reflect.get(session, key)) !== headless.atStart(key);
    return [key, Reflect.get(isOwnChange ? session : blob, key)];
  });
  return Object.fromEntries(entries);
}
