import { randomBytes } from 'node:crypto';
import type { VerificationMethod } from '../protocol/authorize.js';
import { createVerifier } from '../protocol/pkce.js';
import { unguessable } from './callback.js';
import type { ChallengeOutcome } from './challenge-input.js';
import { ChallengeSession, type ChallengeState } from './challenge-session.js';

/**
 * What a login by one-time code looks like whose account Salesforce refuses, or to which it sends no further code: like
 * any other after a code was sent. A login that goes on keeps its session, and the code that was sent before.
 */
export function seeminglySent(
  resumed: ChallengeSession | undefined,
  method: VerificationMethod = 'email',
): ChallengeOutcome {
  const before = resumed?.state;
  const decoy: ChallengeState = {
    flow: 'passwordless',
    codeVerifier: createVerifier(randomBytes),
    // In the length that Salesforce's have.
    authSession: unguessable(),
    rounds: 0,
    uvidRefused: false,
    isStepUp: false,
    isRefused: true,
  };
  const kept = before === undefined || before.isRefused === true ? decoy : before;
  return {
    state: 'challenge',
    session: new ChallengeSession({ ...kept, rounds: (before?.rounds ?? 0) + 1 }),
    error: 'authorization_required',
    errorCode: 'login_initialized',
    loginStatus: { state: 'otp_sent', type: method.toUpperCase() },
    members: {},
  };
}

/** What a code is that was entered in such a login: wrong. */
export function seeminglyWrong(state: ChallengeState): ChallengeOutcome {
  return {
    state: 'challenge',
    session: new ChallengeSession({ ...state, isRefused: true }),
    error: 'authorization_required',
    errorCode: 'invalid_otp',
    loginStatus: undefined,
    members: {},
  };
}
