import { randomBytes } from 'node:crypto';
import {
  authorizeRequest,
  type AuthorizeFlow,
  type VerificationMethod,
} from '../protocol/authorize.js';
import { codeChallenge, createVerifier } from '../protocol/pkce.js';
import { createUvid } from '../protocol/uvid.js';
import { checkMethod, checkVisitor } from './arguments.js';
import { codeOf, unguessable, type CallbackInput } from './callback.js';
import type { ClientContext } from './context.js';
import type { Hint } from './exchange.js';
import { guestIdentity } from './identity.js';
import type { GuestLogin } from './inputs.js';
import { spellingFor } from './named-login.js';

/** The headless flows that a page can run by itself, so that no credential passes the app's server. */
export type BrowserFlowName = 'password' | 'otp' | 'registration' | 'guest';

/** The same flows by their names on the wire. */
export const wireFlows = {
  password: 'named-user',
  otp: 'passwordless',
  registration: 'registration',
  guest: 'guest',
} as const satisfies Record<BrowserFlowName, AuthorizeFlow>;

/** What a page sends to Salesforce: a form, to which it adds the credentials. */
export interface BrowserRequest {
  /** The authorize endpoint, for a POST. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Of the form. Nothing in it is secret. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** What `HeadlessClient.browserRequest` takes. */
export interface BrowserRequestInput {
  readonly flow: BrowserFlowName;
  /** The visitor. A guest without one gets a new id. */
  readonly uvid?: string | undefined;
  /** How the one-time code was sent, in the flows that have one. Default `email`. */
  readonly method?: VerificationMethod | undefined;
  /** A registered callback URL, or the site's echo endpoint. Default: the client's. */
  readonly redirectUri?: string | undefined;
}

/** What `HeadlessClient.browserRequest` gives: the page's part, and what to keep on the server until the code comes. */
export interface BrowserStart {
  readonly request: BrowserRequest;
  readonly state: string;
  /** Secret: not for the page. */
  readonly codeVerifier: string;
  /** The visitor id in the request. */
  readonly uvid: string | undefined;
}

/** What `HeadlessClient.redeemGuest` takes. */
export interface RedeemGuestInput extends CallbackInput {
  /** The visitor id of the start. */
  readonly uvid: string;
}

function hintFor(
  { guestHint, namedHint }: ClientContext['settings'],
  flow: BrowserFlowName,
  uvid: string | undefined,
): Hint | undefined {
  if (uvid === undefined) return undefined;
  if (flow === 'guest') return { visitor: { uvid }, spelling: guestHint };
  return namedHint === false
    ? undefined
    : { visitor: { uvid }, spelling: spellingFor({ uvid }, namedHint) };
}

/** The authorize call of a headless flow, for a page to send; it lacks the credentials. */
export function browserRequest(
  { settings }: ClientContext,
  input: BrowserRequestInput,
): BrowserStart {
  const { flow } = input;
  checkVisitor(input);
  const verificationMethod = checkMethod(input.method);
  const uvid = input.uvid ?? (flow === 'guest' ? createUvid(randomBytes) : undefined);
  const hint = hintFor(settings, flow, uvid);
  const codeVerifier = createVerifier(randomBytes);
  const state = unguessable();
  const { url, headers, body } = authorizeRequest(settings.site, {
    flow: wireFlows[flow],
    clientId: settings.clientId,
    redirectUri: input.redirectUri ?? settings.redirectUri,
    credentialsIn: 'body',
    scope: flow === 'guest' ? settings.guestScope : settings.scope,
    codeChallenge: codeChallenge(codeVerifier),
    verificationMethod,
    hint,
  });
  const parameters = { ...Object.fromEntries(new URLSearchParams(body)), state };
  const request = { url, headers: { ...headers }, parameters };
  return { request, state, codeVerifier, uvid: hint && uvid };
}

/** Exchanges the code of a guest that a page got by itself. */
export async function redeemGuest(
  context: ClientContext,
  input: RedeemGuestInput,
): Promise<GuestLogin> {
  const { codeVerifier, uvid } = input;
  checkVisitor(input);
  const { exchange, settings } = context;
  const { claims, tokens } = await exchange.redeem({
    ...codeOf(context, input),
    codeVerifier,
    redirectUri: input.redirectUri ?? settings.redirectUri,
    guestHint: uvid,
  });
  const identity = guestIdentity(claims, uvid);
  return { identity, tokens, uvid: identity.uvid };
}
