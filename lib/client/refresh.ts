import { HeadlessError } from '../errors.js';
import { readIdentityUrl, sameRecord } from '../protocol/claims.js';
import { readRefresh, refreshRequest } from '../protocol/refresh.js';
import type { TokenAnswer } from '../protocol/token.js';
import type { WireResponse } from '../protocol/wire.js';
import { checkToken } from './arguments.js';
import type { ClientContext } from './context.js';
import type { Exchanged } from './exchange.js';
import type { VerifiedClaims } from './identity.js';
import { RefreshUnverified } from './refresh-unverified.js';
import { refuseStepUp } from './step-up.js';
import type { TokenSet } from './token-set.js';

/** What `HeadlessClient.refresh` takes. */
export interface RefreshInput {
  /** Sent once. With rotation on it is spent by that, whatever becomes of the answer. */
  readonly refreshToken: string;
  /** Id of the user whose login it is, `005…`: tokens of another user are refused. */
  readonly userId?: string | undefined;
}

/** Whom an answer is about, as far as it says. Tokens that can be verified have been; the identity URL cannot. */
function usersNamed(answer: TokenAnswer, { access, id }: VerifiedClaims): string[] {
  if (access?.subject.kind === 'guest') return [access.subject.uvid];
  const stated = readIdentityUrl(answer.identityUrl ?? '')?.userId;
  return [access?.subject.userId, id?.userId, stated].filter((userId) => userId !== undefined);
}

/** The refresh token is spent by now, so no failure may look like one that came before the call. */
async function verify(
  { exchange }: ClientContext,
  answer: TokenAnswer,
  response: WireResponse,
): Promise<Pick<Exchanged, 'claims' | 'tokens'>> {
  try {
    return await exchange.verified(answer, response);
  } catch (cause) {
    if (cause instanceof HeadlessError && cause.code === 'invalid_token') throw cause;
    throw new RefreshUnverified(answer.refreshToken, cause);
  }
}

/** Renews the tokens of a login. */
export async function refresh(context: ClientContext, input: RefreshInput): Promise<TokenSet> {
  const { settings, authentication, transport } = context;
  const base = settings.site.base;
  const refreshToken = checkToken(input.refreshToken, 'refreshToken');
  const proof = await authentication.prove(`${base}/services/oauth2/token`);
  const { clientId, hybrid } = settings;
  const grantType = hybrid ? ('hybrid_refresh' as const) : undefined;
  const request = refreshRequest(base, { clientId, proof, refreshToken, grantType });
  const response = await transport.send(request);
  refuseStepUp(request, response);
  const answer = readRefresh(request, response);
  const { claims, tokens } = await verify(context, answer, response);
  const { userId } = input;
  const isGuest = claims.access?.subject.kind === 'guest';
  const named = usersNamed(answer, claims);
  const isSame = named.every((each) => sameRecord(each, userId ?? named[0] ?? ''));
  if (isGuest || !isSame) {
    throw new HeadlessError('invalid_token', {
      message: 'A refresh was answered by the tokens of somebody else.',
    });
  }
  return tokens;
}
