import { Router } from 'express';
import { rateLimit } from 'express-rate-limit';
import { HeadlessError } from 'passport-sf-headless';
import { safePath } from '../return-to.js';
import { neverStored } from '../visitor.js';
import { problemsOf, typed } from './login-form.js';

const tooMany = { message: 'Too many failed logins from your address. Wait 15 minutes.' };

/** Logging in, by password or by a code that Salesforce sends, and logging out. */
export function loginRoutes({ passport, sendCode }) {
  const router = Router();
  const form = [
    neverStored,
    (req, res, next) => {
      res.locals.doing = 'Logging in';
      // Travels with the forms instead of in the session: a stranger who opens the login page needs none.
      res.locals.returnTo = safePath(req.body?.returnTo ?? req.query.returnTo, '/saved');
      next();
    },
  ];
  const withReturn = (path, res) =>
    `${path}?${new URLSearchParams({ returnTo: res.locals.returnTo })}`;

  const show = (view) => (req, res, info, status) => {
    res.status(status).render(view, {
      values: typed(req.body),
      problems: problemsOf(view, req.body, info),
      pending: req.headless.code,
    });
  };

  /** Against guessing: 20 failures from one address, then a pause. Of several processes, each counts for itself. */
  const limit = (view) =>
    rateLimit({
      windowMs: 15 * 60 * 1000,
      limit: 20,
      skipSuccessfulRequests: true,
      handler: (req, res) => show(view)(req, res, tooMany, 429),
    });

  /** Passport's custom callback: a failure is the form again, not a redirect that forgets what was typed. */
  const attempt = (strategy, view) => (req, res, next) => {
    passport.authenticate(strategy, (error, user, info, status) => {
      if (error) {
        next(error);
      } else if (!user) {
        show(view)(req, res, info, status);
      } else {
        req.logIn(user, (error) => {
          if (error) next(error);
          else res.redirect(303, res.locals.returnTo);
        });
      }
    })(req, res, next);
  };

  router.get('/login', form, (req, res) => {
    if (req.isAuthenticated()) res.redirect(303, res.locals.returnTo);
    else res.render('login', { values: {}, problems: [] });
  });
  router.post('/login', form, limit('login'), attempt('sf-headless-password', 'login'));

  router.get('/login/code', form, (req, res) => {
    const pending = req.headless.code;
    if (pending === undefined) res.redirect(303, withReturn('/login', res));
    else res.render('code', { problems: [], pending });
  });
  router.post('/login/code', form, limit('code'), attempt('sf-headless-otp', 'code'));

  router.post('/login/code/send', form, sendCode, (req, res) => {
    res.redirect(303, withReturn('/login/code', res));
  });
  // What keeps a code from being sent may be the visitor's to mend; then it belongs into the form they came from.
  router.use('/login/code/send', (error, req, res, next) => {
    if (!(error instanceof HeadlessError) || error.fault !== 'credentials') next(error);
    else show(req.body?.username === undefined ? 'code' : 'login')(req, res, error, error.status);
  });

  router.post('/logout', async (req, res) => {
    await req.headless.logout();
    // A stranger needs no session: express-session would give the browser the name of a new, empty one.
    req.session = null;
    res.clearCookie('shop.sid').redirect(303, '/logged-out');
  });
  router.get('/logged-out', (req, res) => res.render('logged-out'));

  return router;
}
