import { fetch, Request, type Response as UndiciResponse } from 'undici';
import { HeadlessError } from '../errors.js';
import { originOf } from '../protocol/site.js';
import { sendable } from './api-body.js';
import { checkToken } from './arguments.js';
import type { ClientContext } from './context.js';

/** What goes with a call of an API: what `fetch` takes, as far as it makes sense here. */
export interface ApiCall {
  /** Default GET. */
  readonly method?: RequestInit['method'] | undefined;
  readonly headers?: RequestInit['headers'] | undefined;
  /** A stream is sent as it comes, and only once: a call with one is not repeated for a dead token. */
  readonly body?: RequestInit['body'] | Uint8Array | ReadableStream | undefined;
  readonly signal?: RequestInit['signal'] | undefined;
}

function refuse(message: string): never {
  throw new HeadlessError('invalid_argument', { message });
}

/** The URL of an API call, on a host that may have the token. */
function urlOf({ settings }: ClientContext, target: string | URL, base: string): string {
  const text = String(target);
  // A second slash or backslash would begin a host.
  const isPath = /^\/(?![/\\])/.test(text);
  const given = isPath ? base + text : text;
  const url = URL.canParse(given) ? new URL(given) : undefined;
  // `blob:` and other schemes have an origin that is not where they lead.
  const isWeb = url?.href.startsWith(`${url.origin}/`) === true;
  const isPlain = url?.username === '' && url.password === '';
  if (url !== undefined && isWeb && isPlain && settings.origins.includes(url.origin)) {
    return url.href;
  }
  return refuse('An API call needs a path, or a URL of the site or of one of `issuers`.');
}

/** The request as it is to be sent. What cannot be one is the caller's mistake, not the network's. */
function requestOf(url: string, accessToken: string, call: ApiCall): Request {
  const { headers, method = 'GET' } = call;
  try {
    const all = new Headers(headers);
    all.set('authorization', `Bearer ${accessToken}`);
    const body = sendable(call.body);
    return new Request(url, {
      method,
      headers: [...all],
      body,
      duplex: 'half',
      redirect: 'manual',
    });
  } catch {
    // What the runtime says may quote a header.
    return refuse('An API call has a method, headers or a body that cannot be sent.');
  }
}

/** Statuses whose answers have no body (Fetch standard, null body status). */
const bodiless = [204, 205, 304];

/** The same answer as an instance of the class that `Response` means in the app: undici has one of its own. */
function asGlobal({ status, statusText, headers, body }: UndiciResponse): Response {
  const init = { status, statusText, headers: [...headers] };
  return new Response(bodiless.includes(status) ? null : body, init);
}

/** The caller's own signal; null is none, as `fetch` has it. */
function signalOf(signal: unknown): AbortSignal | undefined {
  if (signal === undefined || signal === null || signal instanceof AbortSignal) {
    return signal ?? undefined;
  }
  return refuse('The `signal` of an API call must be an AbortSignal.');
}

/**
 * Calls an API with an access token. The answer is the caller's to read, whatever its status: its body is a stream.
 *
 * @param target a path below `base`, or a URL of the site or one of `issuers`.
 * @param base the instance URL of the login. Used when its host may have the token, else the site's.
 * @throws {HeadlessError} `invalid_argument` for a URL elsewhere, `timeout` when the answer does not begin in time,
 *   `unreachable`, `connection_lost`; the reason of `signal` when that is aborted.
 */
export async function callApi(
  context: ClientContext,
  accessToken: string,
  target: string | URL,
  call: ApiCall = {},
  base?: string,
): Promise<Response> {
  const { settings, transport } = context;
  const isTrusted = base !== undefined && settings.origins.includes(originOf(base) ?? '');
  const url = urlOf(context, target, (isTrusted ? base : settings.site.base).replace(/\/$/, ''));
  const given: unknown = call;
  if (typeof given !== 'object' || given === null) refuse('An API call must be an object.');
  const request = requestOf(url, checkToken(accessToken, 'accessToken'), call);
  const answer = await transport.open(signalOf(call.signal), (dispatcher, signal) =>
    fetch(request, { dispatcher, signal }),
  );
  transport.observe(answer.headers.get('date') ?? undefined);
  return asGlobal(answer);
}
