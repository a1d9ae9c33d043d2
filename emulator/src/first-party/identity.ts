import { customDataJson } from '../headless/code-request.js';
import { discoverUser, type Discovery } from '../oauth/discover-user.js';
import type { Identity } from '../world/auth-sessions.js';
import type { Channel } from '../world/outbox.js';
import { textMember } from './challenge-body.js';
import type { ChallengeCall } from './challenge-call.js';

/**
 * Whom a call names: `username`, or `login_hint` (with `customdata`) where user discovery is on.
 * Remembered in the session; undefined when the call names nobody.
 */
export function namedIdentity(call: ChallengeCall, discovery: boolean): Identity | undefined {
  const { body, session } = call;
  const username = textMember(body, 'username');
  const loginHint = discovery ? textMember(body, 'login_hint') : undefined;
  if (username !== undefined) session.identity = { username };
  else if (loginHint === undefined) return undefined;
  else session.identity = { loginHint, customDataJson: customDataJson(body) };
  return session.identity;
}

/** The user of an identity, by name or by the discovery handler (wire contract, first-party, section 3.11). */
export function userOf(
  identity: Identity,
  channel: Channel | undefined,
  { request, world }: ChallengeCall,
): Discovery | Promise<Discovery> {
  if ('username' in identity) {
    const user = world.users.get(identity.username);
    return user === undefined ? {} : { user };
  }
  const verificationAction =
    channel === undefined ? null : channel === 'email' ? ('EMAIL' as const) : ('SMS' as const);
  return discoverUser(request, { ...identity, verificationAction }, world);
}
