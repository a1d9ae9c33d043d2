import { admit } from './login-user.js';
import { checkNamedApp, namedScopes } from './named-app.js';
import { enteredCode } from './one-time-code.js';
import { authenticationFailure } from './refusals.js';
import type { RequestType } from './request-types.js';

/** A login with a one-time code alone (wire contract, registration, section 3.4). */
export const passwordlessLogin: RequestType = {
  checkApp: checkNamedApp,
  scopes: namedScopes,
  identify(call) {
    const { challenge, uvid } = enteredCode(call, 'passwordless');
    const user = call.world.users.withId(challenge.userId);
    if (user === undefined) throw authenticationFailure('user is gone');
    return { userId: admit(user, call.client, call.world).userId, uvid };
  },
};
