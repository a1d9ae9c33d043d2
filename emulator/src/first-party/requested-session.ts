import { Refused } from '../oauth/refusals.js';
import { areOnApp, splitScopes } from '../oauth/scopes.js';
import type { AuthSession } from '../world/auth-sessions.js';
import type { World } from '../world/world.js';
import { textMember, type ChallengeBody } from './challenge-body.js';
import type { Caller } from './challenge-client.js';
import { invalidRequest } from './challenge-refused.js';

/** Later calls may repeat what the first call fixed, but not change it. */
function checkRepeated(body: ChallengeBody, session: AuthSession): void {
  const codeChallenge = textMember(body, 'code_challenge');
  if (codeChallenge !== undefined && codeChallenge !== session.codeChallenge) {
    throw invalidRequest('code_challenge is not the one of the first call');
  }
  const scopes = splitScopes(textMember(body, 'scope'));
  const same =
    scopes.length === session.scopes.length &&
    scopes.every((scope) => session.scopes.includes(scope));
  if (scopes.length > 0 && !same) throw invalidRequest('scope is not the one of the first call');
}

/**
 * The session a call continues, or the one a first call asks for: scopes of the app, all of them
 * when none is named, and a PKCE challenge, needed when `isPkceRequired` is on (wire contract,
 * first-party, section 3.13, steps 7 and 8). Throws `Refused`.
 */
export function requestedSession(
  body: ChallengeBody,
  { client, session }: Caller,
  world: World,
): AuthSession {
  const responseType = textMember(body, 'response_type');
  if (responseType !== undefined && responseType !== 'code') {
    throw new Refused('unsupported_response_type', 'response type not supported');
  }
  if (session !== undefined) {
    checkRepeated(body, session);
    return session;
  }
  const codeChallenge = textMember(body, 'code_challenge');
  if (client.isPkceRequired && codeChallenge === undefined) {
    throw invalidRequest('missing required code challenge');
  }
  const scopes = splitScopes(textMember(body, 'scope'));
  if (!areOnApp(scopes, client)) {
    throw new Refused('invalid_scope', 'the requested scope is not allowed');
  }
  return {
    clientId: client.id,
    scopes: scopes.length === 0 ? [...client.scopes] : scopes,
    codeChallenge,
    nonce: textMember(body, 'nonce'),
    expiresAt: world.clock.now() + world.settings.firstParty.sessionTtl * 1000,
    uvid: undefined,
    identity: undefined,
    awaited: undefined,
    wrongAnswers: 0,
  };
}
