import type { Client } from '../world/clients.js';

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
