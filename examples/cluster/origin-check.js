/**
 * Refuses forms that another site made the browser send. Browsers say where a form comes from, and other sites cannot
 * change what they say; one that says nothing is refused.
 */
export function originCheck(req, res, next) {
  if (['GET', 'HEAD'].includes(req.method) || comesFromHere(req)) {
    next();
    return;
  }
  const error = new Error('a form came from somewhere else');
  error.status = 403;
  next(error);
}

function comesFromHere(req) {
  const site = req.get('sec-fetch-site');
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  const origin = req.get('origin');
  return origin !== undefined && URL.canParse(origin) && new URL(origin).host === req.get('host');
}
