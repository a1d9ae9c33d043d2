import { Router } from 'express';
import helmet from 'helmet';
import { securityHeaders } from '../security-headers.js';
import { tell } from '../visitor.js';
import { attempt, formPage, guessLimit, refusedInto } from './form-pages.js';

/**
 * The login that the page runs with Salesforce by itself: the password goes there and nowhere else, and the shop gets a
 * code that is good together with what it keeps. A guest comes about in the same way. public/in-browser.js is the page's part.
 */
export function inBrowserRoutes({ login: { passport, inBrowser }, site }) {
  const router = Router();
  const form = [
    ...formPage('Logging in', '/login/in-browser'),
    helmet(securityHeaders({ site, scripts: true })),
  ];

  const show = (req, res, { message }, status) => {
    res.status(status).render('in-browser', { problems: [{ id: 'in-browser', message }] });
  };

  router.get('/login/in-browser', form, (req, res) => {
    if (req.isAuthenticated()) res.redirect(303, res.locals.returnTo);
    else res.render('in-browser', { problems: [] });
  });
  router.post('/login/in-browser/start', inBrowser.echo.start());
  router.post('/login/in-browser/start-callback', inBrowser.callback.start());
  router.post(
    '/login/in-browser',
    form,
    guessLimit(show),
    attempt(passport, 'sf-headless-sso', show),
  );

  router.post('/guest/in-browser/start', inBrowser.guest.start());
  router.post(
    '/guest/in-browser',
    form,
    inBrowser.guest.finish(),
    async (req, res) => {
      await tell(req, 'This browser is remembered.');
      res.redirect(303, res.locals.returnTo);
    },
    refusedInto(show),
  );

  return router;
}
