import { isPlainObject } from './check.js';
import type { UserData } from './hooks.js';

/** What was sent to register a user who does not exist until the code is entered. */
export interface Registration {
  readonly userData: UserData;
  /** `customdata` as JSON text. */
  readonly customUserDataMap: string | null;
  readonly experienceId: string | null;
  /** Fits the password policy; null for a user without password. */
  readonly password: string | null;
  /** The e-mail address or phone the code went to. */
  readonly to: string;
}

function customPhone(customUserDataMap: string | null): unknown {
  try {
    const custom: unknown = JSON.parse(customUserDataMap ?? 'null');
    return isPlainObject(custom) ? custom['mobilePhone'] : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The phone of a registration: `mobilePhone` or `phone` of `userdata`, else `mobilePhone` of
 * `customdata` (wire contract, registration, section 2.2).
 */
export function phoneOf(
  { attributeMap }: UserData,
  customUserDataMap: string | null,
): string | undefined {
  const { mobilePhone, phone } = attributeMap;
  return [mobilePhone, phone, customPhone(customUserDataMap)].find(
    (value): value is string => typeof value === 'string' && value !== '',
  );
}
