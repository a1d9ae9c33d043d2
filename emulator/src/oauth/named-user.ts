import { bodyParameters, given } from '../http/site-request.js';
import { passwordMatches, type User } from '../world/users.js';
import { discoverUser } from './discover-user.js';
import { admit } from './login-user.js';
import { checkNamedApp, credentialPair, hintedUvid, namedScopes } from './named-app.js';
import { authenticationFailure, Refused } from './refusals.js';
import type { AuthorizeCall, RequestType } from './request-types.js';

/** `login_hint` and password, which count in the body only. */
async function discovered(call: AuthorizeCall): Promise<User | undefined> {
  const { request, world } = call;
  const body = bodyParameters(request);
  const loginHint = given(body, 'login_hint');
  const password = given(body, 'password');
  if (!world.settings.login.discovery || given(body, 'username') !== undefined) return undefined;
  if (loginHint === undefined || password === undefined) return undefined;
  const customDataJson = given(body, 'customdata') ?? null;
  const ask = { loginHint, verificationAction: null, customDataJson };
  const { user, message } = await discoverUser(request, ask, world);
  if (message !== undefined) throw new Refused('invalid_grant', message, 'user discovery failed');
  if (user === undefined) throw authenticationFailure('user discovery found none or several');
  if (!passwordMatches(user, password)) throw authenticationFailure('wrong password');
  return user;
}

function named(call: AuthorizeCall): User {
  const pair = credentialPair(call);
  if (pair === undefined) throw authenticationFailure('no credentials');
  const user = call.world.users.get(pair.name);
  if (user === undefined) throw authenticationFailure('unknown user');
  if (!passwordMatches(user, pair.secret)) throw authenticationFailure('wrong password');
  return user;
}

/** Username and password, or any identifier and password (wire contract, login, section 2). */
export const namedUser: RequestType = {
  checkApp: checkNamedApp,
  scopes: namedScopes,
  async identify(call) {
    const uvid = hintedUvid(call);
    const user = admit((await discovered(call)) ?? named(call), call.client, call.world);
    if (user.passwordExpired && call.world.settings.quirks.enforceExpiredPasswords) {
      throw authenticationFailure('password is expired');
    }
    return { userId: user.userId, uvid };
  },
};
