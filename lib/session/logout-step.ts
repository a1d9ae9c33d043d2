import type { ServerResponse } from 'node:http';
import { openSession, type OpenSession } from './express-session.js';
import type { Headless } from './headless.js';
import { closeSession } from './old-session.js';
import { userPropertyOf } from './passport-request.js';

/** Options of `req.headless.logout`. */
export interface LogoutOptions {
  /** Session keys that the next session of this browser is to have, such as a language. Default: none. */
  readonly carry?: readonly string[];
}

/** What is left to do after a logout. */
export interface LoggedOut {
  /** Where to send the browser when it has a session on the Experience Cloud site too; undefined when it has none. */
  readonly siteLogoutUrl: string | undefined;
}

/** What belongs together so that a response can be held back until some work has ended. */
function holdResponse(res: ServerResponse, work: Promise<void>): void {
  const end = res.end.bind(res);
  const held = (...parts: unknown[]): ServerResponse => {
    void work.finally(() => {
      res.end = end;
      Reflect.apply(end, res, parts);
    });
    return res;
  };
  res.end = held;
}

async function endOf(
  headless: Headless,
  open: OpenSession,
  uvid: string | undefined,
): Promise<void> {
  try {
    await closeSession(open, headless.services.locks);
    if (uvid !== undefined) await headless.services.ledger.close(open.store, uvid);
  } finally {
    // The local logout stands, whatever Salesforce says to this; and a store that fails is no reason to leave tokens alive.
    await headless.services.tokens?.end(open.store, open.id);
  }
}

/**
 * Ends the login of a request: from this call on the request has a new, empty session and no user, and when the promise
 * resolves the old session is gone from the store and cannot come back. A guest ends too; the next one is a new one.
 *
 * @throws {HeadlessError} `session_required`; rejects with `storage_failed` when the store did not end the session.
 */
export async function logOut(headless: Headless, { carry = [] }: LogoutOptions): Promise<void> {
  const { request: req, response: res } = headless;
  const old = openSession(req);
  const visit = old.session.sfHeadless?.guest ?? headless.services.cookie?.read(req);
  Reflect.set(req, userPropertyOf(req), null);
  if (req._passport) req._passport.session = {};
  old.store.generate?.(req);
  const fresh = req.session;
  if (fresh && req.sessionID !== undefined) {
    // Nothing is worth writing until the app puts something into it.
    headless.guarded.remember(req.sessionID, fresh);
    for (const key of carry) {
      const value: unknown = Object.hasOwn(old.session, key)
        ? Reflect.get(old.session, key)
        : undefined;
      if (value !== undefined) Reflect.set(fresh, key, structuredClone(value));
    }
  }
  headless.services.cookie?.clear(req, res);
  await endOf(headless, old, visit?.uvid);
}

/** The same for Passport's signature without a callback: the answer waits until it is done. */
export function logOutBeforeResponse(headless: Headless, options: LogoutOptions): void {
  const { request, response } = headless;
  const work = logOut(headless, options).catch((error: unknown) => {
    const next: unknown = Reflect.get(request, 'next');
    if (typeof next === 'function') (next as (error: unknown) => void)(error);
  });
  holdResponse(response, work);
}
