import { recaptchaProblem } from '../headless/recaptcha.js';
import { bearerToken, liveBearer } from '../oauth/bearer.js';
import { Refused } from '../oauth/refusals.js';
import type { FlowProtection } from '../world/settings.js';
import type { ChallengeCall, Protection } from './challenge-call.js';
import { ChallengeRefused, invalidRequest } from './challenge-refused.js';

/** The protection that a flow has at its own headless endpoint. Throws `unauthorized_client` when it is off. */
export function protectionOf(flow: FlowProtection, scope: string): Protection {
  if (!flow.enabled) {
    throw new Refused('unauthorized_client', 'this flow is not enabled for the site');
  }
  return {
    scope: flow.requireAuth ? scope : undefined,
    requireRecaptcha: flow.requireRecaptcha,
  };
}

/**
 * Asks for the bearer token and the reCAPTCHA token that a step is protected by (wire contract,
 * first-party, section 3.13, steps 9 and 10). Throws `Refused`.
 */
export function checkProtection(
  { scope, requireRecaptcha }: Protection,
  { request, body, world }: ChallengeCall,
): void {
  if (scope !== undefined) {
    const bearer = liveBearer(bearerToken(request), world);
    if (bearer?.token.scopes.includes(scope) !== true) {
      const reason = `needs a live token with scope ${scope}`;
      throw new ChallengeRefused(401, 'invalid_request', 'access token required', reason);
    }
  }
  if (!requireRecaptcha) return;
  const problem = recaptchaProblem(body, world.settings.recaptcha);
  if (problem !== undefined) throw invalidRequest('recaptcha validation failed', problem);
}
