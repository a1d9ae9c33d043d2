import { registerUser, RegistrationFailed } from '../world/register-user.js';
import { admit } from './login-user.js';
import { checkNamedApp, namedScopes } from './named-app.js';
import { enteredCode } from './one-time-code.js';
import { Refused } from './refusals.js';
import type { RequestType } from './request-types.js';

/** Makes the user whose data were queued, and logs in (wire contract, registration, section 2.5). */
export const userRegistration: RequestType = {
  checkApp: checkNamedApp,
  scopes: namedScopes,
  async identify(call) {
    const { client, world } = call;
    const { challenge, uvid } = enteredCode(call, 'registration');
    try {
      const user = await registerUser(challenge.registration, challenge.channel, world);
      return { userId: admit(user, client, world).userId, uvid };
    } catch (error) {
      if (!(error instanceof RegistrationFailed)) throw error;
      throw new Refused('invalid_grant', error.message, error.reason);
    }
  },
};
