import { createHash } from 'node:crypto';
import type { CodeGrant } from '../world/codes.js';
import type { Settings } from '../world/settings.js';
import { Refused } from './refusals.js';

/**
 * Checks the verifier against the challenge, always by S256 (wire contract, login, sections 2.1 and
 * 4.3). Which error a mismatch gives depends on who issued the code, unless a quirk forces one.
 */
export function checkVerifier(
  grant: Pick<CodeGrant, 'codeChallenge' | 'issuedBy'>,
  verifier: string | undefined,
  { quirks }: Settings,
): void {
  const { codeChallenge, issuedBy } = grant;
  if (codeChallenge === undefined) {
    if (verifier === undefined) return;
    throw new Refused('invalid_grant', 'unexpected code verifier');
  }
  if (verifier === undefined) {
    throw new Refused('invalid_grant', 'invalid code verifier', 'code_verifier missing');
  }
  const hashed = createHash('sha256').update(verifier).digest('base64url');
  if (verifier.length <= quirks.verifierMaxLength && hashed === codeChallenge) return;
  const usual = issuedBy === 'authorize' ? 'invalid_grant' : 'invalid_request';
  throw new Refused(quirks.pkceMismatchError ?? usual, 'invalid code verifier');
}
