import type { IncomingMessage, ServerResponse } from 'node:http';
import { constants, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import type { Readable } from 'node:stream';

/** Headers as they go out. */
export type OutgoingHeaders = Readonly<Record<string, string | readonly string[]>>;

/** One request and the means to answer it, well or badly; the same for HTTP/1.1 and HTTP/2. */
export interface Exchange {
  readonly method: string;
  /** Path and query as received. */
  readonly target: string;
  readonly httpVersion: string;
  /** Names in lower case, without the pseudo-headers of HTTP/2. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body as text; undefined when it is above 1 MiB. */
  readBody(): Promise<string | undefined>;
  /** Sends status and headers. */
  start(status: number, headers: OutgoingHeaders): void;
  /** Sends a piece of the body; resolves when it is on its way. */
  write(piece: Buffer): Promise<void>;
  /** Sends the rest of the body and finishes. */
  end(rest: Buffer): void;
  /** Ends the connection or stream although the answer is not complete. */
  cut(): void;
  /** Breaks the connection or stream off at once. */
  reset(): void;
  /** True when nobody listens any more. */
  gone(): boolean;
}

const bodyLimit = 1_048_576;

/** What both kinds of server response can do. */
interface Writer {
  statusCode: number;
  sendDate: boolean;
  readonly destroyed: boolean;
  setHeader(name: string, value: string | readonly string[]): unknown;
  write(piece: Buffer, written: (error?: Error | null) => void): boolean;
  end(rest: Buffer): unknown;
}

function readHeaders(raw: NodeJS.Dict<string | string[]>): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(raw)) {
    if (value === undefined || name.startsWith(':')) continue;
    headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  const authority = raw[':authority'];
  if (typeof authority === 'string') headers['host'] ??= authority;
  return headers;
}

async function readBody(body: Readable): Promise<string | undefined> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of body) {
    if (!Buffer.isBuffer(piece)) continue;
    size += piece.length;
    // Read to its end all the same: nobody listens to an answer while still sending.
    if (size <= bodyLimit) pieces.push(piece);
  }
  return size <= bodyLimit ? Buffer.concat(pieces).toString('utf8') : undefined;
}

function writing(writer: Writer): Pick<Exchange, 'start' | 'write' | 'end'> {
  return {
    start(status, headers) {
      writer.sendDate = false;
      writer.statusCode = status;
      for (const [name, value] of Object.entries(headers)) writer.setHeader(name, value);
    },
    write: (piece) =>
      new Promise((resolve) => {
        writer.write(piece, () => {
          resolve();
        });
      }),
    end(rest) {
      writer.end(rest);
    },
  };
}

/** An exchange over HTTP/1. */
export function http1Exchange(request: IncomingMessage, response: ServerResponse): Exchange {
  // A request that is broken off while it is read forgets its socket.
  const { socket } = request;
  return {
    method: request.method ?? 'GET',
    target: request.url ?? '/',
    httpVersion: request.httpVersion,
    headers: readHeaders(request.headers),
    readBody: () => readBody(request),
    ...writing(response),
    cut() {
      socket.end();
    },
    reset() {
      socket.resetAndDestroy();
    },
    gone: () => socket.destroyed,
  };
}

/** An exchange over HTTP/2. */
export function http2Exchange(
  request: Http2ServerRequest,
  response: Http2ServerResponse,
): Exchange {
  const writer: Writer = {
    get statusCode() {
      return response.statusCode;
    },
    set statusCode(status) {
      response.statusCode = status;
    },
    get sendDate() {
      return response.sendDate;
    },
    set sendDate(send) {
      response.sendDate = send;
    },
    get destroyed() {
      return request.stream.destroyed;
    },
    setHeader(name, value) {
      response.setHeader(name, value);
    },
    write: (piece, written) => response.write(piece, 'utf8', written),
    end(rest) {
      response.end(rest);
    },
  };
  return {
    method: request.method,
    target: request.url,
    httpVersion: request.httpVersion,
    headers: readHeaders(request.headers),
    readBody: () => readBody(request),
    ...writing(writer),
    cut() {
      request.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    },
    reset() {
      request.stream.close(constants.NGHTTP2_CANCEL);
    },
    gone: () => request.stream.destroyed,
  };
}
