import { createHash, randomBytes } from 'node:crypto';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { request } from 'undici';
import type { Org } from './org.js';
import type { TokenName } from './variants.js';

/** A token answer, as far as it is looked at. */
interface TokenAnswer {
  readonly access_token: string;
  readonly id_token: string;
  /** Identity URL; ends in the id of the user. */
  readonly id: string;
}

/** Logs one customer in and gives the id of the user. */
export type Login = (username: string, password: string) => Promise<string>;

function userIdOf(identityUrl: string): string {
  return identityUrl.slice(identityUrl.lastIndexOf('/') + 1);
}

/**
 * The two calls as a careful user writes them with undici and jose: a fresh code verifier, the redirect read and not
 * followed, the tokens verified that are to be. Nothing else of what this package does.
 */
export function handWrittenLogin(org: Org, verifies: readonly TokenName[]): Login {
  const { site, clientId, redirectUri, scope } = org;
  const keys = createRemoteJWKSet(new URL('/id/keys', site));
  const audiences = { id_token: clientId, access_token: site };

  async function authorize(username: string, password: string, verifier: string): Promise<string> {
    const { statusCode, headers, body } = await request(`${site}/services/oauth2/authorize`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'auth-request-type': 'Named-User',
        authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
      },
      body: new URLSearchParams({
        response_type: 'code_credentials',
        client_id: clientId,
        redirect_uri: redirectUri,
        scope,
        code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      }).toString(),
    });
    await body.dump();
    const { location } = headers;
    if (statusCode !== 302 || typeof location !== 'string') {
      throw new Error(`authorize answered ${statusCode}`);
    }
    const code = new URL(location).searchParams.get('code');
    if (code === null) throw new Error('authorize gave no code');
    return code;
  }

  async function redeem(code: string, verifier: string): Promise<TokenAnswer> {
    const { statusCode, body } = await request(`${site}/services/oauth2/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code,
        client_id: clientId,
        redirect_uri: redirectUri,
        code_verifier: verifier,
      }).toString(),
    });
    if (statusCode !== 200) throw new Error(`token answered ${statusCode}`);
    return (await body.json()) as TokenAnswer;
  }

  return async (username, password) => {
    const verifier = randomBytes(32).toString('base64url');
    const answer = await redeem(await authorize(username, password, verifier), verifier);
    await Promise.all(
      verifies.map((name) =>
        jwtVerify(answer[name], keys, {
          algorithms: ['RS256'],
          issuer: site,
          audience: audiences[name],
        }),
      ),
    );
    return userIdOf(answer.id);
  };
}
