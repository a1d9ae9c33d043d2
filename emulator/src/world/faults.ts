import {
  bool,
  dotted,
  isPlainObject,
  json,
  listOf,
  number,
  objectWith,
  oneOf,
  recordOf,
  text,
  textLike,
  whole,
  WrongInput,
  type Check,
} from './check.js';

const kinds = [
  'hang',
  'reset',
  'slow',
  'html',
  'empty',
  'truncate',
  'big',
  'redirect',
  'status',
] as const;

/** How an answer can be spoiled. */
export type FaultKind = (typeof kinds)[number];

/** One rule of `PUT faults`; the first one with strikes left that matches a request is applied. */
export interface FaultRule {
  /** Method, blank, path without site prefix; compared whole: `POST /services/oauth2/token`. */
  readonly match: string;
  /** Strikes; left out: until cleared. */
  readonly times?: number;
  /** Milliseconds to wait before anything else. */
  readonly delay?: number;
  /** Left out, or `delay`: the rule only delays. */
  readonly fault?: FaultKind | 'delay';
  /** The endpoint acts fully and only its answer suffers; otherwise it does nothing. */
  readonly after?: boolean;
  /** Replaces the status of the kind. */
  readonly status?: number;
  /** Laid over the headers of the kind. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Replaces the body of the kind; an object or a list is sent as JSON. */
  readonly body?: string | Readonly<Record<string, unknown>> | readonly unknown[];
}

const body: Check<string | Record<string, unknown> | unknown[]> = (value, key) => {
  if (Array.isArray(value)) return listOf(json)(value, key);
  return isPlainObject(value) ? recordOf(json)(value, key) : text(value, key);
};

const headers: Check<Record<string, string>> = (value, key) => {
  const record = recordOf(textLike(/^[\t\x20-\x7e]*$/, 'one line of ASCII text'))(value, key);
  for (const name of Object.keys(record)) {
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) throw new WrongInput(dotted(key, name), 'no header');
  }
  return record;
};

/** Milliseconds; of longer ones Node makes one. */
const longestTimer = 2_147_483_647;

const checkRule = objectWith(
  { match: textLike(/^[A-Z]+ \/[^?#\s]*$/, 'METHOD /path, without site prefix and query') },
  {
    times: whole(1),
    delay: number(0, longestTimer),
    fault: oneOf(...kinds, 'delay'),
    after: bool,
    status: whole(200, 599),
    headers,
    body,
  },
);

function checked(value: unknown, key: string): FaultRule {
  const rule = checkRule(value, key);
  for (const name of ['status', 'headers', 'body'] as const) {
    const onlyDelays = rule.fault === undefined || rule.fault === 'delay';
    if (onlyDelays && rule[name] !== undefined) {
      throw new WrongInput(dotted(key, name), 'needs a fault; a rule without one only delays');
    }
  }
  return rule;
}

/** The faults in force. */
export class Faults {
  private rules: { readonly rule: FaultRule; strikes: number }[] = [];

  /** Replaces the list. Throws {@link WrongInput} naming the rule by its place, and then keeps the old one. */
  replace(list: unknown): FaultRule[] {
    const rules = listOf(checked)(list, 'faults');
    this.rules = rules.map((rule) => ({ rule, strikes: rule.times ?? Infinity }));
    return rules;
  }

  /** The rules as they were given, spent ones included. */
  list(): FaultRule[] {
    return this.rules.map(({ rule }) => rule);
  }

  /** The rule to apply to this request, if any; takes one strike off it. */
  strike(endpoint: string): FaultRule | undefined {
    const found = this.rules.find(({ rule, strikes }) => rule.match === endpoint && strikes > 0);
    if (found === undefined) return undefined;
    found.strikes -= 1;
    return found.rule;
  }

  clear(): void {
    this.rules = [];
  }
}
