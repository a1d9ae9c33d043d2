import { randomBytes } from 'node:crypto';
import { invalidGrantOf } from '../protocol/authorize.js';
import { codeChallenge, createVerifier } from '../protocol/pkce.js';
import { redirectUrl } from '../protocol/redirect.js';
import { checkVisitor } from './arguments.js';
import { wireFlows, type BrowserFlowName } from './browser-request.js';
import { codeOf, unguessable, type CallbackInput } from './callback.js';
import type { ClientContext } from './context.js';
import type { NamedLogin } from './inputs.js';
import { finishNamedLogin } from './named-login.js';

/** What `HeadlessClient.ssoUrl` takes. */
export interface SsoInput {
  /** Developer name of an auth provider or SAML configuration of the site. Left out, people get the site's login page. */
  readonly provider?: string | undefined;
  /** Default: a new one. */
  readonly state?: string | undefined;
  /** Default: a new one. */
  readonly nonce?: string | undefined;
  /** Blank-separated scopes. Default: the client's. */
  readonly scope?: string | undefined;
  /** OpenID Connect's `prompt`, such as `login`. */
  readonly prompt?: string | undefined;
  /** Who is expected to log in. It stands in the URL. */
  readonly loginHint?: string | undefined;
  /** A registered callback URL that a browser can visit. Default: the client's. */
  readonly redirectUri?: string | undefined;
  /** Further parameters of the URL, such as `ui_locales`. */
  readonly parameters?: Readonly<Record<string, string>> | undefined;
}

/** What `HeadlessClient.ssoUrl` gives: where to send the browser, and what to keep on the server until it is back. */
export interface SsoStart {
  /** Contains no secret. */
  readonly url: string;
  readonly state: string;
  readonly nonce: string;
  /** Secret. It belongs neither into a URL nor into a cookie that can be read. */
  readonly codeVerifier: string;
}

/** What `HeadlessClient.redeem` takes. */
export interface RedeemInput extends CallbackInput {
  /** Of the start; what the id token says must be equal. Left out for a flow that sent none. */
  readonly nonce?: string | undefined;
  /** The visitor who logs in. */
  readonly uvid?: string | undefined;
  /** The flow that a page ran by itself. Left out for a login by redirect. */
  readonly flow?: Exclude<BrowserFlowName, 'guest'> | undefined;
}

/** The URL of a login by redirect. */
export function ssoUrl({ settings }: ClientContext, input: SsoInput): SsoStart {
  const { state = unguessable(), nonce = unguessable(), ...rest } = input;
  const codeVerifier = createVerifier(randomBytes);
  const url = redirectUrl(settings.site, {
    ...rest,
    state,
    nonce,
    clientId: settings.clientId,
    redirectUri: input.redirectUri ?? settings.redirectUri,
    scope: input.scope ?? settings.scope,
    codeChallenge: codeChallenge(codeVerifier),
  });
  return { url, state, nonce, codeVerifier };
}

/** Exchanges what a browser brought back for a login. */
export async function redeem(context: ClientContext, input: RedeemInput): Promise<NamedLogin> {
  const { codeVerifier, nonce, uvid, flow } = input;
  checkVisitor({ uvid });
  const { exchange, settings } = context;
  const local = flow && { invalid_grant: invalidGrantOf(wireFlows[flow]) };
  const exchanged = await exchange.redeem({
    ...codeOf(context, input, local),
    codeVerifier,
    nonce,
    redirectUri: input.redirectUri ?? settings.redirectUri,
    namedHint: settings.namedTokenHint ? uvid : undefined,
    grantType: settings.hybrid ? 'hybrid_auth_code' : undefined,
  });
  return finishNamedLogin(context, exchanged, { uvid, sentUvid: uvid, uvidRefused: false });
}
