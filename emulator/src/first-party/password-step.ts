import { admit } from '../oauth/login-user.js';
import { Refused } from '../oauth/refusals.js';
import { passwordMatches, type User } from '../world/users.js';
import { textMember } from './challenge-body.js';
import type { Challenge, ChallengeCall, ChallengeStep, Outcome } from './challenge-call.js';
import { namedIdentity, userOf } from './identity.js';

function wrong(reason: string, description?: string): { challenge: Challenge } {
  const challenge = { errorCode: 'invalid_credentials', reason } as const;
  return { challenge: description === undefined ? challenge : { ...challenge, description } };
}

/**
 * Lets an identified user in. Whoever may not log in gets the answer of a wrong password; only
 * `invalid_app_access`, and `inactive_user` where a quirk wants it, are refusals (wire contract,
 * first-party, section 3.8).
 */
export function admitted(user: User, { client, world }: ChallengeCall): Outcome {
  try {
    return { user: admit(user, client, world) };
  } catch (error) {
    if (error instanceof Refused && error.error === 'invalid_grant') return wrong(error.message);
    throw error;
  }
}

/** Username and password, or any identifier and password; a retry may send the password alone (wire contract, first-party, section 3.5). */
export const passwordStep: ChallengeStep = {
  matches: ({ body }) => body['password'] !== undefined,

  protection: (world) => ({
    scope: undefined,
    requireRecaptcha: world.settings.firstParty.requireRecaptcha,
  }),

  async run(call) {
    const { body, session, world } = call;
    const { login, quirks } = world.settings;
    const password = textMember(body, 'password') ?? '';
    const identity = namedIdentity(call, login.discovery) ?? session.identity;
    if (identity === undefined) {
      return { challenge: { errorCode: 'credentials_required', reason: 'no username' } };
    }
    const { user, message } = await userOf(identity, undefined, call);
    if (user === undefined) return wrong('unknown user, or discovery found none', message);
    if (!passwordMatches(user, password)) return wrong('wrong password');
    if (user.passwordExpired && quirks.enforceExpiredPasswords) return wrong('password is expired');
    return admitted(user, call);
  },
};
