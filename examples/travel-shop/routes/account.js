import { Router } from 'express';
import { readBookings } from '../bookings.js';
import { askSalesforce } from '../knowledge.js';
import { pageOf } from '../login-ended.js';
import { neverStored } from '../visitor.js';

/** What is for customers only: their account, their past bookings, and the way to the Experience Cloud site. */
export function accountRoutes({ client, isPrivate, log }) {
  const router = Router();

  router.get('/account', customersOnly, neverStored, async (req, res) => {
    res.locals.doing = 'Showing your account';
    const bookings = await readBookings(req, log);
    res.render('account', { identity: req.headless.identity, bookings });
  });

  // A page of its own: it takes three calls, which nobody should wait for who looks for a booking.
  router.get('/account/salesforce', customersOnly, neverStored, async (req, res) => {
    res.locals.doing = 'Asking Salesforce about you';
    res.render('salesforce', { answers: await askSalesforce(req, { client, isPrivate, log }) });
  });

  router.get('/bookings', customersOnly, neverStored, async (req, res) => {
    res.locals.doing = 'Showing your bookings';
    const bookings = await readBookings(req, log);
    res.status(bookings === undefined ? 503 : 200).render('bookings', { bookings });
  });

  // A button and no link: the address that Salesforce gives is good for one visit, and browsers fetch links in advance.
  router.post('/account/site', customersOnly, neverStored, async (req, res) => {
    res.locals.doing = 'Opening your account on the site';
    res.redirect(303, await req.headless.siteUrl('/account'));
  });

  return router;
}

/** Passport's own guard. Guests do not pass: a guest is no user. */
function customersOnly(req, res, next) {
  if (req.isAuthenticated()) next();
  else res.redirect(303, `/login?${new URLSearchParams({ returnTo: pageOf(req) })}`);
}
