import { Router } from 'express';
import { guestOwner, ownerOf } from '../owners.js';
import { safePath } from '../return-to.js';
import { findTrip, trips } from '../trips.js';
import { tell } from '../visitor.js';

/** The catalogue, open to everybody, and the button that turns a stranger into a guest. */
export function tripRoutes({ savedTrips }) {
  const router = Router();

  router.get('/', (req, res) => {
    res.render('home', { trips: trips.slice(0, 3) });
  });

  router.get('/trips', (req, res) => {
    res.render('trips', { trips });
  });

  router.get('/trips/:id', (req, res, next) => {
    const trip = findTrip(req.params.id);
    if (trip === undefined) next();
    else res.render('trip', { trip });
  });

  router.post('/trips/:id/save', async (req, res, next) => {
    const trip = findTrip(req.params.id);
    if (trip === undefined) {
      next();
      return;
    }
    res.locals.doing = 'Saving trips';
    // The first thing worth keeping: only now does the visitor get an id, a session and a cookie. A customer who is
    // logged in, or a guest who came before, already has an owner.
    const owner = ownerOf(req) ?? guestOwner((await req.headless.ensureGuest()).uvid);
    await savedTrips.add(owner, trip.id);
    await tell(req, `“${trip.title}” is saved.`);
    res.redirect(303, safePath(req.body?.returnTo, '/saved'));
  });

  return router;
}
