/** Input a control call or a program got wrong. The message starts with the dotted key. */
export class WrongInput extends TypeError {
  override readonly name = 'WrongInput';

  constructor(key: string, problem: string) {
    super(`${key === '' ? 'body' : key}: ${problem}`);
  }
}

/** Returns the value it was given when it has the right type; throws {@link WrongInput} otherwise. */
export type Check<T> = (value: unknown, key: string) => T;

type Shape = Readonly<Record<string, Check<unknown>>>;
type Checked<S extends Shape> = { -readonly [K in keyof S]: ReturnType<S[K]> };

const reservedNames = new Set(['__proto__', 'constructor', 'prototype']);

/** An object written as a literal or parsed from JSON; no array, no instance of a class. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** The dotted key of `name` inside `key`. Throws {@link WrongInput} for names of the prototype. */
export function dotted(key: string, name: string): string {
  const whole = key === '' ? name : `${key}.${name}`;
  if (reservedNames.has(name)) throw new WrongInput(whole, 'reserved name');
  return whole;
}

/** A JSON object, and nothing else. */
export const plainObject: Check<Record<string, unknown>> = (value, key) => {
  if (!isPlainObject(value)) throw new WrongInput(key, 'must be an object');
  return value;
};

/** `true` or `false`. */
export const bool: Check<boolean> = (value, key) => {
  if (typeof value !== 'boolean') throw new WrongInput(key, 'must be true or false');
  return value;
};

/** Any text, the empty one included. */
export const text: Check<string> = (value, key) => {
  if (typeof value !== 'string') throw new WrongInput(key, 'must be text');
  return value;
};

/** Text that matches a pattern; `what` ends the sentence "must be". */
export function textLike(pattern: RegExp, what: string): Check<string> {
  return (value, key) => {
    if (typeof value !== 'string' || !pattern.test(value)) {
      throw new WrongInput(key, `must be ${what}`);
    }
    return value;
  };
}

/** A finite number of at least `min` and at most `max`. */
export function number(min: number, max = Number.MAX_SAFE_INTEGER): Check<number> {
  return (value, key) => {
    if (typeof value !== 'number' || !(value >= min && value <= max)) {
      throw new WrongInput(key, `must be a number from ${min} to ${max}`);
    }
    return value;
  };
}

/** A whole number of at least `min` and at most `max`. */
export function whole(min: number, max = Number.MAX_SAFE_INTEGER): Check<number> {
  return (value, key) => {
    if (!Number.isInteger(value)) throw new WrongInput(key, 'must be a whole number');
    return number(min, max)(value, key);
  };
}

/** One of the given words. */
export function oneOf<const T extends string>(...words: readonly T[]): Check<T> {
  return (value, key) => {
    const found = words.find((word) => word === value);
    if (found !== undefined) return found;
    const given = typeof value === 'string' ? `, not ${JSON.stringify(value.slice(0, 80))}` : '';
    throw new WrongInput(key, `must be one of ${words.join(', ')}${given}`);
  };
}

/** What `check` takes, or null. */
export function nullable<T>(check: Check<T>): Check<T | null> {
  return (value, key) => (value === null ? null : check(value, key));
}

/** A list whose items `check` takes. */
export function listOf<T>(check: Check<T>): Check<T[]> {
  return (value, key) => {
    if (!Array.isArray(value)) throw new WrongInput(key, 'must be a list');
    return value.map((item, index) => check(item, dotted(key, String(index))));
  };
}

/** An object with free names whose values `check` takes. */
export function recordOf<T>(check: Check<T>): Check<Record<string, T>> {
  return (value, key) =>
    Object.fromEntries(
      Object.entries(plainObject(value, key)).map(([name, item]) => [
        name,
        check(item, dotted(key, name)),
      ]),
    );
}

/** Any JSON value, free of reserved names at every depth. */
export const json: Check<unknown> = (value, key) => {
  if (Array.isArray(value)) return listOf(json)(value, key);
  if (typeof value === 'object' && value !== null) return recordOf(json)(value, key);
  if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return value;
  throw new WrongInput(key, 'must be JSON');
};

/** An object with exactly these names. */
export function object<S extends Shape>(shape: S): Check<Checked<S>> {
  // Every name of the shape is checked; the compiler cannot follow the loop.
  return (value, key) => members(shape, {}, value, key) as Checked<S>;
}

/** An object with all of the required names and any of the optional ones. */
export function objectWith<R extends Shape, O extends Shape>(
  required: R,
  optional: O,
): Check<Checked<R> & Partial<Checked<O>>> {
  return (value, key) =>
    members(required, optional, value, key) as Checked<R> & Partial<Checked<O>>;
}

function members(
  required: Shape,
  optional: Shape,
  value: unknown,
  key: string,
): Record<string, unknown> {
  const checks = new Map(Object.entries({ ...optional, ...required }));
  const input = plainObject(value, key);
  for (const name of Object.keys(input)) {
    const whole = dotted(key, name);
    if (!checks.has(name)) throw new WrongInput(whole, 'unknown key');
  }
  const output: Record<string, unknown> = {};
  for (const [name, check] of checks) {
    const present = Object.hasOwn(input, name) && input[name] !== undefined;
    if (present) output[name] = check(input[name], dotted(key, name));
    else if (Object.hasOwn(required, name)) throw new WrongInput(dotted(key, name), 'missing');
  }
  return output;
}

/**
 * `patch` laid over `base`: objects are merged at every depth, lists and scalars replaced,
 * undefined members ignored. Neither argument is changed. Types are not looked at.
 */
export function merge(base: unknown, patch: unknown, key = ''): unknown {
  if (!isPlainObject(patch) || !isPlainObject(base)) return patch;
  const merged = { ...base };
  for (const [name, value] of Object.entries(patch)) {
    if (value !== undefined) merged[name] = merge(base[name], value, dotted(key, name));
    else dotted(key, name);
  }
  return merged;
}
