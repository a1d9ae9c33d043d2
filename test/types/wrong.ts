import {
  GuestStrategy,
  HeadlessClient,
  HeadlessError,
  headlessSession,
  OtpStrategy,
  PasswordStrategy,
  type Guest,
  type HeadlessErrorCode,
  type Login,
  type TokenSet,
} from 'passport-sf-headless';
// @ts-expect-error what is inside stays inside: the package has two doors
export { readToken } from 'passport-sf-headless/dist/protocol/token.js';

const site = 'https://shop.example.com';
const clientId = '3MVG9.example';
const redirectUri = 'https://app.example.com/callback';

const client = new HeadlessClient({ site, clientId, redirectUri });
const user = { id: '1' };

// @ts-expect-error a client needs to know its site
new HeadlessClient({ clientId, redirectUri });
// @ts-expect-error and no option that it does not know
new HeadlessClient({ site, clientId, redirectUri, redirectURL: redirectUri });
// @ts-expect-error credentials travel in the header or in the body
new HeadlessClient({ site, clientId, redirectUri, credentialsIn: 'query' });

// @ts-expect-error a strategy needs a client
new PasswordStrategy({}, () => user);
// @ts-expect-error and a verify function
new PasswordStrategy({ client });
// @ts-expect-error what is no client is none
new OtpStrategy({ client: 'https://shop.example.com' }, () => user);
// @ts-expect-error messages are by error code
new PasswordStrategy({ client, messages: { wrong_password: 'No.' } }, () => user);
// @ts-expect-error credentials are text
new PasswordStrategy({ client, credentials: () => ({ username: 1, password: 2 }) }, () => user);
// @ts-expect-error a customer has no visitor id for an identity
new PasswordStrategy({ client }, (login) => ({ id: login.identity.uvid }));
// @ts-expect-error a guest has no user id
new GuestStrategy({ client, asUser: true }, (login) => ({ id: login.identity.userId }));
// @ts-expect-error only the strategy of one-time codes starts
export type Start = PasswordStrategy['start'];
// @ts-expect-error the client of a strategy is its own
export const clientOf = (strategy: PasswordStrategy): unknown => strategy.client;

// @ts-expect-error the session middleware needs a client
headlessSession({});
// @ts-expect-error and knows its limits
headlessSession({ client, limits: { attempts: 3 } });

// @ts-expect-error a login is a username and a password
void client.login({ username: 'a' });
// @ts-expect-error a code comes by email or by SMS
void client.startOtp({ username: 'a', method: 'fax' });
// @ts-expect-error and is redeemed by the identifier that belongs to it
void client.finishOtp({ code: '123456', method: 'email' });

// @ts-expect-error the identity of any login may be a guest's
export type UserId = Login['identity']['userId'];

export function careless(tokens: TokenSet, guest: Guest, error: HeadlessError): void {
  // @ts-expect-error not every login has a refresh token
  tokens.refreshToken.trim();
  // @ts-expect-error tokens are read and never written
  tokens.accessToken = '';
  // @ts-expect-error and so are guests
  guest.uvid = '';
  // @ts-expect-error the union of codes is closed
  if (error.code === 'wrong_password') throw error;
  // @ts-expect-error no code of one's own
  throw new HeadlessError('wrong_password');
}

export function careful(code: HeadlessErrorCode): HeadlessError {
  return new HeadlessError(code);
}
