import { HeadlessError } from '../errors.js';
import { descriptionOf } from '../protocol/refusal.js';

/** What Salesforce says itself, which tells a visitor nothing. */
const standing = /^(authentication failure|no user identified)\.?$/i;

/** A refusal with the words of the site's discovery handler as its message, or undefined when there are none. */
export function inHandlersWords(error: unknown): HeadlessError | undefined {
  if (!(error instanceof HeadlessError)) return undefined;
  const { code, cause, requestId } = error;
  if (code !== 'invalid_credentials' && code !== 'account_refused') return undefined;
  const message = descriptionOf(error);
  if (message === '' || standing.test(message)) return undefined;
  return new HeadlessError(code, { message, cause, requestId });
}
