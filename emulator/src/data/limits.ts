import { withHeaders, type Answer } from '../http/answer.js';

/** An answer of the REST API, with what it says about the calls of the day. The emulator counts none. */
export function withLimits(answer: Answer): Answer {
  return withHeaders(answer, { 'Sforce-Limit-Info': 'api-usage=18/15000' });
}
