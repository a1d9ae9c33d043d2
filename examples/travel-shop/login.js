import { Passport } from 'passport';
import { OtpStrategy, PasswordStrategy } from 'passport-sf-headless';
import { guestOwner, userOwner } from './visitor.js';

/**
 * Sets Passport up. This is the part to copy: two strategies that share one verify function.
 *
 * A Passport of our own instead of the module's shared one, so that two shops (or two tests) in one process do not
 * overwrite each other's strategies.
 */
export function createLogin({ client, savedTrips, bookings }) {
  const passport = new Passport();

  /**
   * Runs after Salesforce has said who it is, and turns that into the shop's own user. `login.uvid` is the visitor id
   * that went along: what the guest had saved hangs on it and now becomes the customer's.
   */
  async function verify(login, done) {
    const { userId, username, name } = login.identity;
    await bookings.load(userId, login.tokens.accessToken);
    const moved =
      login.uvid === undefined
        ? 0
        : await savedTrips.move(guestOwner(login.uvid), userOwner(userId));
    // `done` instead of a returned user: its third argument reaches the route, which tells the customer.
    done(null, { id: userId, name: name ?? username ?? 'customer' }, { moved });
  }

  const otp = new OtpStrategy({ client }, verify);
  passport.use(new PasswordStrategy({ client }, verify));
  passport.use(otp);

  // The user is small, so it lies in the session as it is. Tokens never do: whoever reads the session store would be
  // able to act as every customer.
  passport.serializeUser((user, done) => done(null, user));
  passport.deserializeUser((user, done) => done(null, user));

  return { passport, sendCode: otp.start() };
}
