import { Router } from 'express';
import { attempt, formPage, guessLimit, refusedInto } from './form-pages.js';
import { typed } from './login-form.js';
import { problemsOf } from './problems.js';

/**
 * The login once more, by OAuth 2.0 for First-Party Applications: one address for every step, and Salesforce says which
 * comes next. Who enters a password is logged in by it; who enters none is sent a code.
 */
export function firstPartyRoutes({ login: { passport }, identifier, sendLimit }) {
  const router = Router();
  const form = formPage('Logging in', '/login/first-party');

  const fieldsOf = ({ body }) =>
    body?.code === undefined
      ? [{ name: identifier.name, id: 'username', empty: identifier.empty }, { name: 'password' }]
      : [{ name: 'code', empty: 'Enter the code.' }];

  const show = (req, res, info, status) => {
    const { challenge } = req.headless;
    const isSent = challenge?.method !== undefined && !req.body?.password;
    // One more step is no mistake.
    const isNext = info.type === 'challenge';
    res.status(isNext ? 200 : status).render('first-party', {
      values: typed(req.body, identifier),
      problems: isNext ? [] : problemsOf(fieldsOf(req), req.body, info),
      pending: isSent ? challenge : undefined,
    });
  };

  router.get('/login/first-party', form, (req, res) => {
    if (req.isAuthenticated()) res.redirect(303, res.locals.returnTo);
    else res.render('first-party', { values: {}, problems: [], pending: undefined });
  });
  router.post(
    '/login/first-party',
    form,
    guessLimit(show),
    sendLimit(({ body }) => body?.code === undefined && !body?.password),
    attempt(passport, 'sf-headless-first-party', show),
    refusedInto(show),
  );

  return router;
}
