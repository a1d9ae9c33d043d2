import type { Answer } from '../http/answer.js';
import type { SiteRequest } from '../http/site-request.js';
import { Refused } from '../oauth/refusals.js';
import { readUvidHint } from '../oauth/uvid.js';
import type { World } from '../world/world.js';
import { challengeAnswer, codeAnswer } from './challenge-answer.js';
import { readChallengeBody } from './challenge-body.js';
import type { ChallengeCall, ChallengeStep, Outcome } from './challenge-call.js';
import { identifyCaller } from './challenge-client.js';
import { refusalAnswer } from './challenge-refused.js';
import { checkProtection } from './check-protection.js';
import { oneTimeCodeStep } from './one-time-code-step.js';
import { passwordStep } from './password-step.js';
import { passwordlessStep } from './passwordless-step.js';
import { registrationStep } from './registration-step.js';
import { requestedSession } from './requested-session.js';

/** Kinds of calls; the first match counts. */
const steps: readonly ChallengeStep[] = [
  registrationStep,
  oneTimeCodeStep,
  passwordStep,
  passwordlessStep,
];

/** The guest a login carries along; a later call may bring it too (wire contract, first-party, section 3.4). */
function carryGuest({ request, session, world }: ChallengeCall): void {
  const hint = request.headers['uvid-hint'];
  if (hint === undefined) return;
  const prefixes = world.settings.firstParty.strict ? 'forbidden' : 'optional';
  session.uvid = readUvidHint(hint, prefixes, world);
}

async function outcomeOf(call: ChallengeCall): Promise<Outcome> {
  const step = steps.find((candidate) => candidate.matches(call));
  if (step !== undefined) checkProtection(step.protection(call.world), call);
  carryGuest(call);
  if (step === undefined) {
    return { challenge: { errorCode: 'credentials_required', reason: 'nothing to go by' } };
  }
  return step.run(call);
}

async function answerTo(request: SiteRequest, world: World): Promise<Answer> {
  const body = readChallengeBody(request, world.settings.firstParty.strict);
  const caller = await identifyCaller(body, world);
  const session = requestedSession(body, caller, world);
  const { client, authSession } = caller;
  const call = { request, body, world, client, authSession, session };
  const outcome = await outcomeOf(call);
  return 'user' in outcome
    ? codeAnswer(outcome.user.userId, call)
    : challengeAnswer(outcome.challenge, call);
}

/**
 * `POST /services/oauth2/v1/authorization_challenge`: OAuth 2.0 for First-Party Applications (wire
 * contract, first-party, section 3). Checks come in the order of section 3.13.
 */
export async function authorizationChallenge(request: SiteRequest, world: World): Promise<Answer> {
  try {
    return await answerTo(request, world);
  } catch (error) {
    if (error instanceof Refused) return refusalAnswer(error);
    throw error;
  }
}
