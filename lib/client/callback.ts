import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { HeadlessError } from '../errors.js';
import type { AuthorizationCode } from '../protocol/authorize.js';
import { readCallback } from '../protocol/redirect.js';
import type { LocalMeanings } from '../protocol/refusal.js';
import type { ClientContext } from './context.js';

/** What a browser brought back: the URL of the callback, its query, or the fields that the echo endpoint shows. */
export type Callback = string | URL | URLSearchParams | Readonly<Record<string, unknown>>;

/** What is checked of a callback, whatever flow it ends. */
export interface CallbackInput {
  readonly callback: Callback;
  /** Of the start; what comes back must be equal. */
  readonly state: string;
  /** Of the start. */
  readonly codeVerifier: string;
  /** Of the start. Default: the client's. */
  readonly redirectUri?: string | undefined;
}

/** A value that nobody can guess: 256 bits. */
export function unguessable(): string {
  return randomBytes(32).toString('base64url');
}

/** The fields of a callback. */
export function queryOf(callback: Callback): URLSearchParams {
  if (callback instanceof URLSearchParams) return callback;
  if (callback instanceof URL) return callback.searchParams;
  if (typeof callback === 'string') {
    return new URLSearchParams(callback.slice(callback.indexOf('?') + 1).replace(/#.*$/s, ''));
  }
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(callback)) {
    // Parsers make a list of what comes twice; whoever reads it is to see that.
    for (const each of [value].flat()) if (typeof each === 'string') query.append(name, each);
  }
  return query;
}

/** Compares in a time that says nothing about where two texts differ. */
function isEqual(one: string, other: string): boolean {
  const [first, second] = [one, other].map((text) => createHash('sha256').update(text).digest());
  return first !== undefined && second !== undefined && timingSafeEqual(first, second);
}

/**
 * The code of a callback that belongs to a start.
 *
 * @throws {HeadlessError} `sso_state_unknown` when it does not; or what Salesforce said in it.
 */
export function codeOf(
  { settings }: ClientContext,
  { callback, state }: CallbackInput,
  local?: LocalMeanings,
): AuthorizationCode {
  const query = queryOf(callback);
  const [returned = '', ...more] = query.getAll('state');
  if (state === '' || more.length > 0 || !isEqual(returned, state)) {
    throw new HeadlessError('sso_state_unknown');
  }
  return readCallback(settings.site, settings.origins, query, local);
}
