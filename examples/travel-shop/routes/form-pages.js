import { rateLimit } from 'express-rate-limit';
import { HeadlessError } from 'passport-sf-headless';
import { safePath } from '../return-to.js';
import { neverStored, tell } from '../visitor.js';

const tooMany = { message: 'Too many failed attempts from your address. Wait 15 minutes.' };

/**
 * What goes before every page with a form.
 *
 * @param doing what the error page calls impossible, should it come to that.
 * @param path of the form, which the error page leads back to.
 */
export function formPage(doing, path) {
  return [
    neverStored,
    (req, res, next) => {
      res.locals.doing = doing;
      // Travels with the forms instead of in the session: a stranger who opens the login page needs none.
      res.locals.returnTo = safePath(req.body?.returnTo ?? req.query.returnTo, '/saved');
      res.locals.formAt = withReturn(path, res);
      next();
    },
  ];
}

/** A page that goes on with the same `returnTo`. */
export function withReturn(path, res) {
  return `${path}?${new URLSearchParams({ returnTo: res.locals.returnTo })}`;
}

/** The code that this browser waits for in a flow, or undefined. */
export function pendingCode(req, flow) {
  const { code } = req.headless;
  return code?.flow === flow ? code : undefined;
}

/** Against guessing: 20 failures from one address, then a pause. Of several processes, each counts for itself. */
export function guessLimit(show) {
  return rateLimit({
    windowMs: 15 * 60 * 1000,
    limit: 20,
    skipSuccessfulRequests: true,
    // An outage is no guess: it must not lock out whoever tries again.
    requestWasSuccessful: (req, res) => res.statusCode < 400 || res.statusCode >= 500,
    handler: (req, res) => show(req, res, tooMany, 429),
  });
}

/**
 * Against sending: whoever asks for codes has somebody else pay for an SMS, or fills somebody's mailbox. One address may ask
 * 20 times an hour, whichever page it asks. What failed counts as well: a visitor who goes away before the answer would
 * seem to have failed, and the code is on its way. What this refuses goes to `refusedInto`.
 *
 * @param sends whether a request of a page with several steps asks for a code.
 */
export function createSendLimit() {
  const limit = rateLimit({
    windowMs: 60 * 60 * 1000,
    limit: 20,
    handler: (req, res, next) => next(new HeadlessError('too_many_codes')),
  });
  return (sends = () => true) =>
    (req, res, next) =>
      sends(req) ? limit(req, res, next) : next();
}

/** Error handler of one route: what the visitor can mend belongs into the form they came from. */
export function refusedInto(show) {
  return (error, req, res, next) => {
    if (!(error instanceof HeadlessError) || error.fault !== 'credentials') next(error);
    else show(req, res, error, error.status);
  };
}

/**
 * Passport's custom callback: a failure is the form again, not a redirect that forgets what was typed.
 *
 * @param show renders the form with what Passport calls `info`.
 * @param notice for the page after the login.
 */
export function attempt(passport, strategy, show, notice) {
  return (req, res, next) => {
    passport.authenticate(strategy, (error, user, info, status) => {
      if (error) {
        next(error);
      } else if (!user) {
        show(req, res, info, status);
      } else {
        req.logIn(user, async (error) => {
          if (error) {
            next(error);
            return;
          }
          try {
            if (notice !== undefined) await tell(req, notice);
          } catch (error) {
            next(error);
            return;
          }
          // After single sign-on it is not the request that knows, but what was kept when it began.
          res.redirect(303, safePath(info?.returnTo, res.locals.returnTo));
        });
      }
    })(req, res, next);
  };
}
