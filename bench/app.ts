import express, { type Express, type RequestHandler } from 'express';
import session, { MemoryStore } from 'express-session';
import { Passport, type Strategy } from 'passport';
import { HeadlessClient, headlessSession, PasswordStrategy } from '../lib/index.js';
import { handWrittenLogin, type Login } from './hand-written.js';
import type { Org } from './org.js';
import { bare, handWrittenVariants, library } from './variants.js';

/** The app's user. */
interface User {
  readonly id: string;
}

const answerUser: RequestHandler = (req, res) => {
  res.json({ id: (req.user as User | undefined)?.id });
};

/** Logs the user in that a function finds, with Passport's own `req.logIn`. */
function logInBy(login: Login): RequestHandler {
  return (req, _res, next) => {
    const { username, password } = req.body as { username: string; password: string };
    login(username, password).then((id) => {
      req.logIn({ id } satisfies User, next);
    }, next);
  };
}

/** One app with a login route per variant. Parser, session and Passport's own middleware are the same for all. */
export function createApp(org: Org): Express {
  const passport = new Passport();
  passport.serializeUser<string>((user, done) => {
    done(null, (user as User).id);
  });
  passport.deserializeUser<string>((id, done) => {
    done(null, { id } satisfies User);
  });

  const app = express();
  app.use(
    session({
      store: new MemoryStore(),
      secret: 'bench',
      resave: false,
      saveUninitialized: false,
    }),
  );
  app.use(passport.initialize());
  app.use(passport.session());
  app.use(express.urlencoded({ extended: false }));
  app.get('/me', answerUser);

  const client = new HeadlessClient(org);
  const strategy = new PasswordStrategy({ client }, ({ identity }): User => {
    return { id: identity.userId };
  });
  passport.use(strategy as Strategy);
  app.post(
    `/${library.id}/login`,
    headlessSession({ client }),
    passport.authenticate(strategy.name) as RequestHandler,
    answerUser,
  );
  for (const { id, verifies } of handWrittenVariants) {
    app.post(`/${id}/login`, logInBy(handWrittenLogin(org, verifies)), answerUser);
  }
  const withoutCalls: Login = (username) => Promise.resolve(username);
  app.post(`/${bare.id}/login`, logInBy(withoutCalls), answerUser);
  return app;
}
