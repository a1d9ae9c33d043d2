import { randomBytes } from 'node:crypto';
import { HeadlessError } from '../errors.js';
import { readStepUp, type Challenge } from '../protocol/challenge.js';
import { createVerifier } from '../protocol/pkce.js';
import type { WireRequest, WireResponse } from '../protocol/wire.js';
import type { ChallengeOutcome } from './challenge-input.js';
import { ChallengeSession } from './challenge-session.js';

function outcomeOf(challenge: Challenge): Extract<ChallengeOutcome, { state: 'challenge' }> {
  const { error, errorCode, loginStatus, members, authSession } = challenge;
  const session = new ChallengeSession({
    flow: 'password',
    codeVerifier: createVerifier(randomBytes),
    authSession,
    rounds: 0,
    uvidRefused: false,
    isStepUp: true,
  });
  return { state: 'challenge', session, error, errorCode, loginStatus, members };
}

/**
 * Says that the login goes on only after one more step of the person (code `step_up_required`): the server answered a
 * refresh by a challenge. The refresh token has not been used.
 */
export class StepUpRequired extends HeadlessError {
  /** What is asked for. Answer it with `client.challenge({ session: outcome.session, otp })`, which ends in new tokens. */
  declare readonly outcome: Extract<ChallengeOutcome, { state: 'challenge' }>;

  /** @internal */
  constructor(challenge: Challenge) {
    super('step_up_required');
    // Whoever logs the error has no use for the session in it.
    Object.defineProperty(this, 'outcome', { value: outcomeOf(challenge), enumerable: false });
  }
}

/** @throws {StepUpRequired} when an answer of the token endpoint asks for one more step (wire contract, first-party, 4.5). */
export function refuseStepUp(request: WireRequest, response: WireResponse): void {
  const challenge = readStepUp(request, response);
  if (challenge !== undefined) throw new StepUpRequired(challenge);
}
