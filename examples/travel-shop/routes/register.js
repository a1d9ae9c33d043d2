import { Router } from 'express';
import { typedRegistration } from '../registration.js';
import {
  attempt,
  formPage,
  guessLimit,
  pendingCode,
  refusedInto,
  withReturn,
} from './form-pages.js';
import { problemsOf } from './problems.js';

/** The fields of the form, in their order; see problems.js. */
export const registrationFields = [
  { name: 'firstName' },
  { name: 'lastName' },
  { name: 'email', otherwise: true },
  { name: 'password', about: ['password_policy'] },
  { name: 'mobilePhone' },
];
const code = [{ name: 'code', empty: 'Enter the code.' }];
const codeAgain = [{ name: 'code' }];

/** Creating an account: the form, then the code that Salesforce sends, which makes the customer and logs them in. */
export function registerRoutes({ login: { passport, sendRegistration }, sendLimit }) {
  const router = Router();
  const form = formPage('Creating an account', '/register');

  const showForm = (req, res, info, status) => {
    const problems = problemsOf(registrationFields, req.body, info);
    res.status(status).render('register', { values: typedRegistration(req.body), problems });
  };
  const show = (fields) => (req, res, info, status) => {
    // The code was right and is used up: what is wrong is what was entered before it.
    if (info.code === 'registration_refused') {
      showForm(req, res, info, status);
      return;
    }
    const problems = problemsOf(fields, req.body, info);
    const pending = pendingCode(req, 'registration');
    res.status(status).render('register-code', { problems, pending });
  };
  const showCode = show(code);

  router.get('/register', form, (req, res) => {
    if (req.isAuthenticated()) res.redirect(303, res.locals.returnTo);
    else res.render('register', { values: typedRegistration({}), problems: [] });
  });
  const sent = (req, res) => res.redirect(303, withReturn('/register/code', res));
  router.post(
    '/register',
    form,
    guessLimit(showForm),
    sendLimit(),
    sendRegistration,
    sent,
    refusedInto(showForm),
  );
  router.post(
    '/register/code/send-again',
    form,
    sendLimit(),
    sendRegistration,
    sent,
    refusedInto(show(codeAgain)),
  );

  router.get('/register/code', form, (req, res) => {
    const pending = pendingCode(req, 'registration');
    if (pending === undefined) res.redirect(303, withReturn('/register', res));
    else res.render('register-code', { problems: [], pending });
  });
  router.post(
    '/register/code',
    form,
    guessLimit(showCode),
    attempt(passport, 'sf-headless-registration', showCode, 'Welcome! Your account is ready.'),
  );

  return router;
}
