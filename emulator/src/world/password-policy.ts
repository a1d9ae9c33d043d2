import type { Settings } from './settings.js';

/**
 * Why a password breaks the policy of the org, in words for whoever typed it; undefined when it does
 * not. The history is another matter, since new users have none.
 */
export function policyProblem(
  password: string,
  { minLength, letter, digit }: Settings['passwordPolicy'],
): string | undefined {
  if (password.length < minLength) {
    return `Your password must be at least ${minLength} characters long.`;
  }
  if (letter && !/\p{L}/u.test(password)) return 'Your password must include a letter.';
  if (digit && !/\p{Nd}/u.test(password)) return 'Your password must include a number.';
  return undefined;
}
