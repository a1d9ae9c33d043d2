import type { IncomingMessage, ServerResponse } from 'node:http';
import { isUvid } from '../protocol/uvid.js';
import type { Sealing } from './sealing.js';

/** How the cookie that brings a visitor's id back is written. */
export interface VisitorCookieOptions {
  /** Default `sf-headless-visitor`. */
  readonly name?: string | undefined;
  /** Seconds the browser keeps it, counted from the last time it was written. Default 30 days. */
  readonly maxAge?: number | undefined;
  /** Default `/`. */
  readonly path?: string | undefined;
  /** Default: this host only. */
  readonly domain?: string | undefined;
  /** Default: exactly when the request came over TLS, as Express sees it (`trust proxy`). */
  readonly secure?: boolean | undefined;
}

/** Who a visitor was when last seen. */
export interface Visit {
  readonly uvid: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

const purpose = 'visitor cookie';

function cookieOf(req: IncomingMessage, name: string): string | undefined {
  for (const pair of (req.headers.cookie ?? '').split(';')) {
    const at = pair.indexOf('=');
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return undefined;
}

function isSecure(req: IncomingMessage): boolean {
  const secure: unknown = Reflect.get(req, 'secure');
  return secure === true || Reflect.get(req.socket, 'encrypted') === true;
}

/** The sealed, long-lived cookie that brings the same visitor id back after the session has expired. */
export class VisitorCookie {
  private readonly sealing: Sealing;
  private readonly options: VisitorCookieOptions;
  private readonly name: string;
  /** Seconds. */
  readonly maxAge: number;

  constructor(sealing: Sealing, options: VisitorCookieOptions) {
    this.sealing = sealing;
    this.options = options;
    this.name = options.name ?? 'sf-headless-visitor';
    this.maxAge = options.maxAge ?? 30 * 86_400;
  }

  /** The visit that a request brings back, or undefined: no cookie, a forged one, or one that is too old. */
  read(req: IncomingMessage): Visit | undefined {
    const sealed = cookieOf(req, this.name);
    const text = sealed === undefined ? undefined : this.sealing.open(purpose, sealed);
    if (text === undefined) return undefined;
    const [uvid = '', since, writtenAt] = text.split(' ');
    if (!isUvid(uvid) || Number(writtenAt) + this.maxAge * 1000 <= Date.now()) return undefined;
    return { uvid, since: Number(since) };
  }

  /** Has the answer carry the cookie; nothing happens once the headers are out. */
  write(req: IncomingMessage, res: ServerResponse, { uvid, since }: Visit): void {
    this.set(req, res, this.sealing.seal(purpose, `${uvid} ${since} ${Date.now()}`), this.maxAge);
  }

  /** Has the answer take the cookie away, if the browser has one or is just getting one. */
  clear(req: IncomingMessage, res: ServerResponse): void {
    const isComing = setCookies(res).some((cookie) => cookie.startsWith(`${this.name}=`));
    if (isComing || cookieOf(req, this.name) !== undefined) this.set(req, res, '', 0);
  }

  private set(req: IncomingMessage, res: ServerResponse, value: string, maxAge: number): void {
    if (res.headersSent) return;
    const { path = '/', domain, secure = isSecure(req) } = this.options;
    const parts = [
      `${this.name}=${value}`,
      `Max-Age=${Math.floor(maxAge)}`,
      `Path=${path}`,
      ...(domain === undefined ? [] : [`Domain=${domain}`]),
      'HttpOnly',
      'SameSite=Lax',
      ...(secure ? ['Secure'] : []),
    ];
    const others = setCookies(res).filter((cookie) => !cookie.startsWith(`${this.name}=`));
    res.setHeader('Set-Cookie', [...others, parts.join('; ')]);
  }
}

function setCookies(res: ServerResponse): string[] {
  const header = res.getHeader('Set-Cookie');
  return header === undefined ? [] : [header].flat().map(String);
}
