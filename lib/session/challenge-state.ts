import type { ChallengeOutcome } from '../client/challenge-input.js';
import type { PendingChallenge } from './express-session.js';

/** What the app is told of a login that goes on. */
type Told = Pick<PendingChallenge, 'state' | 'method'>;

function methodOf(type: string | undefined): PendingChallenge['method'] {
  const method = type?.toLowerCase();
  return method === 'email' || method === 'sms' ? method : undefined;
}

function withMethod(state: string, method: PendingChallenge['method']): Told {
  return { state, ...(method !== undefined && { method }) };
}

/** What the visitor is to do next, in the server's own words. After a wrong code it is what it was before. */
export function challengeStateOf(
  outcome: ChallengeOutcome,
  before: Told | undefined,
  asked: PendingChallenge['method'],
): Told {
  if (outcome.state !== 'challenge') return { state: outcome.state };
  const { loginStatus, errorCode, error } = outcome;
  if (loginStatus !== undefined) {
    return withMethod(loginStatus.state, methodOf(loginStatus.type) ?? asked);
  }
  if (errorCode === 'invalid_otp' && before !== undefined) {
    return withMethod(before.state, before.method);
  }
  return withMethod(errorCode ?? error, before?.method);
}
