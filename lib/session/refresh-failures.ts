import { HeadlessError, type HeadlessErrorCode } from '../errors.js';
import { descriptionOf } from '../protocol/refusal.js';

/** Answers of Salesforce, and of our own checks before sending, that say for certain that the refresh token is unused. */
const untouched: ReadonlySet<HeadlessErrorCode> = new Set<HeadlessErrorCode>([
  'access_denied',
  'app_not_approved',
  'client_key_unusable',
  'flow_disabled',
  'invalid_client',
  'invalid_client_id',
  'invalid_scope',
  'rate_limited',
  'step_up_required',
]);
/** Errors that end a connection before anything can have been sent over it. */
const unconnected =
  /^(ECONNREFUSED|ENOTFOUND|EAI_\w+|UND_ERR_CONNECT_TIMEOUT|CERT_\w+|ERR_TLS_CERT\w+|\w*SELF_SIGNED_CERT\w*|UNABLE_TO_\w+)$/;
const connecting = new Set(['connect', 'getaddrinfo']);

function neverConnected(cause: unknown): boolean {
  if (!(cause instanceof Error)) return false;
  const code: unknown = Reflect.get(cause, 'code');
  const call: unknown = Reflect.get(cause, 'syscall');
  const isEarly = typeof call === 'string' && connecting.has(call);
  return isEarly || (typeof code === 'string' && unconnected.test(code));
}

/** Whether a refresh has failed in a way that leaves its refresh token good: where that is not certain, it is not so. */
export function leftTokenUntouched(error: unknown): boolean {
  if (!(error instanceof HeadlessError)) return false;
  return untouched.has(error.code) || neverConnected(error.cause);
}

/** Whether Salesforce says that another refresh with the same token is under way (wire contract, first-party, 8.3). */
export function isUsedByAnother(error: unknown): boolean {
  return error instanceof HeadlessError && /already being processed/i.test(descriptionOf(error));
}
