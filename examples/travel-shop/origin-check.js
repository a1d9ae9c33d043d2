/**
 * Refuses requests that change something when another site made the browser send them (cross-site request forgery).
 *
 * Why not a token in the form: a token must be tied to a session, and then every page with a button would begin a
 * session and set a cookie for people who only look around. Browsers say by themselves who started a request; scripts
 * of other sites cannot change these headers:
 *
 * 1. `Sec-Fetch-Site`, sent by all current browsers to https and localhost. `same-origin` is our own form; `none` is
 *    the person, such as a reload. `same-site` is refused: a neighbour on another subdomain is not us.
 * 2. `Origin`, sent with every POST by browsers of the last years, on plain http as well. It must be this host. `null`
 *    (sandboxed frames, redirects across sites) is refused.
 * 3. `Referer`, for what is older still.
 *
 * A request with none of them is refused too: no browser of today sends it, and a program that uses the shop on
 * purpose can add an `Origin`. SameSite=Lax on the session cookie is a second line: it does not cover the login form,
 * which needs no cookie, and treats subdomains as friends.
 */
export function originCheck(req, res, next) {
  if (['GET', 'HEAD', 'OPTIONS'].includes(req.method) || comesFromHere(req)) {
    next();
    return;
  }
  const error = new Error('a request that changes something did not come from a page of this shop');
  error.status = 403;
  next(error);
}

function comesFromHere(req) {
  const site = req.get('sec-fetch-site');
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  const from = req.get('origin') ?? req.get('referer');
  if (from === undefined || !URL.canParse(from)) return false;
  // Hosts only: behind a proxy that ends TLS we may not know that the browser sees https. A forged http page of this
  // same host would pass here, but only in a browser too old for Sec-Fetch-Site, and HSTS keeps it from loading.
  return new URL(from).host === req.host;
}
