import { HeadlessError } from '../errors.js';
import { isUsable, isWellFormed } from './arguments.js';
import { invalidFields } from './invalid-fields.js';

/** What a new user is made of: names such as `firstName`, `lastName`, `email` and `username`, and plain values. */
export type Userdata = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** What goes out: nothing but what was named, checked and copied. */
type Checked = Record<string, unknown>;

/** Bytes in UTF-8. No text field of a User takes as many. */
const longestText = 1_000;
const longestName = 80;
const mostNames = 50;
/** Characters of custom data as JSON. */
const longestCustomdata = 16_000;
const deepest = 8;

/** Names that reach the prototype of whatever object the data is copied into. */
const prototypeNames = ['__proto__', 'constructor', 'prototype'];

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function isGoodName(name: string): boolean {
  return name.length <= longestName && /^[\w.-]+$/.test(name) && !prototypeNames.includes(name);
}

function isGoodValue(value: unknown): boolean {
  if (typeof value === 'string') return isUsable(value, longestText);
  return typeof value === 'boolean' || Number.isFinite(value);
}

/**
 * A copy of the data of a new user, without what is null or undefined.
 *
 * @throws {HeadlessError} `invalid_fields`, naming the fields; `invalid_argument` when it is no plain object, or has a
 *   password inside, which Salesforce would lose without a word.
 */
export function checkUserdata(userdata: unknown): Checked {
  if (!isPlainObject(userdata)) {
    throw new HeadlessError('invalid_argument', { message: '`userdata` must be a plain object.' });
  }
  if (Object.hasOwn(userdata, 'password')) {
    throw new HeadlessError('invalid_argument', {
      message: '`password` belongs beside `userdata`, not inside: there it would be lost.',
    });
  }
  const given = Object.entries(userdata).filter(
    ([, value]) => value !== undefined && value !== null,
  );
  const names = given.map(([name]) => name);
  if (names.length > mostNames || !names.every(isGoodName)) {
    throw invalidFields({ userdata: 'malformed' });
  }
  const wrong = given.filter(([, value]) => !isGoodValue(value));
  if (wrong.length > 0) {
    throw invalidFields(Object.fromEntries(wrong.map(([name]) => [name, 'malformed'])));
  }
  return Object.fromEntries(given);
}

/** A copy of a JSON value; undefined for everything that JSON cannot say unchanged, or that lies too deep. */
function copied(value: unknown, depth: number): unknown {
  if (value === null || typeof value === 'boolean' || Number.isFinite(value)) return value;
  if (typeof value === 'string') return isWellFormed(value) ? value : undefined;
  if (depth === 0) return undefined;
  if (Array.isArray(value)) {
    const copies = value.map((each: unknown) => copied(each, depth - 1));
    return copies.includes(undefined) ? undefined : copies;
  }
  if (!isPlainObject(value)) return undefined;
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  const copies = entries.map(([name, each]) => [name, copied(each, depth - 1)] as const);
  const isBad = copies.some(([name, each]) => each === undefined || prototypeNames.includes(name));
  return isBad ? undefined : Object.fromEntries(copies);
}

/**
 * A copy of the data for a registration handler.
 *
 * @throws {HeadlessError} `invalid_fields`, naming `customdata`, for what is no plain object of JSON values, reaches for
 *   a prototype, is deeper than 8 levels or longer than 16,000 characters as JSON.
 */
export function checkCustomdata(customdata: unknown): Checked | undefined {
  if (customdata === undefined || customdata === null) return undefined;
  const copy = isPlainObject(customdata) ? copied(customdata, deepest) : undefined;
  if (!isPlainObject(copy) || JSON.stringify(copy).length > longestCustomdata) {
    throw invalidFields({ customdata: 'malformed' });
  }
  return copy;
}
