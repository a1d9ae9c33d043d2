import type { IncomingMessage } from 'node:http';
import type { Identity } from '../client/identity.js';
import type { TokenSet } from '../client/token-set.js';
import { HeadlessError } from '../errors.js';

/** The request as strategies see it: Express 4 and 5 fit. */
export interface LoginRequest extends IncomingMessage {
  readonly body?: unknown;
  /** Express's way to hand an error of this request to the error handlers. */
  next?: ((error?: unknown) => void) | undefined;
}

/** What a verify function gets. */
export interface Login<I extends Identity = Identity> {
  /** Which flow: `password`, `otp`, `registration`, `guest`, `first-party` or `sso`. */
  readonly flow: string;
  /** Who it is, from verified tokens. */
  readonly identity: I;
  /** For calls on the user's behalf. Keep them out of the session. */
  readonly tokens: TokenSet;
  /** The visitor id that went with the login: what the visitor had collected hangs on it. */
  readonly uvid: string | undefined;
  readonly req: LoginRequest;
}

/** Passport's own way to give the result. A falsy error is none; a falsy user is none and means: not in this app. */
export type Done = (error?: unknown, user?: unknown, info?: unknown) => void;

/**
 * Turns a verified login into the app's user: by returning it, or a promise of it, or by calling `done`. No user
 * (anything falsy: `false`, `null`, `0`, `''`) means: not in this app. To return `undefined` without having called `done`
 * is a mistake.
 */
export type Verify<L> = (login: L, done: Done) => unknown;

/** What came of a verify function. */
export interface Verdict {
  /** The app's user, or undefined. */
  readonly user: unknown;
  readonly info: unknown;
}

/** Passport's own strategies ask `if (err)` and `if (!user)`; so do the apps that were written for them. */
function isSomething(value: unknown): boolean {
  return Boolean(value);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value;
}

/**
 * Runs a verify function. Whichever comes first counts: a call of `done`, a returned user, or a promise of one.
 * How many parameters the function declares plays no part (hazard 9).
 *
 * @param patience milliseconds that a function which returned nothing has for calling `done`.
 * @throws what the function throws or hands to `done`; {@link HeadlessError} `verify_without_result`.
 */
export function runVerify<L>(verify: Verify<L>, login: L, patience: number): Promise<Verdict> {
  return new Promise((resolve, reject) => {
    // Whatever an app calls an error is handed on; `reject` alone would have it be an Error.
    const failed: (reason: unknown) => void = reject;
    let timer: NodeJS.Timeout | undefined;
    const outcome = { settled: false };
    const settle = (conclude: () => void): void => {
      outcome.settled = true;
      clearTimeout(timer);
      conclude();
    };
    const nothing = (): void => {
      reject(new HeadlessError('verify_without_result'));
    };
    const found = (user: unknown, info?: unknown): void => {
      resolve({ user: isSomething(user) ? user : undefined, info });
    };
    const returned = verify(login, (error, user, info) => {
      settle(() => {
        if (isSomething(error)) failed(error);
        else found(user, info);
      });
    });
    if (outcome.settled) return;
    if (isThenable(returned)) {
      returned.then((user) => {
        if (user === undefined) nothing();
        else found(user);
      }, reject);
    } else if (returned === undefined) {
      timer = setTimeout(nothing, patience);
    } else {
      found(returned);
    }
  });
}
