import { refusedCookieNotice } from './cookies-refused.js';
import { ownerOf } from './owners.js';
import { newsOf } from './upgrade.js';

/** Name of the cookie by which a guest is known after the session has expired; headlessSession writes and reads it. */
export const visitorCookie = 'shop.visitor';

/** Name of the cookie of express-session. */
export const sessionCookie = 'shop.sid';

/** Has the next page say something, once. Saved before the redirect: the browser may be back before the response ends. */
export function tell(req, notice) {
  req.session.notice = notice;
  return new Promise((resolve, reject) => {
    req.session.save((error) => (error ? reject(error) : resolve()));
  });
}

/** Gives every view what its frame shows: who is logged in, how many trips are saved, and the notices. */
export function visitor({ savedTrips, log }) {
  return async (req, res, next) => {
    if (isReturning(req)) {
      // Whoever cannot be recognised now is a stranger on this page, and perhaps not on the next.
      await req.headless.ensureGuest().catch((error) => log(`guest not recognised: ${error.code}`));
    }
    const owner = ownerOf(req);
    // `no-store` keeps pages of one person from the "back" button of the next. Pages for strangers may be kept, but
    // have to be asked for again, since the same address shows something else after a login.
    res.set('Cache-Control', owner === undefined ? 'no-cache' : 'no-store');
    Object.assign(res.locals, { path: req.path, user: req.user, saved: [], notices: [] });
    const refused = refusedCookieNotice(req, sessionCookie);
    if (owner === undefined && refused !== undefined) res.locals.notices = [refused];
    if (owner !== undefined) {
      try {
        res.locals.saved = await savedTrips.list(owner);
        if (req.method === 'GET') res.locals.notices = await noticesFor(req, savedTrips);
      } catch (error) {
        // Most pages are worth showing without the list, and nobody should fail to log in for the want of it.
        log(`saved trips could not be read: ${error.message}`);
        res.locals.savedUnknown = true;
      }
    }
    next();
  };
}

async function noticesFor(req, savedTrips) {
  const notices = [req.session.notice, await newsOf(req.headless.upgrade, savedTrips)];
  delete req.session.notice;
  return notices.filter((notice) => notice !== undefined);
}

/** Somebody whose session has expired, and who saved trips before it did. */
function isReturning(req) {
  return (
    req.method === 'GET' &&
    req.headless.guest === undefined &&
    !req.isAuthenticated() &&
    (req.headers.cookie ?? '').includes(`${visitorCookie}=`)
  );
}

/** For pages with forms: what was typed is nobody else's business. */
export function neverStored(req, res, next) {
  res.set('Cache-Control', 'no-store');
  next();
}
