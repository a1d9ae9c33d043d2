/**
 * Who a request is for: the customer who logged in, else the guest, else a stranger (undefined). Reading it creates
 * nothing, so strangers stay strangers until they save a trip.
 */
export function ownerOf(req) {
  if (req.isAuthenticated()) return userOwner(req.user.id);
  return req.headless.guest && guestOwner(req.headless.guest.uvid);
}

export function userOwner(userId) {
  return `user:${userId}`;
}

export function guestOwner(uvid) {
  return `guest:${uvid}`;
}

/** Has the next page say something, once. Saved before the redirect: the browser may be back before the response ends. */
export function tell(req, notice) {
  req.session.notice = notice;
  return new Promise((resolve, reject) => {
    req.session.save((error) => (error ? reject(error) : resolve()));
  });
}

/** Gives every view what its frame shows: who is logged in, how many trips are saved, and the notice. */
export function visitor({ savedTrips }) {
  return async (req, res, next) => {
    const owner = ownerOf(req);
    // `no-store` keeps pages of one person from the "back" button of the next. Pages for strangers may be kept, but
    // have to be asked for again, since the same address shows something else after a login.
    res.set('Cache-Control', owner === undefined ? 'no-cache' : 'no-store');
    res.locals.path = req.path;
    res.locals.user = req.user;
    res.locals.saved = owner === undefined ? [] : await savedTrips.list(owner);
    if (req.method === 'GET' && req.session.notice !== undefined) {
      res.locals.notice = req.session.notice;
      delete req.session.notice;
    }
    next();
  };
}

/** For pages with forms: what was typed is nobody else's business. */
export function neverStored(req, res, next) {
  res.set('Cache-Control', 'no-store');
  next();
}
