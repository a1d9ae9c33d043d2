import express from 'express';
import session from 'express-session';
import { Passport } from 'passport';
import { HeadlessError, headlessSession, PasswordStrategy } from 'passport-sf-headless';
import { originCheck } from './origin-check.js';
import { bookingsPage, errorPage, homePage, loginPage } from './pages.js';

const query = new URLSearchParams({ q: 'SELECT Name FROM Booking__c' });

/**
 * The shop as an Express app. What one process knows of a visitor lies in Redis, so any other can go on.
 *
 * @param shop.client HeadlessClient of the org.
 * @param shop.store session store, shared by all processes.
 * @param shop.locks shared by all processes.
 * @param shop.secret the same in all processes.
 */
export function createApp({ client, store, locks, secret, log }) {
  const passport = new Passport();
  passport.use(
    new PasswordStrategy({ client }, ({ identity }) => {
      return { id: identity.userId };
    }),
  );
  passport.serializeUser((user, done) => done(null, user));
  passport.deserializeUser((user, done) => done(null, user));

  const app = express();
  // The proxy of this example.
  app.set('trust proxy', 'loopback');
  app.use((req, res, next) => {
    res.set({ 'X-Process': String(process.pid), 'Cache-Control': 'no-store' });
    next();
  });
  app.use(originCheck, express.urlencoded({ extended: false, limit: '16kb' }));
  app.use(session({ name: 'cluster.sid', store, secret, resave: false, saveUninitialized: false }));
  app.use(passport.session());
  app.use(headlessSession({ client, secret, locks }));

  app.get('/', (req, res) => res.send(homePage(req.user)));
  app.get('/login', (req, res) => res.send(loginPage()));
  app.post('/login', (req, res, next) => {
    passport.authenticate('sf-headless-password', (error, user, info, status) => {
      if (error) next(error);
      else if (!user) res.status(status).send(loginPage(info.message));
      else req.logIn(user, (error) => (error ? next(error) : res.redirect(303, '/me')));
    })(req, res, next);
  });

  app.get('/me', async (req, res) => {
    // One refresh of an old token, whichever processes are asked at the moment.
    const answer = await req.headless.fetch(`/services/data/v66.0/query?${query}`);
    if (!answer.ok) throw new Error(`the org answered with status ${answer.status}`);
    const { records } = await answer.json();
    res.send(bookingsPage(records.map(({ Name }) => Name)));
  });

  app.post('/logout', async (req, res) => {
    await req.headless.logout();
    res.redirect(303, '/');
  });

  // Four parameters: that is how Express knows an error handler.
  app.use((error, req, res, _next) => {
    // Nobody is logged in any more, and only a new login mends that.
    if (error instanceof HeadlessError && error.status === 401) {
      res.redirect(303, '/login');
      return;
    }
    const status = error.status >= 400 && error.status < 600 ? error.status : 500;
    if (status >= 500) log(`${req.method} ${req.path}: ${error.code ?? ''} ${error.message}`);
    res.status(status).send(errorPage());
  });
  return app;
}
