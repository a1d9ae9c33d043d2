import { randomBytes } from 'node:crypto';
import { authorizeRequest, readAuthorize, type AuthorizeInput } from '../protocol/authorize.js';
import type { Expectation } from '../protocol/claims.js';
import { codeChallenge, createVerifier } from '../protocol/pkce.js';
import {
  codeExchangeRequest,
  readCodeExchange,
  type CodeExchange,
  type TokenAnswer,
} from '../protocol/token.js';
import { hintValue, type HintSpelling, type Visitor } from '../protocol/uvid.js';
import type { WireResponse } from '../protocol/wire.js';
import type { ClientAuthentication } from './client-authentication.js';
import { verifyTokens, type VerifiedClaims } from './identity.js';
import type { SigningKeys } from './keys.js';
import type { Settings } from './options.js';
import { TokenSet } from './token-set.js';
import type { Transport } from './transport.js';

/** The part of an authorize call that differs from flow to flow. */
export type FlowInput = Pick<
  AuthorizeInput,
  'flow' | 'credentials' | 'loginHint' | 'customdata' | 'verificationMethod' | 'scope'
>;

/** The visitor that goes with a call, and how its hint is spelled there. */
export interface Hint {
  readonly visitor: Visitor;
  readonly spelling: HintSpelling;
}

/** What is exchanged for tokens. */
export interface Redemption {
  readonly code: string;
  readonly codeVerifier: string;
  /** Base URL of the token call. */
  readonly tokenBase: string;
  /** The very string of the request that yielded the code; left out when that had none. */
  readonly redirectUri?: string | undefined;
  /** Bare, for a guest's code. */
  readonly guestHint?: string | undefined;
  /** Bare, for a named user's code, when the client is told to repeat it. */
  readonly namedHint?: string | undefined;
  /** `hybrid_auth_code` where the client is told to; the default is plain. */
  readonly grantType?: CodeExchange['grantType'];
  /** Of a flow that sent one. */
  readonly nonce?: string | undefined;
}

/** What a finished flow yields. */
export interface Exchanged {
  readonly answer: TokenAnswer;
  readonly claims: VerifiedClaims;
  readonly tokens: TokenSet;
  /** Base URL of further calls with these tokens. */
  readonly tokenBase: string;
}

/** The road that every headless flow takes: authorize, code, token, verified claims. */
export class Exchange {
  readonly #settings: Settings;
  readonly #authentication: ClientAuthentication;
  readonly #transport: Transport;
  readonly #keys: SigningKeys;

  constructor(
    settings: Settings,
    authentication: ClientAuthentication,
    transport: Transport,
    keys: SigningKeys,
  ) {
    this.#settings = settings;
    this.#authentication = authentication;
    this.#transport = transport;
    this.#keys = keys;
  }

  /** Exactly one authorize and one token call, each sent once, under a code verifier of its own. */
  async run(input: FlowInput, hint: Hint | undefined): Promise<Exchanged> {
    const { site, clientId, redirectUri, credentialsIn, namedTokenHint, hybrid } = this.#settings;
    const codeVerifier = createVerifier(randomBytes);
    const authorize: AuthorizeInput = {
      ...input,
      clientId,
      redirectUri,
      credentialsIn,
      codeChallenge: codeChallenge(codeVerifier),
      hint,
    };
    const request = authorizeRequest(site, authorize);
    const redirect = await this.#transport.send(request);
    const { code, tokenBase } = readAuthorize(site, authorize, request, redirect);
    const bareHint = hint && hintValue(hint.visitor, false);
    const isGuest = input.flow === 'guest';
    return this.redeem({
      code,
      codeVerifier,
      tokenBase,
      redirectUri,
      guestHint: isGuest ? bareHint : undefined,
      namedHint: !isGuest && namedTokenHint ? bareHint : undefined,
      // A code had headlessly may be redeemed so: Salesforce's own SDK does it (wire contract, first-party, 7.2).
      grantType: !isGuest && hybrid ? 'hybrid_auth_code' : undefined,
    });
  }

  /** The token call of any flow, and the verification of what it brings. A code is sent once, whatever becomes of it. */
  async redeem({ tokenBase, nonce, ...redemption }: Redemption): Promise<Exchanged> {
    const { clientId } = this.#settings;
    const proof = await this.#authentication.prove(`${tokenBase}/services/oauth2/token`);
    const exchange = codeExchangeRequest(tokenBase, { clientId, proof, ...redemption });
    const response = await this.#transport.send(exchange);
    const answer = readCodeExchange(redemption.grantType, exchange, response);
    return { ...(await this.verified(answer, response, nonce)), tokenBase };
  }

  /** The tokens of an answer of the token endpoint, verified as far as they can be. */
  async verified(
    answer: TokenAnswer,
    response: WireResponse,
    nonce?: string,
  ): Promise<Pick<Exchanged, 'answer' | 'claims' | 'tokens'>> {
    const issuedAt = timeOf(response);
    const expected = { ...expectation(this.#settings, issuedAt), nonce };
    const claims = await verifyTokens(this.#keys, answer, expected);
    const { site, clientId } = this.#settings;
    const owner = { site: site.base, clientId };
    return { answer, claims, tokens: new TokenSet(owner, answer, endOf(claims, issuedAt)) };
  }
}

/** What a token of this app must agree with at a point in time (milliseconds since the epoch). */
export function expectation(settings: Settings, time: number): Expectation {
  const { clientId, origins, clockTolerance: tolerance } = settings;
  return { clientId, origins, tolerance, now: time / 1000 };
}

/** The end of an access token, moved from the issuer's clock to this machine's. */
function endOf({ access }: VerifiedClaims, issuedAt: number): number | undefined {
  return access && Date.now() + access.expiresAt * 1000 - issuedAt;
}

/**
 * When an answer was made, by the clock of the server that made it: a token just issued is judged by its issuer's
 * clock, so that a machine whose own clock is off still logs people in.
 */
function timeOf(response: WireResponse): number {
  const time = Date.parse(response.headers['date'] ?? '');
  return Number.isNaN(time) ? Date.now() : time;
}
