/** What an option is, as `typeof` says it; `other` ones are judged where they are read. */
type Kind = 'function' | 'boolean' | 'string' | 'other';

/** Kinds of options by name. */
export type Kinds = Readonly<Record<string, Kind>>;

/** A kind for every option, so that none is forgotten. */
export type OptionKinds<Options> = Readonly<Record<keyof Options, Kind>>;

/** The same for what a class adds to the options of another. */
export type OwnOptionKinds<Options, Others> = OptionKinds<Omit<Options, keyof Others>>;

const words = { function: 'a function', boolean: 'true or false', string: 'a text' } as const;

/**
 * Holds options to what is known of them.
 *
 * @param owner the class or function whose options they are.
 * @throws {TypeError} naming the owner and the option that is wrong.
 */
export function checkKinds(owner: string, options: object, kinds: Kinds): void {
  for (const [name, kind] of Object.entries(kinds)) {
    const value: unknown = Reflect.get(options, name);
    if (kind !== 'other' && value !== undefined && typeof value !== kind) {
      throw new TypeError(`${owner}: option \`${name}\` must be ${words[kind]}`);
    }
  }
}

/** @throws {TypeError} naming the owner and the option that is not known: a misspelt one would have no effect. */
export function refuseUnknown(owner: string, options: object, kinds: Kinds): void {
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(kinds, name));
  if (unknown !== undefined) throw new TypeError(`${owner}: option \`${unknown}\` is not known`);
}
