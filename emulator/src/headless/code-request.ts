import type { Channel } from '../world/outbox.js';
import { invalidRequest, textMember, type Body } from './headless-call.js';

/** How the code shall travel; `otherwise` when the call does not say. */
export function channelOf(body: Body, otherwise?: Channel): Channel {
  const method = textMember(body, 'verificationmethod') ?? otherwise;
  if (method !== 'email' && method !== 'sms') {
    throw invalidRequest('verificationmethod must be email or sms');
  }
  return method;
}

/** The e-mail template asked for, which must be on the allowlist. */
export function templateOf(body: Body, allowlist: readonly string[]): string | undefined {
  const template = textMember(body, 'emailtemplate');
  if (template !== undefined && !allowlist.includes(template)) {
    throw invalidRequest('emailtemplate is not on the allowlist');
  }
  return template;
}

/** `customdata` as the handlers of the site get it: JSON text, whether it was sent as text or not. */
export function customDataJson(body: Body): string | null {
  const custom = body['customdata'];
  if (custom === undefined) return null;
  return typeof custom === 'string' ? custom : JSON.stringify(custom);
}

/** What a caller reads who has asked for too many codes. */
export const tooManyCodes = 'too many codes requested; try again later';
