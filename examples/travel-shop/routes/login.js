import { Router } from 'express';
import { logOut } from '../logout.js';
import {
  attempt,
  formPage,
  guessLimit,
  pendingCode,
  refusedInto,
  withReturn,
} from './form-pages.js';
import { typed, wayOf } from './login-form.js';
import { problemsOf } from './problems.js';

const code = [{ name: 'code', empty: 'Enter the code.' }];
const codeAgain = [{ name: 'code' }];

/** Logging in, by password or by a code that Salesforce sends, and logging out. */
export function loginRoutes({ login: { passport, sendCode }, identifier, sendLimit }) {
  const router = Router();
  const form = formPage('Logging in', '/login');

  const showLogin = (req, res, info, status) => {
    const problems = problemsOf(wayOf(req, identifier), req.body, info);
    res.status(status).render('login', { values: typed(req.body, identifier), problems });
  };
  const show = (fields) => (req, res, info, status) => {
    const problems = problemsOf(fields, req.body, info);
    res.status(status).render('code', { problems, pending: pendingCode(req, 'otp') });
  };
  const showCode = show(code);

  router.get('/login', form, (req, res) => {
    if (req.isAuthenticated()) res.redirect(303, res.locals.returnTo);
    else res.render('login', { values: {}, problems: [], ended: req.query.ended !== undefined });
  });
  router.post(
    '/login',
    form,
    guessLimit(showLogin),
    attempt(passport, 'sf-headless-password', showLogin),
  );

  router.get('/login/code', form, (req, res) => {
    const pending = pendingCode(req, 'otp');
    if (pending === undefined) res.redirect(303, withReturn('/login', res));
    else res.render('code', { problems: [], pending });
  });
  router.post(
    '/login/code',
    form,
    guessLimit(showCode),
    attempt(passport, 'sf-headless-otp', showCode),
  );

  const sent = (req, res) => res.redirect(303, withReturn('/login/code', res));
  router.post('/login/code/send', form, sendLimit(), sendCode, sent, refusedInto(showLogin));
  router.post(
    '/login/code/send-again',
    form,
    sendLimit(),
    sendCode,
    sent,
    refusedInto(show(codeAgain)),
  );

  // A login by redirect. No form: browsers hold every redirect after a form against `form-action` of the content security
  // policy, and whereto the provider sends people is not ours to list.
  router.get('/login/sso', form, attempt(passport, 'sf-headless-sso', showLogin));
  router.get('/login/sso/callback', form, attempt(passport, 'sf-headless-sso', showLogin));

  router.post('/logout', async (req, res) => {
    // Salesforce takes no address to come back to, so whoever had opened the site ends there.
    res.redirect(303, (await logOut(req, res)) ?? '/logged-out');
  });
  router.get('/logged-out', (req, res) => res.render('logged-out'));

  return router;
}
