import type { RandomSource } from './pkce.js';

const versionFour = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;

/** Whether a text is a version 4 UUID, Salesforce's one rule for a visitor id. */
export function isUvid(text: string): boolean {
  return versionFour.test(text);
}

/** A new unique visitor id. Salesforce makes none: they are the app's own (wire contract, login, 10.1). */
export function createUvid(random: RandomSource): string {
  const hex = Buffer.from(random(16)).toString('hex');
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

/** Whether two spellings name one visitor; UUIDs know no case. */
export function sameUvid(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/** A visitor, named by the plain id or by a guest access token that has the id in its subject. */
export type Visitor = { readonly uvid: string } | { readonly guestToken: string };

/** Where and how the visitor hint of one call is written. The documents disagree, so both are options. */
export interface HintSpelling {
  /** `header` is `Uvid-Hint`, `body` the form parameter `uvid_hint`. */
  readonly in: 'header' | 'body';
  /** Whether the word `UVID` or `JWT` and a blank stand before the value. */
  readonly prefix: boolean;
}

/**
 * The value of a visitor hint: prefixed at authorize for guests, bare at the token endpoint
 * (wire contract, login, 10.2; hazard 11: every mistake gives the same `uvid invalid`).
 */
export function hintValue(visitor: Visitor, prefix: boolean): string {
  if ('uvid' in visitor) return prefix ? `UVID ${visitor.uvid}` : visitor.uvid;
  return prefix ? `JWT ${visitor.guestToken}` : visitor.guestToken;
}
