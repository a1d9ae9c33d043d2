import { createHash, randomBytes } from 'node:crypto';
import { json, type Answer } from '../http/answer.js';

/** `GET /services/oauth2/pkce/generator`: a verifier and its challenge (wire contract, first-party, section 8.6). */
export function pkceGenerator(): Answer {
  const verifier = randomBytes(96).toString('base64url');
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  return json({ code_verifier: verifier, code_challenge: challenge });
}
