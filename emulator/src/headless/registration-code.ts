import type { Channel } from '../world/outbox.js';
import { policyProblem } from '../world/password-policy.js';
import type { Registration } from '../world/registration.js';
import type { World } from '../world/world.js';
import { tooManyCodes } from './code-request.js';

/** The identifier of a code that was sent; or why none was, in words for whoever registers. */
export type SentRegistrationCode =
  | { readonly identifier: string }
  | { readonly problem: string }
  | { readonly passwordProblem: string };

/**
 * Queues a registration and sends its code. The same data again are sent the same code (wire
 * contract, registration, sections 2.3 and 3.5). Whether the username is taken is not looked at.
 *
 * @param shown whether the identifier is told to the client, and so to the outbox.
 */
export function sendRegistrationCode(
  registration: Registration,
  channel: Channel,
  { templateId, shown }: { readonly templateId?: string | undefined; readonly shown: boolean },
  { settings, oneTimeCodes, clock, outbox }: World,
): SentRegistrationCode {
  const { userData, password, to } = registration;
  const passwordProblem =
    password === null ? undefined : policyProblem(password, settings.passwordPolicy);
  if (passwordProblem !== undefined) return { passwordProblem };
  const username = userData.username ?? userData.email;
  if (!oneTimeCodes.maySend(username, channel, settings.otp.maxSendsPerHour)) {
    return { problem: tooManyCodes };
  }
  const challenge = { purpose: 'registration', channel, registration } as const;
  const { identifier, code } = oneTimeCodes.issue(challenge, settings.otp);
  outbox.add({
    to,
    channel,
    code,
    purpose: 'registration',
    at: clock.now(),
    ...(shown && { identifier }),
    username,
    ...(templateId !== undefined && { templateId }),
  });
  return { identifier };
}
