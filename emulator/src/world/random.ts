import { randomInt } from 'node:crypto';

const base62 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

function pick(alphabet: string, length: number): string {
  let picked = '';
  while (picked.length < length) picked += alphabet.charAt(randomInt(alphabet.length));
  return picked;
}

/** Random letters and digits, as Salesforce makes ids and tokens of them. */
export function randomBase62(length: number): string {
  return pick(base62, length);
}

/** Random letters, digits, dots and underscores, as authorization codes and opaque tokens hold. */
export function randomCodeText(length: number): string {
  return pick(`${base62}._`, length);
}

/** Random decimal digits. */
export function randomDigits(length: number): string {
  return pick('0123456789', length);
}
