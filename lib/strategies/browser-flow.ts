import type { BrowserFlowName, BrowserRequest } from '../client/browser-request.js';
import { HeadlessClient } from '../client/headless-client.js';
import { HeadlessError } from '../errors.js';
import type { VerificationMethod } from '../protocol/authorize.js';
import { adoptGuest } from '../session/guest.js';
import { headlessOf, visitorFor } from '../session/headless.js';
import { clientName } from '../session/client-name.js';
import { beginRedirect, takeRedirect } from '../session/redirects.js';
import { callbackOf, fieldsOf, queryOf } from './callback.js';
import { checkMessages, type Messages } from './messages.js';
import { middleware, type Middleware } from './middleware.js';
import { checkKinds, refuseUnknown, type OptionKinds } from './options.js';
import type { LoginRequest } from './verify.js';

/** Options of {@link browserFlow}. */
export interface BrowserFlowOptions {
  readonly client: HeadlessClient;
  /** What the page does with Salesforce by itself. */
  readonly flow: BrowserFlowName;
  /** Where Salesforce sends the code: the site's echo endpoint, or a URL of the app that `callback()` serves. Default: the client's `redirectUri`. */
  readonly callbackURL?: string | undefined;
  /**
   * Name of the {@link SsoStrategy} that ends the flow of a named user: its option `name`. No other one does. Default
   * `sf-headless-sso`.
   */
  readonly strategy?: string | undefined;
  /** How one-time codes are sent, for the flows that have them. Default `email`. */
  readonly method?: VerificationMethod | undefined;
  /** Messages for the visitor by error code, in the app's own words or language. */
  readonly messages?: Messages | undefined;
}

/** The app's part in a headless flow that a page runs with Salesforce itself. */
export interface BrowserFlow {
  /**
   * Begins the flow for the session of a request: gives what the page is to send.
   *
   * @throws {HeadlessError} `session_required`, `storage_failed`.
   */
  begin(req: LoginRequest): Promise<BrowserRequest>;
  /** Middleware that begins the flow and answers with what the page is to send, as JSON. */
  start(): Middleware;
  /**
   * Middleware for the callback URL: hands the code, or the error, back to the page as JSON, as Salesforce's echo
   * endpoint does. It takes no cookie and changes nothing: a browser brings none along when it follows the redirect.
   */
  callback(): Middleware;
  /**
   * Middleware that ends a guest's flow: takes what the page has got, from the body or the query, and goes on with the
   * guest at `req.headless.guest`. A user who is logged in passes untouched. Named users' flows end in `SsoStrategy`.
   */
  finish(): Middleware;
}

const flows: readonly BrowserFlowName[] = ['password', 'otp', 'registration', 'guest'];

/** For a page of any origin to read: what is said is no more than the page's own request said. */
const readable = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Methods': 'GET',
  'Access-Control-Allow-Headers':
    'authorization, auth-request-type, auth-verification-type, content-type, uvid-hint',
  'Content-Type': 'application/json; charset=utf-8',
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
};

const known: OptionKinds<BrowserFlowOptions> = {
  client: 'other',
  flow: 'string',
  callbackURL: 'string',
  strategy: 'string',
  method: 'string',
  messages: 'other',
};

function check(options: BrowserFlowOptions): void {
  const refuse = (what: string): never => {
    throw new TypeError(`browserFlow: option ${what}`);
  };
  const given = options as Partial<BrowserFlowOptions> | undefined;
  if (!(given?.client instanceof HeadlessClient)) refuse('`client` must be a HeadlessClient');
  refuseUnknown('browserFlow', options, known);
  checkKinds('browserFlow', options, known);
  const { flow, callbackURL, strategy, method } = options;
  if (!flows.includes(flow)) refuse(`\`flow\` must be one of ${flows.join(', ')}`);
  if (callbackURL !== undefined && !URL.canParse(callbackURL)) {
    refuse('`callbackURL` must be an absolute URL');
  }
  if (strategy === '') refuse('`strategy` must be a text that is not empty');
  if (method !== undefined && !['email', 'sms'].includes(method)) {
    refuse("`method` must be 'email' or 'sms'");
  }
}

async function finishGuest(
  { client, callbackURL }: BrowserFlowOptions,
  req: LoginRequest,
): Promise<void> {
  const headless = headlessOf(req);
  const callback = callbackOf(req);
  const state = callback?.get('state') ?? '';
  const { codeVerifier, redirectUri, uvid } = await takeRedirect(
    headless,
    state,
    (found) =>
      found.flow === 'guest' &&
      found.client === clientName(client) &&
      found.redirectUri === callbackURL,
  );
  const isUser = (Reflect.get(req, 'isAuthenticated') as (() => boolean) | undefined)?.call(req);
  if (isUser === true && headless.guest === undefined) return;
  if (callback === undefined || uvid === undefined) throw new HeadlessError('sso_state_unknown');
  const start = { callback, state, codeVerifier, redirectUri, uvid };
  await adoptGuest(headless, await client.redeemGuest(start));
}

/**
 * A headless flow whose credentials and codes the page exchanges with Salesforce itself, so that no password passes the
 * app's server; the verifier and the tokens stay there. Needs `headlessSession`.
 *
 * @throws {TypeError} naming the option that is missing or wrong.
 */
export function browserFlow(options: BrowserFlowOptions): BrowserFlow {
  check(options);
  const { client, flow, callbackURL: redirectUri, method } = options;
  const strategy = flow === 'guest' ? undefined : (options.strategy ?? 'sf-headless-sso');
  const messages = checkMessages('browserFlow', options.messages);

  async function begin(req: LoginRequest): Promise<BrowserRequest> {
    const headless = headlessOf(req);
    const visitor = await visitorFor(req);
    const { request, state, codeVerifier, uvid } = await client.browserRequest({
      flow,
      method,
      redirectUri,
      uvid: visitor,
    });
    const owner = { client: clientName(client), strategy };
    await beginRedirect(headless, { ...owner, state, flow, codeVerifier, redirectUri, uvid });
    return request;
  }

  return {
    begin,
    start: () => (req, res, next) => {
      begin(req)
        .then((request) => {
          res.setHeader('Content-Type', 'application/json; charset=utf-8');
          res.setHeader('Cache-Control', 'no-store');
          res.end(JSON.stringify(request));
        })
        .catch(next);
    },
    callback: () => (req, res) => {
      for (const [name, value] of Object.entries(readable)) res.setHeader(name, value);
      const query = queryOf(req);
      // A browser asks first whether it may bring the headers of the page's request along.
      const asksFirst = req.method === 'OPTIONS';
      res.statusCode = query.has('error') && !asksFirst ? 400 : 200;
      res.end(JSON.stringify(asksFirst ? {} : fieldsOf(query)));
    },
    finish: () => middleware(messages, (req) => finishGuest(options, req)),
  };
}
