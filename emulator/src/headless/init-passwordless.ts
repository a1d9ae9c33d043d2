import { json, type Answer } from '../http/answer.js';
import type { SiteRequest } from '../http/site-request.js';
import type { World } from '../world/world.js';
import { addresseeOf, checkAddressee } from './addressee.js';
import { channelOf, templateOf } from './code-request.js';
import { answeringRefusals, checkProtection, invalidRequest, readBody } from './headless-call.js';
import { sendLoginCode } from './login-code.js';

async function start(request: SiteRequest, world: World): Promise<Answer> {
  const { passwordless, login, forgotPassword } = world.settings;
  const body = readBody(request, passwordless);
  checkProtection(request, body, passwordless, 'pwdless_login_api', world);
  const channel = channelOf(body);
  checkAddressee(body);
  const templateId = templateOf(body, passwordless.emailTemplates);
  const discovery = login.discovery || forgotPassword.discovery;
  const addressee = await addresseeOf(request, body, channel, discovery, world);
  if (addressee.loginHint !== undefined && addressee.user === undefined) {
    const message = addressee.message ?? 'no user identified';
    throw invalidRequest(message, 'user discovery found none or several');
  }
  const sent = sendLoginCode(addressee, channel, { templateId, shown: true }, world);
  if ('problem' in sent) throw invalidRequest(sent.problem);
  const { identifier, delivered } = sent;
  const reason = 'nothing was sent: unknown, blocked or unverified';
  return json({ identifier, status: 'success' }, 200, delivered ? undefined : reason);
}

/**
 * `POST /services/auth/headless/init/passwordless/login`: sends a one-time code by e-mail or SMS
 * (wire contract, registration, section 3).
 */
export const initPasswordless = answeringRefusals(start);
