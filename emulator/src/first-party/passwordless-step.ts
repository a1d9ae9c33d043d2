import { channelOf, templateOf } from '../headless/code-request.js';
import { sendLoginCode, type SentLoginCode } from '../headless/login-code.js';
import type { Identity } from '../world/auth-sessions.js';
import type { Channel } from '../world/outbox.js';
import type { ChallengeCall, ChallengeStep } from './challenge-call.js';
import { invalidRequest, orInvalidRequest } from './challenge-refused.js';
import { protectionOf } from './check-protection.js';
import { namedIdentity, userOf } from './identity.js';

async function send(
  identity: Identity,
  channel: Channel,
  templateId: string | undefined,
  call: ChallengeCall,
): Promise<SentLoginCode> {
  const { user, message } = await userOf(identity, channel, call);
  if (message !== undefined) throw invalidRequest(message, 'user discovery failed');
  const username =
    user?.username ?? ('username' in identity ? identity.username : identity.loginHint);
  return sendLoginCode({ username, user }, channel, { templateId, shown: false }, call.world);
}

/**
 * Sends a one-time code to the user named by username or hint; whether there is such a user cannot
 * be told from the answer (wire contract, first-party, sections 3.6 and 3.13).
 */
export const passwordlessStep: ChallengeStep = {
  matches: ({ body }) => body['username'] !== undefined || body['login_hint'] !== undefined,

  protection: ({ settings }) => protectionOf(settings.passwordless, 'pwdless_login_api'),

  async run(call) {
    const { passwordless, login, forgotPassword } = call.world.settings;
    const { channel, templateId } = orInvalidRequest(() => ({
      channel: channelOf(call.body, 'email'),
      templateId: templateOf(call.body, passwordless.emailTemplates),
    }));
    const identity = namedIdentity(call, login.discovery || forgotPassword.discovery);
    if (identity === undefined) {
      return { challenge: { errorCode: 'credentials_required', reason: 'user discovery is off' } };
    }
    const sent = await send(identity, channel, templateId, call);
    if ('problem' in sent) throw invalidRequest(sent.problem);
    const { identifier, delivered } = sent;
    call.session.awaited = identifier;
    const challenge = { errorCode: 'login_initialized', sentBy: channel } as const;
    const reason = 'nothing was sent: unknown, blocked or unverified';
    return { challenge: delivered ? challenge : { ...challenge, reason } };
  },
};
