import { Passport } from 'passport';
import { OtpStrategy, PasswordStrategy } from 'passport-sf-headless';

/**
 * Sets Passport up. This is the part to copy: two strategies that share one verify function.
 *
 * A Passport of our own instead of the module's shared one, so that two shops (or two tests) in one process do not
 * overwrite each other's strategies.
 */
export function createLogin({ client, bookings }) {
  const passport = new Passport();

  /**
   * Runs after Salesforce has said who it is, and turns that into the shop's own user. What a guest had saved is none
   * of its business: the login may still fail after it. See upgrade.js.
   */
  async function verify({ identity, tokens }) {
    const { userId, username, name } = identity;
    await bookings.load(userId, tokens.accessToken);
    return { id: userId, name: name ?? username ?? 'customer' };
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
