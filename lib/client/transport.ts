import { EventEmitter } from 'node:events';
import { Agent, type Dispatcher } from 'undici';
import { HeadlessError } from '../errors.js';
import type { WireRequest, WireResponse } from '../protocol/wire.js';
import { IssuerClock } from './issuer-clock.js';
import { defaultAnswerSize, defaultTimeout, type HeadlessClientOptions } from './options.js';

const lost = new Set([
  'ECONNRESET',
  'EPIPE',
  'UND_ERR_SOCKET',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
  'UND_ERR_INFO',
  'ERR_HTTP2_STREAM_ERROR',
  'ERR_HTTP2_SESSION_ERROR',
]);
const late = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'ETIMEDOUT',
]);

/** One deadline: undici takes an emitter of `abort` for a signal, at a fraction of what an AbortSignal costs. */
class Deadline extends EventEmitter {
  passed = false;
  private readonly timer: NodeJS.Timeout;

  constructor(milliseconds: number) {
    super();
    this.timer = setTimeout(() => {
      this.passed = true;
      this.emit('abort');
    }, milliseconds);
  }

  clear(): void {
    clearTimeout(this.timer);
  }
}

function networkError(error: unknown, deadline: Deadline): HeadlessError {
  if (error instanceof HeadlessError) return error;
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  const text = typeof code === 'string' ? code : '';
  if (deadline.passed || late.has(text)) return new HeadlessError('timeout', { cause: error });
  const isLost = lost.has(text) || text.startsWith('HPE_') || text.startsWith('UND_ERR_RES');
  return new HeadlessError(isLost ? 'connection_lost' : 'unreachable', { cause: error });
}

/**
 * The one seam to the network: pooled connections, one deadline over the whole call, an upper size,
 * no redirect followed, nothing retried, no cookie kept.
 */
export class Transport {
  readonly #dispatcher: Dispatcher;
  readonly #ownsDispatcher: boolean;
  readonly #timeout: number;
  readonly #maxAnswerSize: number;
  readonly #clock = new IssuerClock();
  #closing: Promise<void> | undefined;

  constructor(options: HeadlessClientOptions) {
    this.#ownsDispatcher = options.dispatcher === undefined;
    this.#dispatcher =
      options.dispatcher ?? new Agent({ allowH2: options.http2 ?? false, connections: 128 });
    this.#timeout = options.timeout ?? defaultTimeout;
    this.#maxAnswerSize = options.maxAnswerSize ?? defaultAnswerSize;
  }

  /** Milliseconds that one call may take. */
  get timeout(): number {
    return this.#timeout;
  }

  /** Milliseconds by which Salesforce's clock is ahead of this machine's, see {@link IssuerClock}. */
  get clockAhead(): number {
    return this.#clock.ahead;
  }

  /** Takes note of the header `Date` of an answer that has just come. */
  observe(date: string | undefined): void {
    this.#clock.observe(date);
  }

  /**
   * Sends one request once.
   *
   * @throws {HeadlessError} `timeout`, `unreachable`, `connection_lost` or `answer_too_large`.
   */
  async send(request: WireRequest): Promise<WireResponse> {
    const url = new URL(request.url);
    const deadline = new Deadline(this.#timeout);
    try {
      const answer = await this.#dispatcher.request({
        origin: url.origin,
        path: url.pathname + url.search,
        method: request.method,
        headers: request.headers,
        body: request.body ?? null,
        signal: deadline,
      });
      const headers: Record<string, string | undefined> = {};
      for (const [name, value] of Object.entries(answer.headers)) {
        headers[name.toLowerCase()] = Array.isArray(value) ? value[0] : value;
      }
      this.observe(headers['date']);
      const body = await this.#read(answer.body, headers);
      return { status: answer.statusCode, headers, body };
    } catch (error) {
      throw networkError(error, deadline);
    } finally {
      deadline.clear();
    }
  }

  /**
   * Opens an answer that is read by somebody else, at their pace: the deadline is for its beginning.
   *
   * @param given the caller's own signal; once aborted, its reason is what this rejects with.
   * @throws {HeadlessError} `timeout`, `unreachable` or `connection_lost`.
   */
  async open<T>(
    given: AbortSignal | undefined,
    start: (dispatcher: Dispatcher, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const deadline = new Deadline(this.#timeout);
    const late = new AbortController();
    deadline.once('abort', () => {
      late.abort();
    });
    const signal = given === undefined ? late.signal : AbortSignal.any([given, late.signal]);
    try {
      return await start(this.#dispatcher, signal);
    } catch (error) {
      given?.throwIfAborted();
      // `fetch` wraps what went wrong on the network in an error of its own.
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      throw networkError(cause, deadline);
    } finally {
      deadline.clear();
    }
  }

  async #read(
    body: Dispatcher.ResponseData['body'],
    headers: WireResponse['headers'],
  ): Promise<string> {
    const declared = Number(headers['content-length'] ?? Number.NaN);
    if (declared <= this.#maxAnswerSize) return body.text();
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > this.#maxAnswerSize) throw new HeadlessError('answer_too_large');
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  }

  /** Closes the pool that this transport made; a dispatcher that was handed in stays its owner's. */
  async close(): Promise<void> {
    if (this.#ownsDispatcher) await (this.#closing ??= this.#dispatcher.close());
  }
}
