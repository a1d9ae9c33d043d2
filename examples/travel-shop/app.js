import { fileURLToPath } from 'node:url';
import ejs from 'ejs';
import express from 'express';
import session from 'express-session';
import helmet from 'helmet';
import { headlessSession } from 'passport-sf-headless';
import { notFound, showError } from './errors.js';
import { createLogin } from './login.js';
import { originCheck } from './origin-check.js';
import { bookingRoutes } from './routes/bookings.js';
import { loginRoutes } from './routes/login.js';
import { savedRoutes } from './routes/saved.js';
import { tripRoutes } from './routes/trips.js';
import { securityHeaders } from './security-headers.js';
import { createUpgrade } from './upgrade.js';
import { visitor, visitorCookie } from './visitor.js';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/**
 * The shop as an Express app: composition only. Nothing here opens a port, reads the environment or ends a process;
 * start.js does.
 *
 * @param shop.client HeadlessClient of the org.
 * @param shop.savedTrips SavedTrips, prepared.
 * @param shop.sessionStore store of express-session; left out, its memory store.
 * @param shop.locks shared by every process that shares the session store; left out, there is only this process.
 * @param shop.secrets for the cookies: the first is in use, the others are those from before.
 * @param shop.trustProxy how many proxies stand in front; false for none.
 * @param shop.captcha `{ siteKey }` for Google's widget, `{ token }` for a fixed one, or nothing.
 * @param shop.mailbox where the emulator shows the codes it sent, if there is one.
 * @param shop.log takes lines for the operator.
 */
export function createShop(shop) {
  const { client, savedTrips, bookings, captcha, mailbox, log } = shop;
  const { passport, sendCode } = createLogin({ client, bookings });

  const app = express();
  app.set('trust proxy', shop.trustProxy ?? false);
  app.set('views', here('views'));
  app.engine('ejs', ejs.renderFile);
  app.set('view engine', 'ejs');
  app.locals.captcha = captcha;
  app.locals.mailbox = mailbox;

  app.use(helmet(securityHeaders(captcha)));
  app.get('/healthz', (req, res) => res.type('text').send('ok'));
  app.use(express.static(here('public'), { maxAge: '1h' }));
  app.use(originCheck);
  app.use(express.urlencoded({ extended: false, limit: '16kb' }));

  app.use(
    session({
      name: 'shop.sid',
      secret: shop.secrets,
      store: shop.sessionStore,
      resave: false,
      // Without this, everybody who looks at a page would get a session and a cookie.
      saveUninitialized: false,
      cookie: { httpOnly: true, sameSite: 'lax', secure: 'auto', maxAge: 7 * 24 * 60 * 60 * 1000 },
    }),
  );
  // Before Passport 0.6 `app.use(passport.initialize())` goes first.
  app.use(passport.session());
  app.use(
    headlessSession({
      client,
      secret: shop.secrets,
      cookie: { name: visitorCookie },
      onUpgrade: createUpgrade({ savedTrips, log }),
      locks: shop.locks ?? false,
      // No `carry`: saved trips are in the database and `returnTo` is in the forms, so the session of a guest holds
      // nothing that a customer would miss.
    }),
  );
  app.use(visitor({ savedTrips, log }));

  app.use(tripRoutes({ savedTrips }));
  app.use(savedRoutes({ savedTrips }));
  app.use(loginRoutes({ passport, sendCode }));
  app.use(bookingRoutes({ bookings }));

  app.use(notFound);
  app.use(showError(log));
  return app;
}
