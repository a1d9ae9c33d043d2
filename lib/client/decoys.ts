import { randomBytes } from 'node:crypto';
import { HeadlessError, type HeadlessErrorCode } from '../errors.js';

const outages: readonly HeadlessErrorCode[] = ['server_error', 'answer_too_large', 'rate_limited'];
const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/**
 * Whether a refusal to send a code is about the account. Salesforce's own limit of codes is one of them: it counts for
 * those who exist, and a refused account would never reach it.
 */
export function isAboutAccount(error: unknown): boolean {
  if (!(error instanceof HeadlessError)) return false;
  return error.code === 'account_refused' || error.code === 'too_many_codes';
}

/**
 * Whether an error meets everybody alike, so that it may be told of a call that was made for its duration only. Anything
 * else is about the account or the code, of which such a call knows nothing.
 */
export function isForEverybody(error: unknown): boolean {
  if (!(error instanceof HeadlessError)) return true;
  if (outages.includes(error.code)) return true;
  return error.fault !== 'credentials' && error.fault !== 'upstream';
}

/**
 * An identifier that Salesforce never gave, in the shape of those that it gives: Base64 of a record id (wire contract,
 * one-time codes, 3.3). A code entered where Salesforce refused the account is asked about with it.
 */
export function decoyIdentifier(): string {
  const id = [...randomBytes(12)].map((byte) => digits[byte % digits.length]).join('');
  return Buffer.from(`0Qt${id}`).toString('base64');
}
