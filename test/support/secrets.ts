import assert from 'node:assert/strict';
import { inspect } from 'node:util';

const shapes: readonly [string, RegExp][] = [
  ['a JWT', /eyJ[\w-]{8,}\.[\w-]{8,}/],
  ['an opaque access token', /00D\w{9,15}![\w.]+/],
  ['an authorization code', /aPrx[\w.-]{12,}/],
  ['a refresh token', /5Aep861[\w.]{6,}/],
  ['a Basic credential', /Basic [A-Za-z0-9+/=_-]{8,}/],
  ['a password', /Passw0rd|emulator-secret|not-it-1|-Kite-4/],
];

/** Everything of a value that inspection can show: all depths, hidden properties, getters, no custom views. */
function views(value: unknown): string[] {
  const deepest = { depth: Infinity, maxArrayLength: null, maxStringLength: null } as const;
  return [
    inspect(value, deepest),
    inspect(value, { ...deepest, showHidden: true, customInspect: false }),
    value instanceof Error ? `${value.message} ${value.stack ?? ''}` : '',
    JSON.stringify(value) || '',
  ];
}

/** Asserts that no view of a value shows a secret. */
export function assertNothingSecret(
  value: unknown,
  what: string,
  more: readonly string[] = [],
): void {
  for (const view of views(value)) {
    for (const [name, shape] of shapes) {
      assert.doesNotMatch(view, shape, `${what} shows ${name}`);
    }
    for (const secret of more) assert.ok(!view.includes(secret), `${what} shows a secret`);
  }
}

const errors: unknown[] = [];

/** Keeps an error that was thrown in the suite, to be inspected when the suite ends. */
export function noteError(error: unknown): void {
  errors.push(error);
}

/** The errors noted so far. */
export function notedErrors(): readonly unknown[] {
  return errors;
}
