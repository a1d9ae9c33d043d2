import type { NamedIdentity } from '../client/identity.js';
import { HeadlessError } from '../errors.js';
import { clientName } from '../session/client-name.js';
import { announceLogin, headlessOf, visitorFor } from '../session/headless.js';
import { beginRedirect, takeRedirect, type PendingRedirect } from '../session/redirects.js';
import { callbackOf, queryOf } from './callback.js';
import { formField, formOf, textReaderOf, type Reader } from './form.js';
import { HeadlessStrategy, type StrategyOptions, type Verb } from './headless-strategy.js';
import type { OwnOptionKinds } from './options.js';
import { safeReturnTo } from './return-to.js';
import type { Login, LoginRequest, Verify } from './verify.js';

/** Options of {@link SsoStrategy}. */
export interface SsoStrategyOptions extends StrategyOptions {
  /** Developer names of the site's identity providers that a request may ask for. Default: none, so that people get the site's own login page. */
  readonly providers?: readonly string[] | undefined;
  /** Reads which provider a request asks for. Default: `provider` of `authenticate`'s options, the query or the body. */
  provider?(req: LoginRequest): string | undefined | Promise<string | undefined>;
  /** Where Salesforce sends the browser back to, registered with the app, and served by this strategy. Default: the client's `redirectUri`. */
  readonly callbackURL?: string | undefined;
  /** Reads where in the app to go after the login; what is no path of the app is dropped. Default: `returnTo` of the query or the body. */
  returnTo?(req: LoginRequest): string | undefined | Promise<string | undefined>;
  /** Blank-separated scopes. Default: the client's. */
  readonly scope?: string | undefined;
  /** OpenID Connect's `prompt`, such as `login`. */
  readonly prompt?: string | undefined;
}

const ownOptions: OwnOptionKinds<SsoStrategyOptions, StrategyOptions> = {
  providers: 'other',
  provider: 'function',
  callbackURL: 'string',
  returnTo: 'function',
  scope: 'string',
  prompt: 'string',
};

/** A field of the query or, without one there, of the body. */
function fieldOf(name: string): (req: LoginRequest) => string | undefined {
  return (req) => queryOf(req).get(name) ?? formField(formOf(req), name);
}

const pageFlows = ['password', 'otp', 'registration'] as const;
type PageFlow = (typeof pageFlows)[number];

function pageFlowOf(flow: string): PageFlow | undefined {
  return pageFlows.find((name) => name === flow);
}

/**
 * Login by redirect, `sf-headless-sso`: at an identity provider of the site (native SSO), or on the site's own login
 * page. One route begins it, the callback ends it; which of the two a request is, it says itself. It ends the
 * `browserFlow`s that name it, too. Needs `headlessSession`: what belongs to a redirect stays on the server, bound to the session
 * that began it, and is good for one callback.
 */
export class SsoStrategy extends HeadlessStrategy<NamedIdentity> {
  private readonly providers: readonly string[];
  private readonly provider: Reader<string | undefined>;
  private readonly returnTo: Reader<string | undefined>;
  private readonly callbackURL: string | undefined;
  private readonly scope: string | undefined;
  private readonly prompt: string | undefined;

  /** @throws {TypeError} naming the option that is missing or wrong. */
  constructor(options: SsoStrategyOptions, verify: Verify<Login<NamedIdentity>>) {
    super('sf-headless-sso', ownOptions, options, verify);
    const owner = new.target.name;
    const { providers = [], callbackURL, scope, prompt } = options;
    if (!Array.isArray(providers) || !providers.every((name) => typeof name === 'string')) {
      throw new TypeError(`${owner}: option \`providers\` must be a list of names`);
    }
    if (callbackURL !== undefined && !URL.canParse(callbackURL)) {
      throw new TypeError(`${owner}: option \`callbackURL\` must be an absolute URL`);
    }
    this.providers = providers;
    this.callbackURL = callbackURL;
    this.scope = scope;
    this.prompt = prompt;
    this.provider = textReaderOf(options, 'provider', fieldOf('provider'));
    this.returnTo = textReaderOf(options, 'returnTo', fieldOf('returnTo'));
  }

  protected override async attempt(req: LoginRequest, options: unknown): Promise<Verb> {
    const callback = callbackOf(req);
    return callback === undefined ? this.begin(req, options) : this.end(req, callback);
  }

  private async begin(req: LoginRequest, options: unknown): Promise<Verb> {
    const headless = headlessOf(req);
    const given: unknown =
      typeof options === 'object' && options !== null
        ? Reflect.get(options, 'provider')
        : undefined;
    const asked = given ?? (await this.provider(req));
    const provider = this.providers.find((name) => name === asked);
    if (provider === undefined && asked !== undefined && asked !== '') {
      throw new HeadlessError('sso_provider_unknown');
    }
    const { scope, prompt, callbackURL: redirectUri } = this;
    const { url, ...start } = await this.client.ssoUrl({ provider, scope, prompt, redirectUri });
    const returnTo = safeReturnTo(await this.returnTo(req));
    const mine = { client: clientName(this.client), strategy: this.name, provider };
    await beginRedirect(headless, { ...start, ...mine, flow: 'sso', redirectUri, returnTo });
    return () => {
      this.redirect(url);
    };
  }

  /** Whether a login is ended here: what one strategy began, no other one lets in by its own rules. */
  private isMine({ flow, client, strategy, provider, redirectUri }: PendingRedirect): boolean {
    if (client !== clientName(this.client) || strategy !== this.name) return false;
    if (pageFlowOf(flow) !== undefined) return true;
    const isListed = provider === undefined || this.providers.includes(provider);
    return flow === 'sso' && isListed && redirectUri === this.callbackURL;
  }

  private async end(req: LoginRequest, callback: URLSearchParams): Promise<Verb> {
    const headless = headlessOf(req);
    const [state = '', ...more] = callback.getAll('state');
    if (more.length > 0) throw new HeadlessError('sso_state_unknown');
    const pending = await takeRedirect(headless, state, (found) => this.isMine(found));
    const { flow, codeVerifier, nonce, redirectUri, returnTo } = pending;
    const uvid = pending.uvid ?? (await visitorFor(req));
    const login = await this.client.redeem({
      callback,
      state,
      codeVerifier,
      nonce,
      redirectUri,
      uvid,
      flow: pageFlowOf(flow),
    });
    return this.conclude(
      { flow, identity: login.identity, tokens: login.tokens, uvid, req },
      () => {
        announceLogin(req, flow, login);
      },
      { returnTo },
    );
  }
}
