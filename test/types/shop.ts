import express, { type ErrorRequestHandler } from 'express';
import session, { MemoryStore } from 'express-session';
import passport from 'passport';
import {
  GuestStrategy,
  HeadlessClient,
  HeadlessError,
  headlessSession,
  OtpStrategy,
  PasswordStrategy,
  type Guest,
  type HeadlessErrorCode,
  type HeadlessFault,
  type Login,
  type NamedIdentity,
} from 'passport-sf-headless';

/** The app's own user, as its other strategies already make it. */
interface Customer {
  readonly id: string;
  readonly email: string | undefined;
}

declare global {
  // eslint-disable-next-line @typescript-eslint/no-namespace
  namespace Express {
    // eslint-disable-next-line @typescript-eslint/no-empty-object-type
    interface User extends Customer {}
  }
}

const client = new HeadlessClient({
  site: 'https://shop.example.com/portal',
  clientId: '3MVG9.example',
  redirectUri: 'https://app.example.com/callback',
  scope: 'api openid refresh_token',
  uvidHint: { guest: { in: 'body' } },
});

const customers = new Map<string, Customer>();

function customerOf({ identity, uvid }: Login<NamedIdentity>): Promise<Customer> {
  const customer = { id: identity.userId, email: identity.email };
  customers.set(uvid ?? customer.id, customer);
  return Promise.resolve(customer);
}

const otp = new OtpStrategy({ client, verifyTimeout: 2_000 }, customerOf);
passport.use(new PasswordStrategy({ client, name: 'local' }, customerOf));
passport.use('by-code', otp);
passport.use(new GuestStrategy({ client }));
passport.use(
  new PasswordStrategy(
    {
      client,
      credentials: async ({ body }) =>
        (await Promise.resolve(body)) as { username?: string; password?: string },
      messages: { invalid_credentials: 'Das passt nicht zusammen.' },
    },
    (login, done) => {
      const found = customers.get(login.identity.userId);
      if (found === undefined) done(null, false, { message: login.identity.username });
      else done(null, found);
    },
  ),
);
passport.use(
  new GuestStrategy({ client, asUser: true }, ({ identity, tokens }) => ({
    id: identity.uvid,
    until: tokens.expiresAt,
  })),
);

passport.serializeUser((user, done) => {
  done(null, user.id);
});
passport.deserializeUser((id: string, done) => {
  done(null, customers.get(id) ?? false);
});

const app = express();
app.use(express.urlencoded({ extended: false }));
app.use(
  session({
    store: new MemoryStore(),
    secret: 'a-secret-of-the-app',
    resave: false,
    saveUninitialized: false,
  }),
);
app.use(passport.initialize());
app.use(passport.session());
app.use(
  headlessSession({
    client,
    secret: process.env['SESSION_SECRET'],
    limits: { codeAttempts: 5, codeSends: undefined },
    cookie: { domain: process.env['DOMAIN'] },
  }),
);

// `passport.authenticate` gives `any`, in every version of its types.
const authenticate = (strategy: string): express.RequestHandler =>
  passport.authenticate(strategy) as express.RequestHandler;

app.post('/login', authenticate('local'), (req, res) => {
  res.json({ hello: req.user?.email });
});
app.post('/code', otp.start(), (req, res) => {
  res.json({ by: req.headless.code?.method, until: req.headless.code?.expiresAt });
});
app.post('/code/login', authenticate('by-code'), (req, res) => {
  res.json({ hello: req.user?.id });
});
app.get('/saved', (req, res) => {
  const guest: Guest | undefined = req.headless.guest;
  res.json({ visitor: guest?.uvid, since: guest?.since });
});
app.post('/saved', (req, res, next) => {
  req.headless.ensureGuest().then(({ uvid }) => {
    res.json({ uvid });
  }, next);
});

const advice: Partial<Record<HeadlessErrorCode, string>> = {
  timeout: 'Try again in a minute.',
  rate_limited: 'Try again in an hour.',
};

function isOurs(fault: HeadlessFault): boolean {
  switch (fault) {
    case 'credentials':
      return false;
    case 'configuration':
    case 'upstream':
    case 'network':
    case 'storage':
    case 'usage':
      return true;
  }
}

const answerError: ErrorRequestHandler = (error: unknown, _req, res, next) => {
  if (!(error instanceof HeadlessError)) {
    next(error);
  } else if (error.code === 'invalid_credentials') {
    const code: 'invalid_credentials' = error.code;
    res.status(error.status).json({ code });
  } else {
    const text: string = advice[error.code] ?? error.message;
    res.status(error.status).json({ text, ours: isOurs(error.fault), id: error.requestId ?? '' });
  }
};
app.use(answerError);

export { app };
