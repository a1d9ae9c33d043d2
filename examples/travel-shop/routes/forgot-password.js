import { Router } from 'express';
import {
  attempt,
  formPage,
  guessLimit,
  pendingCode,
  refusedInto,
  withReturn,
} from './form-pages.js';
import { typed } from './login-form.js';
import { problemsOf } from './problems.js';

const change = [
  { name: 'code', empty: 'Enter the code.', otherwise: true },
  { name: 'newPassword', empty: 'Choose a new password.', about: ['password_policy'] },
];
const codeAgain = [{ name: 'code' }];

/** A forgotten password: a code, a new password, and the login that follows. */
export function forgotPasswordRoutes({ login, identifier, sendLimit }) {
  const { passport, sendReset, changePassword } = login;
  const router = Router();
  const form = formPage('Setting a new password', '/forgot-password');

  const showStart = (req, res, info, status) => {
    const fields = [{ ...identifier, id: 'username' }];
    const problems = problemsOf(fields, req.body, info);
    res.status(status).render('forgot', { values: typed(req.body, identifier), problems });
  };
  const show = (fields) => (req, res, info, status) => {
    const problems = problemsOf(fields, req.body, info);
    // A password that breaks the rules leaves the code as good as it was, so nobody has to type it again.
    const code = info.code === 'password_policy' ? req.body.code : '';
    const pending = pendingCode(req, 'password-reset');
    res.status(status).render('new-password', { problems, pending, code });
  };
  const showChange = show(change);

  router.get('/forgot-password', form, (req, res) => {
    res.render('forgot', { values: typed({}, identifier), problems: [] });
  });
  const sent = (req, res) => res.redirect(303, withReturn('/forgot-password/code', res));
  router.post(
    '/forgot-password',
    form,
    guessLimit(showStart),
    // Without a name the library would send the last code of this browser again.
    (req, res, next) => {
      if (typed(req.body, identifier).name !== '') next();
      else showStart(req, res, {}, 400);
    },
    sendLimit(),
    sendReset,
    sent,
    refusedInto(showStart),
  );
  router.post(
    '/forgot-password/send-again',
    form,
    sendLimit(),
    sendReset,
    sent,
    refusedInto(show(codeAgain)),
  );

  router.get('/forgot-password/code', form, (req, res) => {
    const pending = pendingCode(req, 'password-reset');
    if (pending === undefined) res.redirect(303, withReturn('/forgot-password', res));
    else res.render('new-password', { problems: [], pending, code: '' });
  });
  router.post(
    '/forgot-password/code',
    form,
    guessLimit(showChange),
    changePassword,
    attempt(passport, 'new-password', showChange, 'Your new password is set.'),
    refusedInto(showChange),
  );

  return router;
}
