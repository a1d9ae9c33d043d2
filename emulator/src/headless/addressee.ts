import type { SiteRequest } from '../http/site-request.js';
import { discoverUser } from '../oauth/discover-user.js';
import type { Channel } from '../world/outbox.js';
import type { User } from '../world/users.js';
import type { World } from '../world/world.js';
import { customDataJson } from './code-request.js';
import { invalidRequest, textMember, type Body } from './headless-call.js';

/** The address a code may go to: verified, of a user who may log in. */
export function addressOf(user: User | undefined, channel: Channel): string | undefined {
  if (user === undefined || !user.isActive || user.isLocked) return undefined;
  if (channel === 'email') return user.emailVerified ? user.email : undefined;
  return user.mobileVerified ? (user.mobilePhone ?? undefined) : undefined;
}

/** Whom a call means by `username`, or by `login_hint` where discovery is on. */
export interface Addressee {
  /** As the caller spelled it, when no user was found. */
  readonly username: string;
  readonly user: User | undefined;
  /** Undefined when the call has a username. */
  readonly loginHint: string | undefined;
  /** What the discovery handler says about a hint that means nobody. */
  readonly message: string | undefined;
}

/** Throws `HeadlessRefused` when a call names nobody, whether discovery is on or not. */
export function checkAddressee(body: Body): void {
  if (textMember(body, 'username') === undefined && textMember(body, 'login_hint') === undefined) {
    throw invalidRequest('username is missing');
  }
}

/** Throws `HeadlessRefused` when the call names nobody. */
export async function addresseeOf(
  request: SiteRequest,
  body: Body,
  channel: Channel,
  discovery: boolean,
  world: World,
): Promise<Addressee> {
  const username = textMember(body, 'username');
  if (username !== undefined) {
    const user = world.users.get(username);
    return { username, user, loginHint: undefined, message: undefined };
  }
  const loginHint = discovery ? textMember(body, 'login_hint') : undefined;
  if (loginHint === undefined) throw invalidRequest('username is missing');
  const verificationAction = channel === 'email' ? 'EMAIL' : 'SMS';
  const ask = { loginHint, verificationAction, customDataJson: customDataJson(body) } as const;
  const { user, message } = await discoverUser(request, ask, world);
  return { username: user?.username ?? loginHint, user, loginHint, message };
}
