import { given, type Parameters } from '../http/site-request.js';
import type { Client } from '../world/clients.js';
import type { World } from '../world/world.js';
import { Refused } from './refusals.js';

/** Throws when the app requires PKCE and the request has no challenge. */
export function checkChallenge(all: Parameters, client: Client): void {
  if (client.isPkceRequired && given(all, 'code_challenge') === undefined) {
    throw new Refused('invalid_request', 'missing required code challenge');
  }
}

/** Whom a code is made out to, and for what. */
export interface CodeOrder {
  readonly scopes: readonly string[];
  /** The named user; undefined for a guest. */
  readonly userId: string | undefined;
  readonly uvid: string | undefined;
}

/** An authorization code for a checked authorize request. */
export function issueCode(order: CodeOrder, all: Parameters, client: Client, world: World): string {
  const grant = {
    ...order,
    clientId: client.id,
    redirectUri: all.get('redirect_uri') ?? '',
    codeChallenge: given(all, 'code_challenge'),
    nonce: given(all, 'nonce'),
    issuedBy: 'authorize' as const,
  };
  return world.codes.issue(grant, world.settings.codeTtl);
}
