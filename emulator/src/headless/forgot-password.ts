import { json, type Answer } from '../http/answer.js';
import type { SiteRequest } from '../http/site-request.js';
import type { World } from '../world/world.js';
import { addresseeOf, addressOf, checkAddressee, type Addressee } from './addressee.js';
import { changePassword } from './change-password.js';
import { channelOf, templateOf, tooManyCodes } from './code-request.js';
import {
  answeringRefusals,
  checkProtection,
  invalidRequest,
  readBody,
  type Body,
} from './headless-call.js';

/** One list serves all flows of a site; forgot password needs a switch of its own to look at it. */
function allowedTemplate(body: Body, { settings }: World): string | undefined {
  const { registration, passwordless, forgotPassword } = settings;
  if (!forgotPassword.templateAllowlisting) return undefined;
  return templateOf(body, [...registration.emailTemplates, ...passwordless.emailTemplates]);
}

function unreachable({ user, loginHint, message }: Addressee): string {
  if (user !== undefined) return 'nothing was sent: blocked or unverified';
  if (loginHint === undefined) return 'nothing was sent: unknown user';
  return `nothing was sent: ${message ?? 'user discovery found none or several'}`;
}

async function sendCode(request: SiteRequest, body: Body, world: World): Promise<Answer> {
  const { settings, oneTimeCodes, passwordResets, outbox, clock } = world;
  const flow = settings.forgotPassword;
  checkProtection(request, body, flow, 'forgot_password', world);
  checkAddressee(body);
  const channel = channelOf(body, 'email');
  const templateId = allowedTemplate(body, world);
  const addressee = await addresseeOf(request, body, channel, flow.discovery, world);
  // Counted and given a code nobody hears of, or the answers would tell who exists.
  if (!oneTimeCodes.maySend(addressee.username, channel, settings.otp.maxSendsPerHour)) {
    throw invalidRequest(tooManyCodes);
  }
  const username = addressee.username.toLowerCase();
  const challenge = { purpose: 'forgotPassword', channel, username } as const;
  const { identifier, code } = oneTimeCodes.issue(challenge, settings.otp);
  const { user, loginHint } = addressee;
  const to = addressOf(user, channel);
  const delivered = user !== undefined && to !== undefined;
  passwordResets.start({ username, identifier, delivered }, loginHint);
  const answer = { status_code: 'otp_sent', status: 'success' };
  if (!delivered) return json(answer, 200, unreachable(addressee));
  outbox.add({
    to,
    channel,
    code,
    purpose: 'forgotPassword',
    at: clock.now(),
    username: user.username,
    ...(templateId !== undefined && { templateId }),
  });
  return json(answer);
}

/**
 * `POST /services/auth/headless/forgot_password`: both calls, told apart by `otp` and `newpassword`
 * (wire contract, registration, section 4). Only the first is protected.
 */
export const forgotPassword = answeringRefusals((request, world) => {
  const body = readBody(request, world.settings.forgotPassword);
  return body['otp'] === undefined && body['newpassword'] === undefined
    ? sendCode(request, body, world)
    : changePassword(body, world);
});
