import type { Channel } from '../world/outbox.js';
import type { World } from '../world/world.js';
import { addressOf, type Addressee } from './addressee.js';
import { tooManyCodes } from './code-request.js';

/** The identifier of a code that was, or seemingly was, sent; or why none was. */
export type SentLoginCode =
  { readonly identifier: string; readonly delivered: boolean } | { readonly problem: string };

/**
 * Sends a one-time code for a passwordless login (wire contract, registration, sections 3.3 and
 * 3.5). Someone who cannot be sent one gets a dead identifier, unless `passwordless.unknownUser`
 * says otherwise.
 *
 * @param shown whether the identifier is told to the client, and so to the outbox.
 */
export function sendLoginCode(
  { username, user }: Pick<Addressee, 'username' | 'user'>,
  channel: Channel,
  { templateId, shown }: { readonly templateId?: string | undefined; readonly shown: boolean },
  { settings, oneTimeCodes, clock, outbox }: World,
): SentLoginCode {
  const to = addressOf(user, channel);
  const undeliverable = user === undefined || to === undefined;
  if (undeliverable && settings.passwordless.unknownUser === 'error') {
    return { problem: 'no verified address for this user' };
  }
  // Counted for unknown users too, or the limit would tell who exists.
  if (!oneTimeCodes.maySend(username, channel, settings.otp.maxSendsPerHour)) {
    return { problem: tooManyCodes };
  }
  if (undeliverable) return { identifier: oneTimeCodes.newIdentifier(), delivered: false };
  const challenge = { userId: user.userId, purpose: 'passwordless', channel } as const;
  const { identifier, code } = oneTimeCodes.issue(challenge, settings.otp);
  outbox.add({
    to,
    channel,
    code,
    purpose: 'passwordless',
    at: clock.now(),
    ...(shown && { identifier }),
    username: user.username,
    ...(templateId !== undefined && { templateId }),
  });
  return { identifier, delivered: true };
}
