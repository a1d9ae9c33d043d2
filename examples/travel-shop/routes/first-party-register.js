import { Router } from 'express';
import { typedRegistration } from '../registration.js';
import { attempt, formPage, guessLimit, refusedInto } from './form-pages.js';
import { problemsOf } from './problems.js';
import { registrationFields } from './register.js';

const action = '/register/first-party';
const code = [{ name: 'code', empty: 'Enter the code.' }];

/** Creating an account by OAuth 2.0 for First-Party Applications: the form and the code go to one address. */
export function firstPartyRegisterRoutes({ login: { passport }, sendLimit }) {
  const router = Router();
  const form = formPage('Creating an account', action);

  const showForm = (req, res, problems, status) => {
    res
      .status(status)
      .render('register', { action, values: typedRegistration(req.body), problems });
  };
  const show = (req, res, info, status) => {
    const { challenge } = req.headless;
    // One more step is no mistake.
    const isNext = info.type === 'challenge';
    if (challenge?.flow !== 'registration' || (!isNext && req.body?.code === undefined)) {
      showForm(req, res, problemsOf(registrationFields, req.body, info), status);
      return;
    }
    const problems = isNext ? [] : problemsOf(code, req.body, info);
    res.status(isNext ? 200 : status);
    res.render('register-code', { action, problems, pending: challenge });
  };

  router.get(action, form, (req, res) => {
    if (req.isAuthenticated()) res.redirect(303, res.locals.returnTo);
    else showForm(req, res, [], 200);
  });
  router.post(
    action,
    form,
    guessLimit(show),
    sendLimit(({ body }) => body?.code === undefined),
    attempt(passport, 'sf-headless-first-party', show, 'Welcome! Your account is ready.'),
    refusedInto(show),
  );

  return router;
}
