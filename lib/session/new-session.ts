import { HeadlessError } from '../errors.js';
import {
  openSession,
  type HeadlessSessionData,
  type OpenSession,
  type Session,
} from './express-session.js';
import {
  serializedUser,
  userPropertyOf,
  type LogIn,
  type PassportRequest,
} from './passport-request.js';

/** A request as it was before somebody logs in. */
export interface Before {
  readonly open: OpenSession;
  readonly user: unknown;
  readonly passportSession: unknown;
  /** Serialized user of the session, when somebody is logged in. */
  readonly principal: string | undefined;
  readonly data: HeadlessSessionData;
}

/** Takes note of everything about a request that a login changes. */
export function remember(req: PassportRequest): Before {
  const open = openSession(req);
  return {
    open,
    user: Reflect.get(req, userPropertyOf(req)),
    passportSession: req._passport?.session,
    principal: serializedUser(req, open.session),
    data: open.session.sfHeadless ?? {},
  };
}

/** Puts a request back to where it was: what express-session writes at its end is then the old session, unchanged. */
export function restore(req: PassportRequest, { open, user, passportSession }: Before): void {
  req.session = open.session;
  req.sessionID = open.id;
  Reflect.set(req, userPropertyOf(req), user);
  if (req._passport) req._passport.session = passportSession;
}

/**
 * Has Passport serialize the user into a new session that nothing has been written of. Passport 0.6 and later would
 * destroy the old session first and save the new one after (hazard 5); both are this step's to do, so the session it is
 * given does neither.
 */
export async function serializeIntoNewSession(
  req: PassportRequest,
  store: OpenSession['store'],
  original: LogIn,
  user: unknown,
  options: object,
): Promise<Session> {
  store.generate?.(req);
  const session = req.session;
  if (!session) throw new HeadlessError('session_required');
  if (req._passport) req._passport.session = {};
  const done = (callback: (error?: unknown) => void): void => {
    callback();
  };
  const methods = ['regenerate', 'save'] as const;
  for (const name of methods) {
    Object.defineProperty(session, name, { configurable: true, value: done });
  }
  try {
    await new Promise<void>((resolve, reject) => {
      const failed: (error: unknown) => void = reject;
      original.call(req, user, { ...options, keepSessionInfo: false }, (error) => {
        if (error === undefined || error === null) resolve();
        else failed(error);
      });
    });
  } finally {
    for (const name of methods) Reflect.deleteProperty(session, name);
  }
  return session;
}
