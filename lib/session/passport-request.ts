import type { SessionRequest } from './express-session.js';

/** Passport's callback. */
export type PassportCallback = (error?: unknown) => void;

/** `req.logIn`, in every version of Passport. */
export type LogIn = (
  this: PassportRequest,
  user: unknown,
  options?: unknown,
  done?: PassportCallback,
) => unknown;

/** `req.logout`: without arguments up to Passport 0.5, with a callback since. */
export type LogOut = (this: PassportRequest, options?: unknown, done?: PassportCallback) => unknown;

/** What Passport 0.4 to 0.7 put on a request, as far as the login step has to know it. */
export interface PassportRequest extends SessionRequest {
  logIn?: LogIn;
  login?: LogIn;
  logOut?: LogOut;
  logout?: LogOut;
  isAuthenticated?: () => boolean;
  _userProperty?: string;
  _sessionManager?: { readonly _key?: string };
  _passport?: {
    instance?: { readonly _userProperty?: string; readonly _key?: string };
    session?: unknown;
  };
}

/** The property that holds the user, `user` unless the app says otherwise. */
export function userPropertyOf(req: PassportRequest): string {
  return req._userProperty ?? req._passport?.instance?._userProperty ?? 'user';
}

/** The session key under which Passport keeps the serialized user, `passport` unless the app says otherwise. */
function sessionKeyOf(req: PassportRequest): string {
  return req._sessionManager?._key ?? req._passport?.instance?._key ?? 'passport';
}

/** The serialized user of a session as text, or undefined when nobody is logged in there. */
export function serializedUser(req: PassportRequest, session: object): string | undefined {
  const entry: unknown = Reflect.get(session, sessionKeyOf(req));
  const user: unknown =
    typeof entry === 'object' && entry !== null ? Reflect.get(entry, 'user') : undefined;
  return user === undefined || user === null ? undefined : JSON.stringify(user);
}

/** The session keys that belong to Passport or to this library, and so never move by themselves. */
export function isOwnKey(req: PassportRequest, key: string): boolean {
  return key === 'cookie' || key === 'sfHeadless' || key === sessionKeyOf(req);
}

/** Passport's arguments in either order of `(user, options, done)` and `(user, done)`. */
export function argumentsOf(
  options: unknown,
  done: PassportCallback | undefined,
): { options: object; done: PassportCallback | undefined } {
  if (typeof options === 'function') return { options: {}, done: options as PassportCallback };
  return { options: typeof options === 'object' && options !== null ? options : {}, done };
}

type Names = readonly ['login', 'logIn'] | readonly ['logout', 'logOut'];

/**
 * Puts a step of our own in the place of one of Passport's methods, in whichever order the two arrive: Passport 0.4 and
 * 0.5 have them on the prototype of every request, 0.6 and 0.7 put them on the request when it is first authenticated,
 * unless something is there already.
 */
export function takePlaceOf<F extends LogIn | LogOut>(
  req: PassportRequest,
  names: Names,
  step: (original: F) => F,
): void {
  const present: unknown = Reflect.get(req, names[1]);
  if (typeof present === 'function') {
    // Plain properties keep the request fast, where accessors would have V8 give that up.
    const taken = step(present as F);
    for (const name of names) Reflect.set(req, name, taken);
    return;
  }
  let taken: F | undefined = undefined;
  for (const name of names) {
    Object.defineProperty(req, name, {
      configurable: true,
      enumerable: true,
      get: () => taken,
      set: (value: F) => {
        if (value !== taken) taken = step(value);
      },
    });
  }
}
