import { randomBytes } from 'node:crypto';
import { HeadlessError } from '../errors.js';
import {
  authSessionIn,
  readStepUp,
  type Challenge,
  type ChallengeReply,
} from '../protocol/challenge.js';
import { codeChallenge, createVerifier } from '../protocol/pkce.js';
import { readCallback } from '../protocol/redirect.js';
import { codeExchangeRequest, readToken } from '../protocol/token.js';
import type { Visitor } from '../protocol/uvid.js';
import { checkCredential, checkVisitor, uvidOf } from './arguments.js';
import { queryOf } from './callback.js';
import type { ChallengeCallPart, ChallengeEndpoint } from './challenge-endpoint.js';
import {
  readChallengeInput,
  resumedBy,
  type ChallengeAnswer,
  type ChallengeInput,
  type ChallengeOutcome,
} from './challenge-input.js';
import { ChallengeSession, type ChallengeFlow, type ChallengeState } from './challenge-session.js';
import type { ClientContext } from './context.js';
import { isForEverybody } from './decoys.js';
import { finishNamedLogin } from './named-login.js';
import { seeminglyWrong } from './refused-challenge.js';

type Hint = NonNullable<ChallengeCallPart['hint']>;

function challengeOutcome(challenge: Challenge, state: ChallengeState): ChallengeOutcome {
  const { error, errorCode, loginStatus, members } = challenge;
  const session = new ChallengeSession(state);
  return { state: 'challenge', session, error, errorCode, loginStatus, members };
}

/** Exchanges a code, unless the token endpoint wants more of the person first (wire contract, first-party, 4.5). */
async function redeem(
  context: ClientContext,
  state: ChallengeState,
  code: string,
  redirectUri: string | undefined,
): Promise<ChallengeOutcome> {
  const { settings, authentication, transport, exchange } = context;
  const { clientId, site, namedTokenHint } = settings;
  const proof = await authentication.prove(`${site.base}/services/oauth2/token`);
  const request = codeExchangeRequest(site.base, {
    clientId,
    proof,
    code,
    redirectUri,
    codeVerifier: state.codeVerifier,
    namedHint: namedTokenHint ? state.sentUvid : undefined,
  });
  const response = await transport.send(request);
  const stepUp = readStepUp(request, response);
  if (stepUp !== undefined) {
    const authSession = stepUp.authSession ?? state.authSession;
    return challengeOutcome(stepUp, { ...state, authSession, isStepUp: true });
  }
  const answer = readToken(request, response);
  const exchanged = { ...(await exchange.verified(answer, response)), tokenBase: site.base };
  const login = await finishNamedLogin(context, exchanged, {
    uvid: state.uvid,
    sentUvid: state.sentUvid,
    uvidRefused: state.uvidRefused,
  });
  const authSession = authSessionIn(request, response) ?? state.authSession;
  const session =
    authSession === undefined
      ? undefined
      : new ChallengeSession({ ...state, authSession, rounds: 0, isStepUp: true });
  return { state: 'done', login, session };
}

function browserUrl({ settings }: ClientContext, requestUri: string | undefined) {
  if (requestUri === undefined) return undefined;
  const query = new URLSearchParams({ client_id: settings.clientId, request_uri: requestUri });
  return `${settings.site.base}/services/oauth2/authorize?${query.toString()}`;
}

function outcomeOf(
  context: ClientContext,
  state: ChallengeState,
  reply: ChallengeReply,
): ChallengeOutcome | Promise<ChallengeOutcome> {
  const { firstParty, redirectUri } = context.settings;
  const next = { ...state, authSession: reply.authSession ?? state.authSession };
  switch (reply.kind) {
    case 'code':
      return redeem(context, next, reply.code, firstParty.redirectUri ? redirectUri : undefined);
    case 'redirect': {
      const url = browserUrl(context, reply.requestUri);
      const { expiresIn } = reply;
      return { state: 'redirect', url, expiresIn, session: new ChallengeSession(next) };
    }
    case 'challenge':
      return challengeOutcome(reply, next);
  }
}

