import { HeadlessRefused } from '../headless/headless-call.js';
import { json, type Answer } from '../http/answer.js';
import { Refused } from '../oauth/refusals.js';

/** A refusal of the challenge endpoint with a status of its own. */
export class ChallengeRefused extends Refused {
  readonly status: number;

  constructor(status: number, error: string, description: string, reason = description) {
    super(error, description, reason);
    this.status = status;
  }
}

/** A malformed or inadmissible call. */
export function invalidRequest(description: string, reason = description): Refused {
  return new Refused('invalid_request', description, reason);
}

/** Reads members by the rules of the headless endpoints; their refusals become `invalid_request`. */
export function orInvalidRequest<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof HeadlessRefused) throw invalidRequest(error.message);
    throw error;
  }
}

/** `auth_session` is unknown, too old, spent, or another client's (wire contract, first-party, section 4.2). */
export function invalidSession(reason: string): Refused {
  return new Refused('invalid_session', 'invalid auth session', reason);
}

/** The answer of a call that has no way on: `{ error, error_description }`, status 400 unless another is named. */
export function refusalAnswer(refused: Refused): Answer {
  const status = refused instanceof ChallengeRefused ? refused.status : 400;
  const { error, description, message } = refused;
  return json({ error, error_description: description }, status, message);
}
