import type { Parameters } from '../http/site-request.js';
import type { Client } from '../world/clients.js';
import { Refused } from './refusals.js';

/** Scopes of a parameter, separated by blanks only. */
export function splitScopes(scope: string | undefined): string[] {
  return [...new Set((scope ?? '').split(' ').filter((name) => name !== ''))];
}

/** True when every scope is on the app. */
export function areOnApp(scopes: readonly string[], client: Client): boolean {
  return scopes.every((scope) => client.scopes.includes(scope));
}

/** True when the login may be refreshed later. */
export function mayRefresh(scopes: readonly string[], client: Client): boolean {
  const asked = scopes.includes('refresh_token') || scopes.includes('offline_access');
  return asked && client.refreshTokenPolicyType !== 'zero';
}

/** The scopes a request asks for, or all of the app's. Throws `invalid_scope` for any other. */
export function grantableScopes(all: Parameters, client: Client): string[] {
  const scopes = splitScopes(all.get('scope'));
  if (!areOnApp(scopes, client)) {
    throw new Refused('invalid_scope', 'the requested scope is not allowed');
  }
  return scopes.length === 0 ? [...client.scopes] : scopes;
}
