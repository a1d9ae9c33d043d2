import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { HeadlessClient } from '../client/headless-client.js';
import { HeadlessError } from '../errors.js';
import { Challenges } from './challenges.js';
import { Codes } from './codes.js';
import type { Store } from './express-session.js';
import { GuardedStore } from './guarded-store.js';
import { Headless, type HeadlessRequest } from './headless.js';
import type { HeadlessServices } from './headless-services.js';
import { Ledger } from './ledger.js';
import { LayeredLocks, ProcessLocks } from './locks.js';
import { logIn } from './login.js';
import { logOut, logOutBeforeResponse, type LogoutOptions } from './logout-step.js';
import { argumentsOf, takePlaceOf, type LogIn, type LogOut } from './passport-request.js';
import { retryUpgrade } from './retry-upgrade.js';
import { Sealing } from './sealing.js';
import { readSessionOptions, type HeadlessSessionOptions } from './session-options.js';
import { Tokens } from './tokens.js';
import { Upgrades } from './upgrade.js';
import { VisitorCookie } from './visitor-cookie.js';

declare global {
  // eslint-disable-next-line @typescript-eslint/no-namespace -- Express has its request extended in this one only
  namespace Express {
    interface Request {
      /** Present on requests that have passed `headlessSession`. */
      headless: Headless;
    }
  }
}

const hour = 3_600_000;

/** Our login in the place of Passport's, with Passport's signature. */
function loginStep(headless: Headless): (original: LogIn) => LogIn {
  return (original) =>
    function step(user, given, callback) {
      const { options, done } = argumentsOf(given, callback);
      const isSession = Reflect.get(options, 'session') !== false;
      if (!isSession || !this.session) return original.call(this, user, given, callback);
      if (done === undefined) throw new Error('req#login requires a callback function');
      logIn(headless, original, user, options).then(() => {
        done();
      }, done);
      return undefined;
    };
}

/** Our logout in the place of Passport's, with both of Passport's signatures. */
function logoutStep(headless: Headless): (original: LogOut) => LogOut {
  return (original) =>
    function step(given, callback) {
      const { options, done } = argumentsOf(given, callback);
      if (!this.session) return original.call(this, given, callback);
      if (done === undefined) logOutBeforeResponse(headless, options);
      else
        logOut(headless, options as LogoutOptions).then(() => {
          done();
        }, done);
      return undefined;
    };
}

/** Tells the operator, once per middleware, what does not reach other processes while the store serves them too. */
function warnOnce({ locks, secret }: HeadlessSessionOptions): (store: object) => void {
  let said = false;
  return (store) => {
    if (said) return;
    said = true;
    if (store.constructor.name === 'MemoryStore') return;
    if (locks === undefined) {
      process.emitWarning(
        'headlessSession has a shared session store and no shared locks. With several processes pass `locks`, such as ' +
          'redisLocks(client) of passport-sf-headless/redis; with one process pass `locks: false` to silence this.',
        { code: 'SF_HEADLESS_LOCKS' },
      );
    }
    if (secret === undefined) {
      process.emitWarning(
        'headlessSession has a shared session store and no secret. What one process seals there, tokens first of all, ' +
          'does not open in another, nor after a restart. Pass `secret`, the same in every process.',
        { code: 'SF_HEADLESS_SECRET' },
      );
    }
  };
}

/** What is wrong with a second `headlessSession` on the way of a request: nothing, when it is for the same client. */
function anotherOf(first: Headless, client: HeadlessClient): HeadlessError | undefined {
  if (first.services.client === client) return undefined;
  return new HeadlessError('invalid_argument', {
    message: 'A request has passed two headlessSession middlewares with different clients.',
    hint: 'Mount one for each site, on paths of their own, with session cookies of their own.',
  });
}

/**
 * Middleware that gives every request `req.headless` and puts its login and logout steps in the place of Passport's.
 * Mount it after express-session; mounted once more, it changes nothing. On a plain page view it reads and writes nothing: no session, no cookie, no call.
 *
 * @throws {TypeError} naming the option that is missing or wrong.
 */
export function headlessSession(
  options: HeadlessSessionOptions,
): (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => void {
  const settings = readSessionOptions(options, HeadlessClient);
  const { secrets, carry, limits, refuseOnUpgradeError, allowKeepSessionInfo } = settings;
  const locks = options.locks ? new LayeredLocks(options.locks) : new ProcessLocks();
  // Without a secret of the app's, what is sealed lasts as long as this process.
  const sealing = new Sealing(secrets.length > 0 ? secrets : [randomBytes(32).toString('hex')]);
  const cookie =
    secrets.length === 0 ? undefined : new VisitorCookie(sealing, options.cookie ?? {});
  const ledger = new Ledger((cookie?.maxAge ?? 0) * 1000 + 24 * hour, locks);
  const upgrades = new Upgrades(ledger, options.onUpgrade);
  const services: HeadlessServices = {
    client: options.client,
    codes: new Codes(locks, limits, sealing),
    challenges: new Challenges(locks, limits, sealing),
    sealing,
    locks,
    ledger,
    upgrades,
    tokens: settings.tokens && new Tokens(options.client, locks, sealing, settings.tokens),
    cookie,
    carry,
    refuseOnUpgradeError,
    allowKeepSessionInfo,
  };
  const warn = warnOnce(options);
  // An app that logs people out by destroying their session means their tokens, too. Nobody waits for that.
  const ended = (store: Store, id: string): void => {
    services.tokens?.end(store, id).catch(() => undefined);
  };
  return (request, res, next) => {
    const req: HeadlessRequest = request;
    if (req.headless !== undefined) {
      next(anotherOf(req.headless, options.client));
      return;
    }
    const { session, sessionStore: store } = req;
    if (session && typeof store?.generate !== 'function') {
      next(new HeadlessError('session_store_unsupported'));
      return;
    }
    if (store !== undefined) {
      warn(store);
      services.tokens?.retryDue(store);
    }
    if (session?.sfHeadless?.closed === true && store !== undefined) {
      // A process died while it removed this session: it is nobody's, and neither are its tokens.
      ended(store, req.sessionID ?? '');
      store.generate?.(req);
    }
    const guarded = new GuardedStore(store, ended);
    if (guarded.facade !== undefined) req.sessionStore = guarded.facade;
    const headless = new Headless(req, res, services, guarded);
    req.headless = headless;
    takePlaceOf(req, ['login', 'logIn'], loginStep(headless));
    takePlaceOf(req, ['logout', 'logOut'], logoutStep(headless));
    retryUpgrade(headless, next);
  };
}
