import { Refused } from '../oauth/refusals.js';
import type { Challenge as IssuedCode } from '../world/one-time-codes.js';
import { registerUser, RegistrationFailed } from '../world/register-user.js';
import type { User } from '../world/users.js';
import type { World } from '../world/world.js';
import { textMember } from './challenge-body.js';
import type { ChallengeStep, Outcome } from './challenge-call.js';
import { admitted } from './password-step.js';

function wrongCode(reason: string): Outcome {
  return { challenge: { errorCode: 'invalid_otp', reason } };
}

/** The user a code was sent to log in, or the one it makes. */
async function userBehind(issued: IssuedCode | undefined, world: World): Promise<User | undefined> {
  if (issued?.purpose === 'passwordless') return world.users.withId(issued.userId);
  if (issued?.purpose !== 'registration') return undefined;
  try {
    return await registerUser(issued.registration, issued.channel, world);
  } catch (error) {
    if (!(error instanceof RegistrationFailed)) throw error;
    throw new Refused('invalid_grant', error.message, error.reason);
  }
}

/** The one-time code of a login or registration that this session has started (wire contract, first-party, sections 3.6 and 3.7). */
export const oneTimeCodeStep: ChallengeStep = {
  matches: ({ body, authSession }) => body['otp'] !== undefined && authSession !== undefined,

  protection: () => ({ scope: undefined, requireRecaptcha: false }),

  async run(call) {
    const { session, world, body } = call;
    const { awaited } = session;
    if (awaited === undefined) return wrongCode('no code was sent');
    const code = textMember(body, 'otp') ?? '';
    const issued = world.oneTimeCodes.find(awaited);
    if (!world.oneTimeCodes.accept(awaited, code, world.settings.otp)) {
      return wrongCode('wrong, used, expired or dead code');
    }
    const user = await userBehind(issued, world);
    return user === undefined ? wrongCode('user is gone') : admitted(user, call);
  },
};
