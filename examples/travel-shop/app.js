import { fileURLToPath } from 'node:url';
import ejs from 'ejs';
import express from 'express';
import session from 'express-session';
import helmet from 'helmet';
import { headlessSession } from 'passport-sf-headless';
import { notFound, showError } from './errors.js';
import { loginEnded } from './login-ended.js';
import { createLogin } from './login.js';
import { originCheck } from './origin-check.js';
import { accountRoutes } from './routes/account.js';
import { firstPartyRegisterRoutes } from './routes/first-party-register.js';
import { firstPartyRoutes } from './routes/first-party.js';
import { forgotPasswordRoutes } from './routes/forgot-password.js';
import { createSendLimit } from './routes/form-pages.js';
import { inBrowserRoutes } from './routes/in-browser.js';
import { loginRoutes } from './routes/login.js';
import { registerRoutes } from './routes/register.js';
import { savedRoutes } from './routes/saved.js';
import { tripRoutes } from './routes/trips.js';
import { securityHeaders } from './security-headers.js';
import { createUpgrade } from './upgrade.js';
import { sessionCookie, visitor, visitorCookie } from './visitor.js';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Where Salesforce sends the browser back to: after a login by redirect, and with the code of one that the page runs. */
export const callbackPaths = { redirect: '/login/sso/callback', page: '/login/in-browser/code' };

/**
 * The shop as an Express app: composition only. Nothing here opens a port, reads the environment or ends a process;
 * start.js does.
 *
 * @param shop.client HeadlessClient of the org.
 * @param shop.savedTrips SavedTrips, prepared.
 * @param shop.sessionStore store of express-session; left out, its memory store.
 * @param shop.locks shared by every process that shares the session store; left out, there is only this process.
 * @param shop.secrets for the cookies: the first is in use, the others are those from before.
 * @param shop.url address of the shop as browsers see it, without a path; see `callbackPaths`.
 * @param shop.providers `{ name, label }` of the identity providers that the login page offers.
 * @param shop.loginHint what people may log in with where the site has a discovery handler: the label of the field. Left
 *   out, they log in with their username.
 * @param shop.firstParty whether `client` can do OAuth 2.0 for First-Party Applications; then there is `/login/first-party`.
 * @param shop.isPrivate whether `client` has a secret or a key.
 * @param shop.trustProxy how many proxies stand in front; false for none.
 * @param shop.captcha `{ siteKey }` for Google's widget, `{ token }` for a fixed one, or nothing.
 * @param shop.mailbox where the emulator shows the codes it sent, if there is one.
 * @param shop.log takes lines for the operator.
 */
export function createShop(shop) {
  const { client, savedTrips, captcha, mailbox, url, providers = [], firstParty, log } = shop;
  const identifier = identifierOf(shop.loginHint);
  const login = createLogin({
    client,
    refused: identifier.refused,
    providers,
    callbackURL: url + callbackPaths.redirect,
    codeURL: url + callbackPaths.page,
    firstParty,
  });
  const sendLimit = createSendLimit();

  const app = express();
  app.set('trust proxy', shop.trustProxy ?? false);
  app.set('views', here('views'));
  app.engine('ejs', ejs.renderFile);
  app.set('view engine', 'ejs');
  app.locals.captcha = captcha;
  app.locals.mailbox = mailbox;
  app.locals.identifier = identifier;
  app.locals.providers = providers;
  app.locals.firstParty = firstParty;

  app.use(helmet(securityHeaders({ captcha, site: client.site })));
  app.get('/healthz', (req, res) => res.type('text').send('ok'));
  app.use(express.static(here('public'), { maxAge: '1h' }));
  // Before the session: the browser follows Salesforce's redirect without a cookie.
  app.all(callbackPaths.page, login.inBrowser.callback.callback());
  app.use(originCheck);
  app.use(express.urlencoded({ extended: false, limit: '16kb' }));

  app.use(
    session({
      name: sessionCookie,
      secret: shop.secrets,
      store: shop.sessionStore,
      resave: false,
      // Without this, everybody who looks at a page would get a session and a cookie.
      saveUninitialized: false,
      cookie: { httpOnly: true, sameSite: 'lax', secure: 'auto', maxAge: 7 * 24 * 60 * 60 * 1000 },
    }),
  );
  // Before Passport 0.6 `app.use(passport.initialize())` goes first.
  app.use(login.passport.session());
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
  app.use(loginRoutes({ login, identifier, sendLimit }));
  app.use(inBrowserRoutes({ login, site: client.site }));
  if (firstParty) {
    app.use(firstPartyRoutes({ login, identifier, sendLimit }));
    app.use(firstPartyRegisterRoutes({ login, sendLimit }));
  }
  app.use(registerRoutes({ login, sendLimit }));
  app.use(forgotPasswordRoutes({ login, identifier, sendLimit }));
  app.use(accountRoutes({ client, isPrivate: shop.isPrivate, log }));

  app.use(notFound);
  app.use(loginEnded);
  app.use(showError(log));
  return app;
}

/**
 * The field by which people say who they are. PasswordStrategy, OtpStrategy and passwordReset read both names: `username`,
 * and `login_hint` for whatever the site's discovery handler knows.
 */
function identifierOf(loginHint) {
  const label = loginHint ?? 'Username';
  const words = label[0].toLowerCase() + label.slice(1);
  return {
    name: loginHint === undefined ? 'username' : 'login_hint',
    label,
    empty: `Enter your ${words}.`,
    refused: `That ${words} and password do not match.`,
  };
}
