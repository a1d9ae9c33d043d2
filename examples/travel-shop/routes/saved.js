import { Router } from 'express';
import { ownerOf } from '../owners.js';
import { safePath } from '../return-to.js';
import { findTrip } from '../trips.js';
import { neverStored, tell } from '../visitor.js';

/** The visitor's own list; for guests and customers alike. */
export function savedRoutes({ savedTrips }) {
  const router = Router();

  router.get('/saved', neverStored, (req, res) => {
    // A trip that has left the catalogue since is left out.
    const trips = res.locals.saved.map(findTrip).filter((trip) => trip !== undefined);
    res.status(res.locals.savedUnknown ? 503 : 200).render('saved', { trips });
  });

  router.post('/trips/:id/remove', async (req, res) => {
    const owner = ownerOf(req);
    if (owner !== undefined) {
      await savedTrips.remove(owner, req.params.id);
      await tell(req, 'The trip is no longer on your list.');
    }
    res.redirect(303, safePath(req.body?.returnTo, '/saved'));
  });

  return router;
}
