import { given, parameters, type SiteRequest } from '../http/site-request.js';
import type { Client } from '../world/clients.js';
import type { World } from '../world/world.js';
import { readBasic } from './basic.js';
import { assertedClientId, assertionHolds, jwtBearerAssertion } from './client-assertion.js';
import { Refused } from './refusals.js';

/** What a request says about its client; every text in the spellings it may be meant in. */
interface Claim {
  readonly ids: readonly string[];
  readonly secrets: readonly string[];
}

/** As sent, and as RFC 6749 section 2.3.1 wants Basic halves to be read: form-decoded. */
function spellings(text: string): string[] {
  try {
    return [text, decodeURIComponent(text.replaceAll('+', ' '))];
  } catch {
    return [text];
  }
}

function claimOf(request: SiteRequest): Claim {
  const all = parameters(request);
  const id = given(all, 'client_id');
  const secret = given(all, 'client_secret');
  const basic = readBasic(request.headers['authorization']);
  const assertion = given(all, 'client_assertion');
  const asserted = assertion === undefined ? undefined : assertedClientId(assertion);
  const basicIds = basic === undefined ? [] : spellings(basic.name);
  const basicSecrets = basic === undefined || basic.secret === '' ? [] : spellings(basic.secret);
  return {
    ids: id === undefined ? [...basicIds, ...(asserted === undefined ? [] : [asserted])] : [id],
    secrets: secret === undefined ? basicSecrets : [secret],
  };
}

function invalidClient(reason: string, description = 'invalid client credentials'): Refused {
  return new Refused('invalid_client', description, reason);
}

/**
 * The client of a token call, authenticated by secret in body or Basic header or by
 * `private_key_jwt`. A secret or assertion that is sent is checked even where none is needed (wire
 * contract, login, section 4.1). Throws `invalid_client_id` or `invalid_client`.
 *
 * @param needed whether this client must prove itself for this call.
 */
export async function authenticateClient(
  request: SiteRequest,
  world: World,
  needed: (client: Client) => boolean,
): Promise<Client> {
  const { ids, secrets } = claimOf(request);
  const client = ids.map((id) => world.clients.get(id)).find((found) => found !== undefined);
  if (client === undefined) throw new Refused('invalid_client_id', 'client identifier invalid');

  const all = parameters(request);
  const assertion = given(all, 'client_assertion');
  if (assertion !== undefined) {
    const type = given(all, 'client_assertion_type');
    if (type !== undefined && type !== jwtBearerAssertion) {
      throw invalidClient('unknown client_assertion_type', 'invalid client assertion');
    }
    if (!(await assertionHolds(assertion, client, world))) {
      throw invalidClient('assertion does not hold', 'invalid client assertion');
    }
  }
  if (secrets.length > 0 && !secrets.some((secret) => secret === client.secret)) {
    throw invalidClient('wrong secret');
  }
  const provable = client.secret !== null || client.clientAssertionCertificate !== null;
  if (provable && needed(client) && assertion === undefined && secrets.length === 0) {
    throw invalidClient('client authentication missing');
  }
  return client;
}
