import { Passport } from 'passport';
import {
  browserFlow,
  FirstPartyStrategy,
  OtpStrategy,
  passwordReset,
  PasswordStrategy,
  RegistrationStrategy,
  SsoStrategy,
} from 'passport-sf-headless';
import { readFirstPartyRegistration, readRegistration } from './registration.js';

/**
 * Sets Passport up. This is the part to copy: every way to log in shares one verify function.
 *
 * A Passport of our own instead of the module's shared one, so that two shops (or two tests) in one process do not
 * overwrite each other's strategies.
 *
 * @param refused what to say of a login that Salesforce refuses, in the words of the form.
 * @param providers `{ name, label }` of the site's identity providers that the login page offers.
 * @param callbackURL where Salesforce sends the browser back to after single sign-on, or a login on the site's own page.
 * @param codeURL where Salesforce sends the code of a login that the page runs, if not to its own echo endpoint.
 * @param firstParty whether the client can do OAuth 2.0 for First-Party Applications: it has a private key.
 */
export function createLogin({ client, refused, providers, callbackURL, codeURL, firstParty }) {
  const passport = new Passport();

  /**
   * Runs after Salesforce has said who it is, and turns that into the shop's own user. What a guest had saved is none
   * of its business: the login may still fail after it. See upgrade.js.
   */
  function verify({ identity, tokens: { identityUrl, webSession } }) {
    const { userId, username, name } = identity;
    const webSessions = webSession && namesIn(webSession);
    return { id: userId, name: name ?? username ?? 'customer', identityUrl, webSessions };
  }

  // The library's own text speaks of a username, which the form may not ask for.
  const messages = { invalid_credentials: refused };
  const otp = new OtpStrategy({ client }, verify);
  const registration = new RegistrationStrategy({ client, registration: readRegistration }, verify);
  const reset = passwordReset({ client });
  passport.use(new PasswordStrategy({ client, messages }, verify));
  passport.use(otp);
  passport.use(registration);
  // A new password is no login yet: this one follows `changePassword`, with what the visitor has just typed there.
  passport.use(
    new PasswordStrategy({ client, name: 'new-password', credentials: reset.credentials }, verify),
  );
  const names = providers.map(({ name }) => name);
  passport.use(new SsoStrategy({ client, providers: names, callbackURL }, verify));
  if (firstParty) {
    const options = { client, messages, registration: readFirstPartyRegistration };
    passport.use(new FirstPartyStrategy(options, verify));
  }

  // The logins that the page runs, so that the password does not pass the shop. They end in SsoStrategy.
  const echo = `${client.site}/services/oauth2/echo`;

  // The user is small, so it lies in the session as it is. Tokens never do: whoever reads the session store would be
  // able to act as every customer. headlessSession keeps them sealed, in records of their own.
  passport.serializeUser((user, done) => done(null, user));
  passport.deserializeUser((user, done) => done(null, user));

  return {
    passport,
    sendCode: otp.start(),
    sendRegistration: registration.start(),
    sendReset: reset.start(),
    changePassword: reset.finish(),
    inBrowser: {
      echo: browserFlow({ client, flow: 'password', callbackURL: echo }),
      callback: browserFlow({ client, flow: 'password', callbackURL: codeURL }),
      guest: browserFlow({ client, flow: 'guest', callbackURL: echo }),
    },
  };
}

/** Which web sessions a hybrid login has brought. Their ids are as good as the customer's password: they stay out. */
function namesIn(webSession) {
  return Object.keys(webSession).filter((name) => webSession[name] !== undefined);
}
