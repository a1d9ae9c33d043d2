import { assertedClientId } from '../oauth/client-assertion.js';
import { Refused } from '../oauth/refusals.js';
import type { AuthSession } from '../world/auth-sessions.js';
import type { Client } from '../world/clients.js';
import type { World } from '../world/world.js';
import { checkAttestation } from './attestation.js';
import { textMember, type ChallengeBody } from './challenge-body.js';
import { invalidRequest, invalidSession } from './challenge-refused.js';

/** Who calls, and what is continued. */
export interface Caller {
  readonly client: Client;
  readonly authSession: string | undefined;
  /** Undefined on a first call. */
  readonly session: AuthSession | undefined;
}

function namedClientId(body: ChallengeBody): string | undefined {
  const id = textMember(body, 'client_id');
  const assertion = textMember(body, 'client_assertion');
  const issuer = assertion === undefined ? undefined : assertedClientId(assertion);
  if (id !== undefined && issuer !== undefined && id !== issuer) {
    throw invalidRequest('client_id and client_assertion name different clients');
  }
  return id ?? issuer;
}

/**
 * Finds and attests the client: named by `client_id`, by the assertion, or by the session alone
 * (wire contract, first-party, section 3.13, steps 2 to 6). Throws `Refused`.
 */
export async function identifyCaller(body: ChallengeBody, world: World): Promise<Caller> {
  if (!world.settings.firstParty.enabled) {
    throw new Refused('unauthorized_client', 'first-party applications are not enabled');
  }
  const authSession = textMember(body, 'auth_session');
  const session = authSession === undefined ? undefined : world.authSessions.find(authSession);
  const clientId = namedClientId(body) ?? session?.clientId;
  if (clientId === undefined && authSession !== undefined) throw invalidSession('unknown session');
  const client = clientId === undefined ? undefined : world.clients.get(clientId);
  if (client === undefined) throw new Refused('invalid_client_id', 'client identifier invalid');
  if (!client.isFirstPartyAppEnabled) {
    const reason = 'isFirstPartyAppEnabled is off';
    throw new Refused('unauthorized_client', 'app is not a first-party application', reason);
  }
  const continuing = session?.clientId === client.id;
  await checkAttestation(body, client, continuing, world);
  if (authSession !== undefined && !continuing) {
    throw invalidSession('unknown, replaced, expired, spent, or of another client');
  }
  return { client, authSession, session };
}
