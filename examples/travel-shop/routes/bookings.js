import { Router } from 'express';

/** Past bookings, for customers only. */
export function bookingRoutes({ bookings }) {
  const router = Router();

  router.get('/bookings', customersOnly, (req, res) => {
    res.render('bookings', { bookings: bookings.of(req.user.id) });
  });

  return router;
}

/** Passport's own guard. Guests do not pass: a guest is no user. */
function customersOnly(req, res, next) {
  if (req.isAuthenticated()) next();
  else res.redirect(303, `/login?${new URLSearchParams({ returnTo: req.originalUrl })}`);
}
