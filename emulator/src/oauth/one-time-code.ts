import type { Challenge } from '../world/one-time-codes.js';
import type { Purpose } from '../world/outbox.js';
import { credentialPair, hintedUvid } from './named-app.js';
import { Refused } from './refusals.js';
import type { AuthorizeCall } from './request-types.js';

type ChallengeFor<P extends Purpose> = Extract<Challenge, { readonly purpose: P }>;

function isFor<P extends Purpose>(
  challenge: Challenge | undefined,
  purpose: P,
): challenge is ChallengeFor<P> {
  return challenge?.purpose === purpose;
}

/**
 * Checks the identifier and one-time code of an earlier init call, uses the code up, and returns what
 * it was sent for with the visitor who comes along (wire contract, registration, sections 2.5, 3.4
 * and 10.3). Throws `Refused`; an identifier of another flow is an unknown one.
 */
export function enteredCode<P extends Purpose>(
  call: AuthorizeCall,
  purpose: P,
): { readonly challenge: ChallengeFor<P>; readonly uvid: string | undefined } {
  const { world, request } = call;
  const channel = request.headers['auth-verification-type'];
  if (channel !== 'email' && channel !== 'sms') {
    throw new Refused('invalid_request', 'invalid headers', 'Auth-Verification-Type missing');
  }
  const uvid = hintedUvid(call);
  const pair = credentialPair(call);
  const challenge = pair && world.oneTimeCodes.find(pair.name);
  if (pair === undefined || !isFor(challenge, purpose)) {
    throw new Refused('invalid_grant', 'invalid OTP', 'unknown identifier');
  }
  if (challenge.channel !== channel) {
    throw new Refused('invalid_request', 'invalid headers', 'not the verificationmethod of init');
  }
  if (!world.oneTimeCodes.accept(pair.name, pair.secret, world.settings.otp)) {
    throw new Refused('invalid_grant', 'invalid OTP', 'wrong, used, expired or dead code');
  }
  return { challenge, uvid };
}
