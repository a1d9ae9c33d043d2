import { html, redirect, type Answer } from '../http/answer.js';
import { queryParameters, type SiteRequest } from '../http/site-request.js';
import { withoutPrefix } from '../http/mount.js';
import { page } from '../pages/stub.js';
import { loggedIn } from '../site/session-cookie.js';
import type { PendingAuthorization } from '../world/browser-logins.js';
import type { User } from '../world/users.js';
import type { World } from '../world/world.js';
import {
  codePairs,
  errorToCallback,
  registeredClient,
  textRefusal,
  toCallback,
} from './callback.js';
import { issueCode } from './issue-code.js';
import { admit } from './login-user.js';
import { Refused } from './refusals.js';
import { grantableScopes } from './scopes.js';

/** Where an authorize request goes on once somebody has logged in; without site prefix. */
export const authorizationPage = '/setup/secur/RemoteAccessAuthorizationPage.apexp';

/** The path at which a pending request goes on. */
export function resumePath(source: string, world: World): string {
  return `${world.site.path}${authorizationPage}?source=${source}`;
}

/** Sends the browser to the login page, from where it comes back to the pending request. */
export function toLogin(source: string, world: World): Answer {
  const startUrl = encodeURIComponent(resumePath(source, world));
  return redirect(`${world.site.url}/login?ec=302&startURL=${startUrl}`);
}

/** A pending request and its key. */
interface Waiting {
  readonly source: string;
  readonly pending: PendingAuthorization;
}

/** The pending request that a start URL leads to, if it does. */
export function waitingAt(startUrl: string | undefined, world: World): Waiting | undefined {
  const [path = '', query = ''] = (startUrl ?? '').split('?');
  if (withoutPrefix(path, world) !== authorizationPage) return undefined;
  const source = new URLSearchParams(query).get('source') ?? '';
  const pending = world.browserLogins.authorizations.find(source);
  return pending && { source, pending };
}

/** Who the browser is logged in as, if that is good enough for the pending request. */
export function userFor(
  pending: PendingAuthorization,
  request: SiteRequest,
  world: World,
): User | undefined {
  const browser = loggedIn(request, world);
  if (browser === undefined || browser.session.number <= pending.afterSession) return undefined;
  return browser.user;
}

/**
 * Answers an authorize request at its callback.
 *
 * @param outcome who has logged in, or why nobody has.
 */
export function settle(
  { parameters: all }: PendingAuthorization,
  outcome: User | Refused,
  world: World,
): Answer {
  // Either may have changed while somebody was typing a password.
  const client = registeredClient(all, world);
  if (client instanceof Refused) return textRefusal(client);
  try {
    if (outcome instanceof Refused) throw outcome;
    const { userId } = admit(outcome, client, world);
    const order = { scopes: grantableScopes(all, client), userId, uvid: undefined };
    return toCallback(all, codePairs(issueCode(order, all, client, world), all, world));
  } catch (error) {
    if (error instanceof Refused) return errorToCallback(all, error);
    throw error;
  }
}

/** `GET /setup/secur/RemoteAccessAuthorizationPage.apexp`: goes on with a pending request, once. */
export function resumeAuthorization(request: SiteRequest, world: World): Answer {
  const source = queryParameters(request).get('source') ?? '';
  const pending = world.browserLogins.authorizations.find(source);
  if (pending === undefined) {
    const advice =
      'This login took too long or is already done. Go back to the app and start again.';
    return html(page('Nothing to go on with', advice), 400, 'no such pending authorize request');
  }
  const user = userFor(pending, request, world);
  if (user === undefined) return toLogin(source, world);
  world.browserLogins.authorizations.take(source);
  return settle(pending, user, world);
}
