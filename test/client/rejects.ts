import assert from 'node:assert/strict';
import { HeadlessError, type HeadlessErrorCode } from '../../lib/index.js';
import { assertNothingSecret, noteError } from '../support/secrets.js';

/** Waits for a call to be refused with this code, and looks for secrets in what it is refused with. */
export async function rejects(
  run: Promise<unknown>,
  code: HeadlessErrorCode,
  secrets: readonly string[] = [],
): Promise<HeadlessError> {
  const error: unknown = await run.then(
    () => new Error(`${code} was expected, and nothing was refused`),
    (reason: unknown) => reason,
  );
  noteError(error);
  assertNothingSecret(error, 'the error', secrets);
  assert.ok(error instanceof HeadlessError, String(error));
  assert.equal(error.code, code, error.message);
  return error;
}
