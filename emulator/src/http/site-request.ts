import { parse as parseQuery } from 'node:querystring';
import type { Exchange } from './exchange.js';

/** A request as the endpoints read it. */
export interface SiteRequest {
  readonly method: string;
  /** As received, without the query. */
  readonly path: string;
  /** Raw text after the question mark. */
  readonly query: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly httpVersion: string;
}

/** Names and values; the first of several with one name counts. */
export type Parameters = ReadonlyMap<string, string>;

/** A request that has been read; a body above 1 MiB is left out. */
export interface ReadRequest {
  readonly request: SiteRequest;
  readonly isTooLarge: boolean;
}

/** Reads the whole request. Rejects when the client goes away. */
export async function readRequest(exchange: Exchange): Promise<ReadRequest> {
  const { method, target, headers, httpVersion } = exchange;
  const mark = target.indexOf('?');
  const path = mark === -1 ? target : target.slice(0, mark);
  const query = mark === -1 ? '' : target.slice(mark + 1);
  const body = await exchange.readBody();
  const request = { method, path, query, headers, body: body ?? '', httpVersion };
  return { request, isTooLarge: body === undefined };
}

function parse(raw: string): Parameters {
  const parameters = new Map<string, string>();
  // Unlike URLSearchParams this keeps a lone percent sign, as unencoded bodies may hold one.
  for (const [name, value] of Object.entries(parseQuery(raw))) {
    const first = Array.isArray(value) ? value[0] : value;
    if (first !== undefined) parameters.set(name, first);
  }
  return parameters;
}

/** Parameters of the query alone. */
export function queryParameters(request: SiteRequest): Parameters {
  return parse(request.query);
}

/** Parameters of the form body alone, whatever its Content-Type; values may be unencoded. */
export function bodyParameters(request: SiteRequest): Parameters {
  return parse(request.body);
}

/** Parameters of query and form body; the body wins (wire contract, login, sections 2 and 4.1). */
export function parameters(request: SiteRequest): Parameters {
  return new Map([...queryParameters(request), ...bodyParameters(request)]);
}

/** The value of a parameter, where an empty one counts as left out. */
export function given(all: Parameters, name: string): string | undefined {
  const value = all.get(name);
  return value === '' ? undefined : value;
}
