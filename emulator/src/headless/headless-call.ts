import { json, type Answer } from '../http/answer.js';
import type { SiteRequest } from '../http/site-request.js';
import { bearerToken, liveBearer } from '../oauth/bearer.js';
import { isPlainObject } from '../world/check.js';
import type { FlowProtection } from '../world/settings.js';
import type { World } from '../world/world.js';
import { recaptchaProblem } from './recaptcha.js';

/** A refusal of a `/services/auth/headless/*` endpoint, carrying its answer. */
export class HeadlessRefused extends Error {
  override readonly name = 'HeadlessRefused';
  readonly answer: Answer;

  constructor(answer: Answer) {
    super(answer.reason);
    this.answer = answer;
  }
}

/** `{ "invalid_request": text }`, the only key seen for these endpoints (wire contract, registration, section 10.1). */
export function invalidRequest(text: string, reason = text): HeadlessRefused {
  return new HeadlessRefused(json({ invalid_request: text }, 400, reason));
}

/** A password that breaks the policy; the text is shown to the user (wire contract, registration, section 4.4). */
export function passwordRefused(text: string): HeadlessRefused {
  const body = {
    status_code: 'password_policy_check_failure',
    password_error: text,
    status: 'failed',
  };
  return new HeadlessRefused(json(body, 400, 'the password breaks the policy'));
}

/** The answer of Salesforce's REST resources to a dead or missing token. */
export function invalidSession(reason: string): Answer {
  const error = { message: 'Session expired or invalid', errorCode: 'INVALID_SESSION_ID' };
  return json([error], 401, reason);
}

/** A JSON body without its nulls, which count as absent (wire contract, registration, section 1.5). */
export type Body = Readonly<Record<string, unknown>>;

/**
 * The body of a call of a flow that is on: the first of the checks all flows share, in their order
 * (wire contract, registration, section 10.2). Throws {@link HeadlessRefused}.
 */
export function readBody(request: SiteRequest, flow: FlowProtection): Body {
  if (!flow.enabled) throw invalidRequest('this flow is not enabled for the site');
  return readObject(request.body);
}

/** The checks that follow: bearer with the flow's scope, reCAPTCHA. Throws {@link HeadlessRefused}. */
export function checkProtection(
  request: SiteRequest,
  body: Body,
  flow: FlowProtection,
  scope: string,
  world: World,
): void {
  if (flow.requireAuth) {
    const bearer = liveBearer(bearerToken(request), world);
    if (bearer?.token.scopes.includes(scope) !== true) {
      throw new HeadlessRefused(invalidSession(`needs a live token with scope ${scope}`));
    }
  }
  const problem = flow.requireRecaptcha && recaptchaProblem(body, world.settings.recaptcha);
  if (problem) throw invalidRequest(problem);
}

function readObject(raw: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(raw);
  } catch {
    throw invalidRequest('the body is not JSON');
  }
  if (!isPlainObject(parsed)) throw invalidRequest('the body is not a JSON object');
  return Object.fromEntries(Object.entries(parsed).filter(([, value]) => value !== null));
}

/** A text member; undefined when absent or empty. Throws when it is of another type. */
export function textMember(body: Body, name: string): string | undefined {
  const value = body[name];
  if (value === undefined || value === '') return undefined;
  if (typeof value !== 'string') throw invalidRequest(`${name} is not text`);
  return value;
}

/** An endpoint that answers its refusals. */
export function answeringRefusals(
  endpoint: (request: SiteRequest, world: World) => Answer | Promise<Answer>,
): (request: SiteRequest, world: World) => Promise<Answer> {
  return async (request, world) => {
    try {
      return await endpoint(request, world);
    } catch (error) {
      if (error instanceof HeadlessRefused) return error.answer;
      throw error;
    }
  };
}
