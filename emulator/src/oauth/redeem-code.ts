import type { Answer } from '../http/answer.js';
import { given, parameters, type SiteRequest } from '../http/site-request.js';
import type { Client } from '../world/clients.js';
import type { CodeGrant } from '../world/codes.js';
import type { World } from '../world/world.js';
import { issueAccessToken } from './access-token.js';
import { authenticateClient } from './authenticate-client.js';
import { hybridMembers } from './hybrid.js';
import { admit } from './login-user.js';
import { checkVerifier } from './pkce.js';
import { authenticationFailure, Refused, uvidInvalid } from './refusals.js';
import { mayRefresh } from './scopes.js';
import { guestAnswer, namedAnswer } from './token-answer.js';
import { readUvidHint } from './uvid.js';

function grantOf(code: string, clientId: string, world: World): CodeGrant {
  const grant = world.codes.find(code);
  if (grant === 'spent') throw new Refused('invalid_grant', 'expired authorization code');
  if (grant?.clientId !== clientId) {
    throw new Refused('invalid_grant', 'invalid authorization code');
  }
  return grant;
}

/**
 * The redirect URI must be the one the code was sent to. A code of the challenge endpoint was sent
 * to none: then it may be left out, or be any registered one (wire contract, first-party, section
 * 3.10).
 */
function checkRedirectUri(sent: string | undefined, grant: CodeGrant, client: Client): void {
  const right =
    grant.redirectUri === undefined
      ? sent === undefined || client.redirectUris.includes(sent)
      : sent === grant.redirectUri;
  if (right) return;
  throw new Refused('redirect_uri_mismatch', 'redirect_uri must match configuration');
}

/** True for a code of the challenge endpoint, which is for private clients only (wire contract, first-party, section 3.1). */
function isFromChallenge(code: string, world: World): boolean {
  const grant = world.codes.find(code);
  return grant !== undefined && grant !== 'spent' && grant.issuedBy === 'challenge';
}

/** What the guest's token call must carry besides the code (wire contract, login, section 10.2). */
function checkGuestHeaders(request: SiteRequest, grant: CodeGrant, world: World): void {
  const hint = request.headers['uvid-hint'];
  if (request.headers['auth-request-type'] !== 'guest' || hint === undefined) {
    const reason = 'Auth-Request-Type: guest or Uvid-Hint missing';
    throw new Refused('unknown_error', 'retry your request', reason);
  }
  const uvid = readUvidHint(hint, 'forbidden', world);
  if (uvid.toLowerCase() !== grant.uvid?.toLowerCase()) {
    throw uvidInvalid('not the visitor the code was issued to');
  }
  const { requireHttp2ForGuestToken } = world.settings.quirks;
  if (requireHttp2ForGuestToken && !request.httpVersion.startsWith('2')) {
    throw uvidInvalid('quirks.requireHttp2ForGuestToken is on');
  }
}

/**
 * The grants `authorization_code` and, with more members in the answer, `hybrid_auth_code` (wire
 * contract, login, section 4).
 * A code is spent by success only.
 */
export async function redeemCode(request: SiteRequest, world: World): Promise<Answer> {
  const all = parameters(request);
  const code = all.get('code') ?? '';
  const client = await authenticateClient(
    request,
    world,
    (app) => !app.isConsumerSecretOptional || isFromChallenge(code, world),
  );
  const grant = grantOf(code, client.id, world);
  checkRedirectUri(given(all, 'redirect_uri'), grant, client);
  const { userId, scopes, uvid, nonce } = grant;
  if (userId === undefined) checkGuestHeaders(request, grant, world);
  checkVerifier(grant, given(all, 'code_verifier'), world.settings);

  if (userId === undefined) {
    world.codes.use(code);
    const order = { client, scopes, userId, uvid, approval: undefined };
    return guestAnswer(await issueAccessToken(order, world), world);
  }
  const user = world.users.withId(userId);
  if (user === undefined) throw authenticationFailure('user is gone');
  admit(user, client, world);
  const extras = hybridMembers(request, client, scopes, world);
  world.codes.use(code);
  const approval = mayRefresh(scopes, client)
    ? world.tokens.approve({ userId, scopes, uvid }, client, world.settings.approvalsPerUser)
    : undefined;
  const token = await issueAccessToken({ client, scopes, userId, uvid, approval }, world);
  return namedAnswer({ ...token, userId }, client, approval?.refreshToken, nonce, world, extras);
}
