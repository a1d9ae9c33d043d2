import type { Answer } from '../http/answer.js';
import { given, type Parameters } from '../http/site-request.js';
import { isProvider, toProvider } from '../site/sso.js';
import type { PendingAuthorization } from '../world/browser-logins.js';
import { checkChallenge } from './issue-code.js';
import { resumePath, settle, toLogin, userFor } from './pending-authorization.js';
import { Refused } from './refusals.js';
import type { AuthorizeCall } from './request-types.js';
import { grantableScopes, splitScopes } from './scopes.js';

/** The values of `prompt` (OpenID Connect Core, section 3.1.2.1). Throws when `none` is not alone. */
function prompts(all: Parameters): readonly string[] {
  const values = splitScopes(all.get('prompt'));
  if (values.includes('none') && values.length > 1) {
    throw new Refused('invalid_request', 'prompt none goes with no other value');
  }
  return values;
}

/**
 * `response_type=code` in a browser: the login page or an identity provider first, where nobody is
 * logged in on the site, and then the callback (wire contract, first-party, section 6). A known
 * `sso_provider` is asked even when somebody is logged in, and an unknown one leads to the login page
 * then too; with `prompt=none` neither is.
 *
 * Throws `Refused` for what is to be told the callback.
 */
export function redirectFlow({ request, parameters: all, client, world }: AuthorizeCall): Answer {
  grantableScopes(all, client);
  checkChallenge(all, client);
  const prompt = prompts(all);
  const { authorizations, sessions } = world.browserLogins;
  const provider = given(all, 'sso_provider');
  const isUnknown = provider !== undefined && !isProvider(provider, world);
  const anew = isUnknown || prompt.includes('login') || prompt.includes('select_account');
  const pending: PendingAuthorization = {
    parameters: all,
    afterSession: anew && !prompt.includes('none') ? sessions.newest() : 0,
  };

  const user = userFor(pending, request, world);
  if (prompt.includes('none')) {
    const nobody = new Refused('login_required', 'nobody is logged in on the site');
    return settle(pending, user ?? nobody, world);
  }
  if (provider !== undefined && !isUnknown) {
    return toProvider(provider, resumePath(authorizations.issue(pending), world), world);
  }
  if (user !== undefined) return settle(pending, user, world);
  return toLogin(authorizations.issue(pending), world);
}