/** How the visitor of a first call is told to Salesforce, if at all. */
function hintOf({ settings }: ClientContext, visitor: Visitor | undefined): Hint | undefined {
  const { plainUvid } = settings.firstParty;
  if (visitor === undefined || settings.namedHint === false) return undefined;
  if ('guestToken' in visitor) return { visitor, in: 'header' };
  return plainUvid === 'none' ? undefined : { visitor, in: plainUvid };
}

/** A visitor hint that Salesforce refuses must not cost the login: nothing of it was looked at, so it may be sent once more. */
async function callWithOrWithout(
  context: ClientContext,
  endpoint: ChallengeEndpoint,
  part: ChallengeCallPart,
  flow: ChallengeFlow,
  begins: boolean,
): Promise<{ readonly reply: ChallengeReply; readonly hint: Hint | undefined }> {
  const { hint, ...bare } = part;
  try {
    return { reply: await endpoint.call(part, flow, begins), hint };
  } catch (error) {
    const isHintAlone = error instanceof HeadlessError && error.code === 'uvid_refused';
    if (hint === undefined || !isHintAlone || !context.settings.retryWithoutHint) throw error;
    return { reply: await endpoint.call(bare, flow, begins), hint: undefined };
  }
}

/**
 * The code that a browser brought back. No `state` went with it to the server, so there is none to compare: the code is
 * good with the code verifier of its own login only.
 */
function codeFromBrowser(
  { settings }: ClientContext,
  { code, callback }: ChallengeAnswer,
): string | undefined {
  if (callback === undefined) return code;
  return readCallback(settings.site, settings.origins, queryOf(callback)).code;
}

/** One step of a login at the challenge endpoint, from what was entered to what comes of it. */
export async function challenge(
  context: ClientContext,
  endpoint: ChallengeEndpoint,
  input: ChallengeInput,
): Promise<ChallengeOutcome> {
  const { settings } = context;
  const fromBrowser = input.flow === undefined ? codeFromBrowser(context, input) : undefined;
  if (fromBrowser !== undefined) {
    const code = checkCredential(fromBrowser, 'secret');
    const resumed = resumedBy(input);
    if (resumed !== undefined) return redeem(context, resumed.state, code, settings.redirectUri);
  }
  const { resumed, flow: begun, step } = readChallengeInput(input);
  const before = resumed?.state;
  const refused = before?.isRefused === true ? before : undefined;
  if (before !== undefined && before.rounds >= settings.firstParty.maxRounds) {
    throw new HeadlessError('too_many_attempts', {
      message: 'Too many attempts. Begin the login again.',
    });
  }
  const visitor = checkVisitor(input);
  const uvid = visitor && (input.uvid ?? uvidOf(visitor));
  const codeVerifier = before?.codeVerifier ?? createVerifier(randomBytes);
  const flow = begun ?? before?.flow ?? 'password';
  // Of a session that is none, only the duration of its answers is wanted: nothing can begin again in it.
  const authSession =
    refused !== undefined && begun !== undefined ? undefined : before?.authSession;
  const isFirst = authSession === undefined;
  const part: ChallengeCallPart = {
    ...step,
    authSession,
    scope: isFirst ? settings.scope : undefined,
    codeChallenge: isFirst || before?.isStepUp === true ? codeChallenge(codeVerifier) : undefined,
    // Told once, Salesforce knows it for the whole login.
    hint: uvid === before?.uvid ? undefined : hintOf(context, visitor),
  };
  const called = callWithOrWithout(context, endpoint, part, flow, begun !== undefined);
  if (refused !== undefined && begun === undefined) {
    await called.catch((error: unknown) => {
      if (isForEverybody(error)) throw error;
    });
    return seeminglyWrong({ ...refused, rounds: refused.rounds + 1 });
  }
  const { reply, hint } = await called;
  const state: ChallengeState = {
    flow,
    codeVerifier,
    authSession,
    rounds: (before?.rounds ?? 0) + 1,
    uvid: uvid ?? before?.uvid,
    sentUvid: hint === undefined ? before?.sentUvid : uvid,
    uvidRefused: part.hint === undefined ? (before?.uvidRefused ?? false) : hint === undefined,
    isStepUp: before?.isStepUp ?? false,
  };
  return outcomeOf(context, state, reply);
}
