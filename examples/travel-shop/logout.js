import { sessionCookie } from './visitor.js';

/**
 * Ends the session of a customer, here and at Salesforce.
 *
 * @returns where to send a browser that has a session on the Experience Cloud site too; else undefined.
 */
export async function logOut(req, res) {
  const { siteLogoutUrl } = await req.headless.logout();
  // A stranger needs no session: express-session would give the browser the name of a new, empty one.
  req.session = null;
  res.clearCookie(sessionCookie);
  return siteLogoutUrl;
}
