import { randomBytes } from 'node:crypto';
import { createUvid } from '../protocol/uvid.js';
import { checkVisitor, uvidOf, type VisitorArgument } from './arguments.js';
import type { ClientContext } from './context.js';
import { guestIdentity } from './identity.js';
import type { GuestLogin } from './inputs.js';

/** A guest token for a visitor: for the given id, for the id inside a given guest token, or for a new one. */
export async function guestLogin(
  { settings, exchange }: ClientContext,
  argument: VisitorArgument,
): Promise<GuestLogin> {
  const visitor = checkVisitor(argument) ?? { uvid: createUvid(randomBytes) };
  const sent = uvidOf(visitor);
  const { guestScope: scope, guestHint: spelling } = settings;
  const { claims, tokens } = await exchange.run({ flow: 'guest', scope }, { visitor, spelling });
  const identity = guestIdentity(claims, sent);
  return { identity, tokens, uvid: identity.uvid };
}
