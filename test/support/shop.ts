import session, { MemoryStore, type Store } from 'express-session';
import type { Authenticator, Strategy } from 'passport';
import type { Emulator } from 'sf-headless-emulator';
import {
  GuestStrategy,
  HeadlessClient,
  HeadlessError,
  headlessSession,
  OtpStrategy,
  passwordReset,
  PasswordStrategy,
  RegistrationStrategy,
  type CodeLimits,
  type GuestStrategyOptions,
  type HeadlessSessionOptions,
  type HeadlessClientOptions,
  type Login,
  type NamedIdentity,
  type OtpStrategyOptions,
  type PasswordResetOptions,
  type PasswordStrategyOptions,
  type RegistrationStrategyOptions,
  type Verify,
} from '../../lib/index.js';
import { noteError } from './secrets.js';
import {
  expressOf,
  newest,
  passportOf,
  type ErrorRequestHandler,
  type Express,
  type RequestHandler,
  type Stack,
} from './stacks.js';

type NamedVerify = Verify<Login<NamedIdentity>>;

/** What a test may set about the app under test. */
export interface ShopOptions {
  readonly emulator: Emulator;
  readonly stack?: Stack;
  readonly client?: Partial<HeadlessClientOptions>;
  readonly password?: Partial<PasswordStrategyOptions>;
  readonly otp?: Partial<OtpStrategyOptions>;
  readonly guest?: Partial<GuestStrategyOptions>;
  readonly registration?: Partial<RegistrationStrategyOptions>;
  readonly reset?: Partial<PasswordResetOptions>;
  readonly verify?: NamedVerify;
  readonly limits?: Partial<CodeLimits>;
  /** More options of headlessSession. */
  readonly headless?: Partial<HeadlessSessionOptions>;
  readonly store?: Store;
  /** Leave out parts of the usual set-up. */
  readonly without?: readonly ('session' | 'headlessSession' | 'parsers')[];
  /** More routes, mounted before the error handler. */
  readonly routes?: (app: Express, passport: Authenticator) => void;
}

/** An app as a customer would write it, over one emulator. */
export interface Shop {
  readonly app: Express;
  readonly client: HeadlessClient;
  readonly passport: Authenticator;
  readonly store: Store;
  /** What verify functions were given. */
  readonly logins: Login[];
  close(): Promise<void>;
}

/** What the app itself keeps in the session. */
function appSession(req: object): Record<string, unknown> {
  const session = (Reflect.get(req, 'session') ?? {}) as Record<string, unknown>;
  const own = ['cookie', 'passport', 'sfHeadless'];
  return Object.fromEntries(Object.entries(session).filter(([key]) => !own.includes(key)));
}

const redirectUri = 'http://localhost:3000/callback';

export function clientFor(
  emulator: Emulator,
  options: Partial<HeadlessClientOptions> = {},
): HeadlessClient {
  return new HeadlessClient({
    site: emulator.url,
    clientId: '3MVG9.public',
    redirectUri,
    scope: 'api openid refresh_token',
    ...options,
  });
}

const answerError: ErrorRequestHandler = (error: unknown, _req, res, _next) => {
  noteError(error);
  // express-session tells of a failed last write when the answer is already out.
  if (res.headersSent) return;
  const known = error instanceof HeadlessError ? error : undefined;
  res.status(known?.status ?? 500).json({
    code: known?.code,
    fault: known?.fault,
    message: error instanceof Error ? error.message : String(error),
    fields: known?.fields,
  });
};

/** Passport's types come from the newest Express; the stack under test may be an older one. */
function authenticate(passport: Authenticator, name: string, options: object = {}): RequestHandler {
  return passport.authenticate(name, { failWithError: false, ...options }) as RequestHandler;
}

export function createShop(options: ShopOptions): Shop {
  const { emulator, stack = newest, without = [] } = options;
  const express = expressOf(stack);
  const passport = passportOf(stack);
  const client = clientFor(emulator, options.client);
  const store = options.store ?? new MemoryStore();
  const logins: Login[] = [];
  const asUser: NamedVerify = ({ identity, flow }) => ({
    id: identity.userId,
    flow,
  });
  const verify = options.verify ?? asUser;
  const named: NamedVerify = (login, done) => {
    logins.push(login);
    return verify(login, done);
  };
  const otp = new OtpStrategy({ client, ...options.otp }, named);
  const registration = new RegistrationStrategy({ client, ...options.registration }, named);
  const reset = passwordReset({ client, ...options.reset });
  passport.serializeUser((user, done) => {
    done(null, user);
  });
  passport.deserializeUser((user: Express.User, done) => {
    done(null, user);
  });
  passport.use(new PasswordStrategy({ client, ...options.password }, named) as Strategy);
  passport.use(otp as Strategy);
  passport.use(registration as Strategy);
  const { credentials } = reset;
  passport.use(
    new PasswordStrategy({ client, name: 'after-reset', credentials }, named) as Strategy,
  );
  passport.use(new GuestStrategy({ client, ...options.guest }) as Strategy);

  const app = express();
  if (!without.includes('session')) {
    app.use(
      session({ store, secret: 'a-test-secret', resave: false, saveUninitialized: false }) as never,
    );
  }
  app.use(passport.initialize() as never);
  if (!without.includes('session')) app.use(passport.session() as never);
  if (!without.includes('headlessSession')) {
    app.use(
      headlessSession({
        client,
        locks: false,
        ...(options.limits && { limits: options.limits }),
        ...options.headless,
      }) as never,
    );
  }
  if (!without.includes('parsers')) {
    app.use(express.urlencoded({ extended: true }), express.json());
  }

  const whoami: RequestHandler = (req, res) => {
    const { headless } = req as { headless?: Express.Request['headless'] };
    res.json({
      user: req.user,
      authenticated: req.isAuthenticated(),
      guest: headless?.guest,
      code: headless?.code,
      identity: headless?.identity,
      upgrade: headless?.upgrade,
      session: appSession(req),
    });
  };
  app.get('/me', whoami);
  app.post('/login', authenticate(passport, 'sf-headless-password'), whoami);
  app.post('/code', otp.start() as RequestHandler, whoami);
  app.post('/code/login', authenticate(passport, 'sf-headless-otp'), whoami);
  app.post('/register', registration.start() as RequestHandler, whoami);
  app.post('/register/code', authenticate(passport, 'sf-headless-registration'), whoami);
  app.post('/forgotten', reset.start() as RequestHandler, whoami);
  app.post('/forgotten/code', reset.finish() as RequestHandler, whoami);
  app.post(
    '/forgotten/login',
    reset.finish() as RequestHandler,
    authenticate(passport, 'after-reset'),
    whoami,
  );
  app.post('/guest', authenticate(passport, 'sf-headless-guest'), whoami);
  app.post('/save', (req, res, next) => {
    req.headless.ensureGuest().then((guest) => {
      res.json({ guest });
    }, next);
  });
  app.post('/logout', (req, res, next) => {
    const passportRequest = req as unknown as { logout(done?: (error?: unknown) => void): void };
    const ended = (error?: unknown): void => {
      if (error === undefined) res.json({ authenticated: req.isAuthenticated() });
      else next(error);
    };
    if (['passport04', 'passport05'].includes(stack.passport)) {
      passportRequest.logout();
      ended();
    } else {
      passportRequest.logout(ended);
    }
  });
  options.routes?.(app, passport);
  app.use(answerError);
  return { app, client, passport, store, logins, close: () => client.close() };
}
