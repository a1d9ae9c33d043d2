import { given, queryParameters } from '../http/site-request.js';
import { readBasic, type Pair } from './basic.js';
import { NotHeadless } from './refusals.js';
import type { AuthorizeCall } from './request-types.js';
import { areOnApp, splitScopes } from './scopes.js';
import { readUvidHint } from './uvid.js';

/** What the named flows have in common: the login page when the app does not allow them. */
export function checkNamedApp({ client, request }: AuthorizeCall): void {
  if (!client.isCodeCredFlowEnabled) throw new NotHeadless('isCodeCredFlowEnabled is off');
  if (!client.isCodeCredPostOnly) return;
  const inQuery = ['username', 'password', 'login_hint'].some((name) =>
    queryParameters(request).has(name),
  );
  const inHeader = request.headers['authorization'] !== undefined;
  if (request.method !== 'POST' || inHeader || inQuery) {
    throw new NotHeadless('isCodeCredPostOnly is on and credentials are not in a POST body');
  }
}

/** The scopes asked for, or all of the app's; the login page when one is not on the app. */
export function namedScopes({ client, parameters }: AuthorizeCall): string[] {
  const scopes = splitScopes(parameters.get('scope'));
  if (!areOnApp(scopes, client)) throw new NotHeadless('a scope is not on the app');
  return scopes.length === 0 ? [...client.scopes] : scopes;
}

/** The credential pair of body or query, else of the Basic header. */
export function credentialPair({ request, parameters }: AuthorizeCall): Pair | undefined {
  const name = given(parameters, 'username');
  const secret = given(parameters, 'password');
  if (name !== undefined && secret !== undefined) return { name, secret };
  return readBasic(request.headers['authorization']);
}

/** The visitor a named login carries along, if any (wire contract, login, section 11). */
export function hintedUvid({ request, parameters, world }: AuthorizeCall): string | undefined {
  const hint = request.headers['uvid-hint'] ?? given(parameters, 'uvid_hint');
  return hint === undefined ? undefined : readUvidHint(hint, 'optional', world);
}
