import { assertionHolds, jwtBearerAssertion } from '../oauth/client-assertion.js';
import { Refused } from '../oauth/refusals.js';
import type { Client } from '../world/clients.js';
import type { World } from '../world/world.js';
import { textMember, type ChallengeBody } from './challenge-body.js';

function invalidAssertion(reason: string): Refused {
  return new Refused('invalid_client', 'invalid client assertion', reason);
}

/**
 * Checks the attestation of a call (wire contract, first-party, section 3.3): `client_assertion`,
 * with the right `client_assertion_type` or none. A `client_secret` is not needed and yet checked
 * when sent. Throws `invalid_client`.
 *
 * @param continuing whether a live session of this client is continued, which then counts as
 *   attested unless `firstParty.strict` is on.
 */
export async function checkAttestation(
  body: ChallengeBody,
  client: Client,
  continuing: boolean,
  world: World,
): Promise<void> {
  const { strict } = world.settings.firstParty;
  const type = textMember(body, 'client_assertion_type');
  if (type !== undefined && type !== jwtBearerAssertion) {
    throw invalidAssertion('unknown client_assertion_type');
  }
  const secret = textMember(body, 'client_secret');
  if (secret !== undefined && secret !== client.secret) {
    throw new Refused('invalid_client', 'invalid client credentials', 'wrong secret');
  }
  const assertion = textMember(body, 'client_assertion');
  if (assertion === undefined) {
    if (continuing && !strict) return;
    throw invalidAssertion('client_assertion missing');
  }
  if (!(await assertionHolds(assertion, client, world, strict))) {
    throw invalidAssertion('assertion does not hold');
  }
}
