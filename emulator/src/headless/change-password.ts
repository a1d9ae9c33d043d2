import { json, type Answer } from '../http/answer.js';
import { policyProblem } from '../world/password-policy.js';
import type { PasswordReset } from '../world/password-resets.js';
import { wasPassword, type User } from '../world/users.js';
import type { World } from '../world/world.js';
import {
  HeadlessRefused,
  invalidRequest,
  passwordRefused,
  textMember,
  type Body,
} from './headless-call.js';

function codeRefused(statusCode: string, text: string, reason: string): HeadlessRefused {
  const body = { status_code: statusCode, otp_error: text, status: 'failed' };
  return new HeadlessRefused(json(body, 400, reason));
}

/** A member that must be there and may be empty. */
function required(body: Body, name: string): string {
  const value = body[name];
  if (value === undefined) throw invalidRequest(`${name} is missing`);
  if (typeof value !== 'string') throw invalidRequest(`${name} is not text`);
  return value;
}

function resetOf(body: Body, { settings, passwordResets }: World): PasswordReset | undefined {
  const username = textMember(body, 'username');
  if (username !== undefined) return passwordResets.ofUsername(username);
  const { discovery } = settings.forgotPassword;
  const loginHint = discovery ? textMember(body, 'login_hint') : undefined;
  if (loginHint === undefined) throw invalidRequest('username is missing');
  return passwordResets.ofLoginHint(loginHint);
}

function newPasswordProblem(password: string, user: User, world: World): string | undefined {
  const { passwordPolicy } = world.settings;
  if (wasPassword(user, password, passwordPolicy.history)) {
    return `You cannot use one of your last ${passwordPolicy.history} passwords again.`;
  }
  return policyProblem(password, passwordPolicy);
}

/**
 * The second call of forgot password: sets the password when the code is right (wire contract,
 * registration, sections 4.3 to 4.5). A password that breaks the policy does not use up the code.
 */
export function changePassword(body: Body, world: World): Answer {
  const { oneTimeCodes, users, settings } = world;
  const code = required(body, 'otp');
  const password = required(body, 'newpassword');
  const reset = resetOf(body, world);
  const username = textMember(body, 'username');
  if (reset === undefined && username !== undefined && users.get(username) === undefined) {
    throw codeRefused('invalid_otp', 'invalid OTP', 'unknown user');
  }
  const { maxAttempts } = settings.forgotPassword;
  // No code is empty, so that this counts as a wrong one.
  const tried = reset?.delivered === true ? code : '';
  const verdict = oneTimeCodes.judge(reset?.identifier ?? '', tried, maxAttempts);
  if (verdict === 'wrong') throw codeRefused('invalid_otp', 'invalid OTP', 'wrong code');
  const user = reset && users.get(reset.username);
  if (verdict === 'dead' || reset === undefined || user === undefined) {
    const reason = 'no code, or used, expired or mistyped too often';
    throw codeRefused('regenerate_otp', 'request a new OTP', reason);
  }
  const problem = newPasswordProblem(password, user, world);
  if (problem !== undefined) throw passwordRefused(problem);
  oneTimeCodes.use(reset.identifier);
  users.changePassword(user, password);
  return json({ status_code: 'success', status: 'success' });
}
