import { json, type Answer } from '../http/answer.js';
import type { World } from '../world/world.js';
import type { Challenge, ChallengeCall } from './challenge-call.js';
import { invalidSession } from './challenge-refused.js';

/** Salesforce's word of 2023, or the one of the IETF draft (wire contract, first-party, sections 3.5 and 4.2). */
function vocabulary(world: World): { readonly error: string; readonly status: number } {
  return world.settings.firstParty.vocabulary === 'salesforce'
    ? { error: 'authorization_required', status: 403 }
    : { error: 'insufficient_authorization', status: 400 };
}

function nextAuthSession({ authSession, session, world }: ChallengeCall): string {
  if (authSession === undefined) return world.authSessions.open(session);
  const { rotateAuthSession } = world.settings.firstParty;
  const next = rotateAuthSession ? world.authSessions.rotate(authSession) : authSession;
  if (next !== undefined && world.authSessions.find(next) !== undefined) return next;
  throw invalidSession('replaced or ended while this call ran');
}

/** Asks for more: opens the session of a first call, gives a later one its next value, and counts wrong answers. */
export function challengeAnswer(challenge: Challenge, call: ChallengeCall): Answer {
  const { errorCode, description, sentBy, reason } = challenge;
  const authSession = nextAuthSession(call);
  if (errorCode === 'invalid_credentials' || errorCode === 'invalid_otp') {
    call.session.wrongAnswers += 1;
  }
  const { error, status } = vocabulary(call.world);
  return json(
    {
      error,
      error_code: errorCode,
      ...(description !== undefined && { error_description: description }),
      auth_session: authSession,
      ...(sentBy !== undefined && {
        login_status: { state: 'otp_sent', type: sentBy.toUpperCase() },
      }),
    },
    status,
    reason,
  );
}

/** Ends the session with an authorization code that has no redirect URI. */
export function codeAnswer(userId: string, call: ChallengeCall): Answer {
  const { authSession, session, client, world } = call;
  if (authSession !== undefined && !world.authSessions.close(authSession)) {
    throw invalidSession('ended while this call ran');
  }
  const { scopes, uvid, codeChallenge, nonce } = session;
  const grant = {
    clientId: client.id,
    redirectUri: undefined,
    scopes,
    userId,
    uvid,
    codeChallenge,
    nonce,
    issuedBy: 'challenge' as const,
  };
  return json({ authorization_code: world.codes.issue(grant, world.settings.codeTtl) });
}
