'use strict';

// Refuses forms that another site made the browser send. It matters more once a cart moves along at a login: whoever
// could log a visitor in to an account of their own would get the visitor's cart. Browsers say where a form comes from,
// and other sites cannot change what they say; one old enough to say nothing is refused.
module.exports = function originCheck(req, res, next) {
  if (req.method === 'GET' || req.method === 'HEAD' || comesFromHere(req)) return next();
  var err = new Error('a form came from somewhere else');
  err.status = 403;
  next(err);
};

function comesFromHere(req) {
  var site = req.get('sec-fetch-site');
  if (site) return site === 'same-origin' || site === 'none';
  var origin = req.get('origin');
  return origin === 'http://' + req.get('host') || origin === 'https://' + req.get('host');
}
