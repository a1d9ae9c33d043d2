import type { Client } from '../world/clients.js';
import type { User } from '../world/users.js';
import type { World } from '../world/world.js';
import { authenticationFailure, Refused } from './refusals.js';

/**
 * Lets an identified user in, or throws: locked, inactive and multi-factor users get the answer of a
 * wrong password (wire contract, login, section 2.3).
 */
export function admitToSite(user: User, world: World): User {
  const { quirks } = world.settings;
  if (user.isLocked || !user.isActive) {
    const reason = user.isLocked ? 'user is locked' : 'user is inactive';
    if (quirks.inactiveUserError) throw new Refused('inactive_user', 'user is inactive', reason);
    throw authenticationFailure(reason);
  }
  if (user.isMfaRequired) throw authenticationFailure('user must do multi-factor authentication');
  return user;
}

/**
 * Lets an identified user into an app, or throws as {@link admitToSite} does, and with
 * `invalid_app_access` when the app is not approved for the user (wire contract, login, section 2.3).
 */
export function admit(user: User, client: Client, world: World): User {
  admitToSite(user, world);
  const approved = client.preapprovedUsers?.map((username) => username.toLowerCase());
  if (approved !== undefined && !approved.includes(user.username.toLowerCase())) {
    throw new Refused('invalid_app_access', 'user is not admin approved to access this app');
  }
  return user;
}
