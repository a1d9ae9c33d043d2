import { admit } from './login-user.js';
import { checkNamedApp, credentialPair, hintedUvid, namedScopes } from './named-app.js';
import { authenticationFailure, Refused } from './refusals.js';
import type { RequestType } from './request-types.js';

/**
 * Identifier and one-time code of an earlier init call (wire contract, registration, sections 3.4
 * and 10.3).
 */
export const passwordlessLogin: RequestType = {
  checkApp: checkNamedApp,
  scopes: namedScopes,
  identify(call) {
    const { world, request, client } = call;
    const channel = request.headers['auth-verification-type'];
    if (channel !== 'email' && channel !== 'sms') {
      throw new Refused('invalid_request', 'invalid headers', 'Auth-Verification-Type missing');
    }
    const uvid = hintedUvid(call);
    const pair = credentialPair(call);
    const challenge = pair && world.oneTimeCodes.find(pair.name);
    if (pair === undefined || challenge?.purpose !== 'passwordless') {
      throw new Refused('invalid_grant', 'invalid OTP', 'unknown identifier');
    }
    if (challenge.channel !== channel) {
      throw new Refused('invalid_request', 'invalid headers', 'not the verificationmethod of init');
    }
    if (!world.oneTimeCodes.accept(pair.name, pair.secret, world.settings.otp)) {
      throw new Refused('invalid_grant', 'invalid OTP', 'wrong, used, expired or dead code');
    }
    const user = world.users.withId(challenge.userId);
    if (user === undefined) throw authenticationFailure('user is gone');
    return { userId: admit(user, client, world).userId, uvid };
  },
};
