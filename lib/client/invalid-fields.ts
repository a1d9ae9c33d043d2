import { HeadlessError } from '../errors.js';

/** What can be wrong with one field of a form, in words for the visitor. */
export const fieldProblems = {
  missing: 'Fill in this field.',
  malformed: 'This contains characters or a length that cannot be used.',
} as const;

/** The error that names the fields of a form that are wrong: `invalid_fields`. */
export function invalidFields(
  problems: Readonly<Record<string, keyof typeof fieldProblems>>,
): HeadlessError {
  const fields = Object.fromEntries(
    Object.entries(problems).map(([name, problem]) => [name, fieldProblems[problem]]),
  );
  return new HeadlessError('invalid_fields', { fields });
}
