import { json, type Answer } from '../http/answer.js';
import type { SiteRequest } from '../http/site-request.js';
import { discoverUser } from '../oauth/discover-user.js';
import type { Channel } from '../world/outbox.js';
import type { User } from '../world/users.js';
import type { World } from '../world/world.js';
import { admitCall, HeadlessRefused, invalidRequest, textMember } from './headless-call.js';

type Body = Readonly<Record<string, unknown>>;

function channelOf(body: Body): Channel {
  const method = textMember(body, 'verificationmethod');
  if (method !== 'email' && method !== 'sms') {
    throw invalidRequest('verificationmethod must be email or sms');
  }
  return method;
}

function templateOf(body: Body, world: World): string | undefined {
  const template = textMember(body, 'emailtemplate');
  if (template !== undefined && !world.settings.passwordless.emailTemplates.includes(template)) {
    throw invalidRequest('emailtemplate is not on the allowlist');
  }
  return template;
}

/** The address a code may go to: verified, of a user who may log in. */
function addressOf(user: User | undefined, channel: Channel): string | undefined {
  if (user === undefined || !user.isActive || user.isLocked) return undefined;
  if (channel === 'email') return user.emailVerified ? user.email : undefined;
  return user.mobileVerified ? (user.mobilePhone ?? undefined) : undefined;
}

interface Addressee {
  /** As the caller spelled it, when no user was found. */
  readonly username: string;
  readonly user: User | undefined;
}

async function addresseeOf(
  request: SiteRequest,
  body: Body,
  channel: Channel,
  world: World,
): Promise<Addressee> {
  const username = textMember(body, 'username');
  if (username !== undefined) return { username, user: world.users.get(username) };
  const { login, forgotPassword } = world.settings;
  const discovery = login.discovery || forgotPassword.discovery;
  const loginHint = discovery ? textMember(body, 'login_hint') : undefined;
  if (loginHint === undefined) throw invalidRequest('username is missing');
  const custom = body['customdata'];
  const customDataJson =
    custom === undefined ? null : typeof custom === 'string' ? custom : JSON.stringify(custom);
  const verificationAction = channel === 'email' ? 'EMAIL' : 'SMS';
  const ask = { loginHint, verificationAction, customDataJson } as const;
  const { user, message } = await discoverUser(request, ask, world);
  if (user === undefined) {
    throw invalidRequest(message ?? 'no user identified', 'user discovery found none or several');
  }
  return { username: user.username, user };
}

async function start(request: SiteRequest, world: World): Promise<Answer> {
  const { settings, oneTimeCodes, clock, outbox } = world;
  const body = admitCall(request, settings.passwordless, 'pwdless_login_api', world);
  const channel = channelOf(body);
  if (textMember(body, 'username') === undefined && textMember(body, 'login_hint') === undefined) {
    throw invalidRequest('username is missing');
  }
  const templateId = templateOf(body, world);
  const { username, user } = await addresseeOf(request, body, channel, world);
  const to = addressOf(user, channel);
  const undeliverable = user === undefined || to === undefined;
  if (undeliverable && settings.passwordless.unknownUser === 'error') {
    throw invalidRequest('no verified address for this user', 'unknown, blocked or unverified');
  }
  // Counted for unknown users too, or the limit would tell who exists.
  if (!oneTimeCodes.maySend(username, channel, settings.otp.maxSendsPerHour)) {
    throw invalidRequest('too many codes requested; try again later');
  }
  if (undeliverable) {
    return json(
      { identifier: oneTimeCodes.newIdentifier(), status: 'success' },
      200,
      'nothing was sent: unknown, blocked or unverified',
    );
  }
  const challenge = { userId: user.userId, purpose: 'passwordless', channel } as const;
  const { identifier, code } = oneTimeCodes.issue(challenge, settings.otp);
  outbox.add({
    to,
    channel,
    code,
    purpose: 'passwordless',
    at: clock.now(),
    identifier,
    username: user.username,
    ...(templateId !== undefined && { templateId }),
  });
  return json({ identifier, status: 'success' });
}

/**
 * `POST /services/auth/headless/init/passwordless/login`: sends a one-time code by e-mail or SMS
 * (wire contract, registration, section 3).
 */
export async function initPasswordless(request: SiteRequest, world: World): Promise<Answer> {
  try {
    return await start(request, world);
  } catch (error) {
    if (error instanceof HeadlessRefused) return error.answer;
    throw error;
  }
}
