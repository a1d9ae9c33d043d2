import { isPlainObject } from '../world/check.js';
import type { Settings } from '../world/settings.js';

function tokenOf(body: Readonly<Record<string, unknown>>): string {
  const { recaptcha, recaptchaevent: event } = body;
  if (typeof recaptcha === 'string' && recaptcha !== '') return recaptcha;
  const token = isPlainObject(event) ? event['token'] : undefined;
  return typeof token === 'string' ? token : '';
}

/**
 * Judges `recaptcha`, or `recaptchaevent.token`, without asking anybody: `pass`, `fail` and
 * `score:0.3` mean what they say (wire contract, registration, section 6).
 *
 * @returns why the token is no good; undefined when it is.
 */
export function recaptchaProblem(
  body: Readonly<Record<string, unknown>>,
  { mode, accept, threshold }: Settings['recaptcha'],
): string | undefined {
  if (mode === 'off') return undefined;
  const token = tokenOf(body);
  if (token === '') return 'recaptcha token is missing';
  if (mode === 'list') {
    return token === 'pass' || accept.includes(token) ? undefined : 'recaptcha token is not valid';
  }
  const score = /^score:(\d*\.?\d+)$/.exec(token)?.[1];
  if (score !== undefined) {
    return Number(score) >= threshold ? undefined : 'recaptcha score is below the threshold';
  }
  return token === 'fail' ? 'recaptcha token is not valid' : undefined;
}
