import { createHash } from 'node:crypto';

/** A source of random bytes, handed in because nothing in protocol/ reads one by itself. */
export type RandomSource = (size: number) => Uint8Array;

/** A fresh code verifier of 86 characters, inside RFC 7636's 43 to 128. */
export function createVerifier(random: RandomSource): string {
  return Buffer.from(random(64)).toString('base64url');
}

/** The code challenge of a verifier. Salesforce always takes it as S256 (wire contract, login, 2.1). */
export function codeChallenge(verifier: string): string {
  return createHash('sha256').update(verifier, 'ascii').digest('base64url');
}
