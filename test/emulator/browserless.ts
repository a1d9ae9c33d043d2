import assert from 'node:assert/strict';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { Emulator } from 'sf-headless-emulator';
import { H2CClient, request, type Dispatcher } from 'undici';

/** An answer, read whole. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

export type Form = Readonly<Record<string, string>>;
export type Headers = Readonly<Record<string, string>>;

export interface Call {
  readonly method?: Dispatcher.HttpMethod;
  readonly headers?: Headers;
  readonly body?: string;
  readonly dispatcher?: Dispatcher;
}

export const publicClient = '3MVG9.public';
export const privateClient = '3MVG9.private';
export const password = 'Passw0rd!';

/** One request that follows no redirect. */
export async function send(url: string, call: Call = {}): Promise<Reply> {
  const { method = 'GET', headers = {}, body, dispatcher } = call;
  const response = await request(url, {
    method,
    headers,
    ...(body !== undefined && { body }),
    ...(dispatcher !== undefined && { dispatcher }),
  });
  return {
    status: response.statusCode,
    headers: response.headers,
    text: await response.body.text(),
  };
}

export function parsed(reply: Reply): unknown {
  return JSON.parse(reply.text);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

export function record(value: unknown): Record<string, unknown> {
  assert.ok(isRecord(value), 'not an object');
  return value;
}

/** The JSON object of a reply. */
export function members(reply: Reply): Record<string, unknown> {
  return record(parsed(reply));
}

/** A text member of a JSON reply. */
export function textOf(reply: Reply, name: string): string {
  const value = members(reply)[name];
  assert.ok(typeof value === 'string', `${name} is missing in ${reply.text}`);
  return value;
}

export function oauthError(reply: Reply): unknown[] {
  const { error, error_description: description } = members(reply);
  return [reply.status, error, description];
}

export function header(reply: Reply, name: string): string {
  return String(reply.headers[name]);
}

export function location(reply: Reply): URL {
  assert.equal(reply.status, 302, reply.text);
  return new URL(header(reply, 'location'));
}

export function basic(name: string, secret: string): Headers {
  return { authorization: `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}` };
}

export function bearer(token: string): Headers {
  return { authorization: `Bearer ${token}` };
}

export function part(jwt: string, index: 0 | 1): Record<string, unknown> {
  return record(JSON.parse(Buffer.from(jwt.split('.')[index] ?? '', 'base64url').toString()));
}

export interface Pkce {
  readonly verifier: string;
  readonly challenge: string;
}

export function pkce(bytes = 32): Pkce {
  const verifier = randomBytes(bytes).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
}

export function uuid(): string {
  return randomUUID();
}

/** HTTP/2 by prior knowledge. */
export function http2(origin: string): H2CClient {
  return new H2CClient(origin);
}

/** Calls an emulated site as an app's server would. */
export class Site {
  readonly emulator: Emulator;

  constructor(emulator: Emulator) {
    this.emulator = emulator;
  }

  get echo(): string {
    return `${this.emulator.url}/services/oauth2/echo`;
  }

  get(path: string, headers: Headers = {}): Promise<Reply> {
    return send(this.emulator.url + path, { headers });
  }

  post(path: string, form: Form, headers: Headers = {}): Promise<Reply> {
    const body = new URLSearchParams(form).toString();
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    return send(this.emulator.url + path, {
      method: 'POST',
      headers: { ...type, ...headers },
      body,
    });
  }

  authorize(form: Form = {}, headers: Headers = {}): Promise<Reply> {
    return this.post(
      '/services/oauth2/authorize',
      {
        response_type: 'code_credentials',
        client_id: publicClient,
        redirect_uri: this.echo,
        ...form,
      },
      headers,
    );
  }

  /** A password login of alice, by Basic header. */
  named(form: Form = {}, headers: Headers = {}): Promise<Reply> {
    return this.authorize(form, {
      'auth-request-type': 'Named-User',
      ...basic('alice@example.com', password),
      ...headers,
    });
  }

  guest(form: Form = {}, headers: Headers = {}): Promise<Reply> {
    return this.authorize(
      { scope: 'api', ...form },
      { 'auth-request-type': 'guest', 'uvid-hint': `UVID ${uuid()}`, ...headers },
    );
  }

  async code(authorized: Promise<Reply>): Promise<string> {
    return location(await authorized).searchParams.get('code') ?? '';
  }

  token(form: Form, headers: Headers = {}): Promise<Reply> {
    return this.post(
      '/services/oauth2/token',
      {
        grant_type: 'authorization_code',
        client_id: publicClient,
        redirect_uri: this.echo,
        ...form,
      },
      headers,
    );
  }

  /** A whole password login; the token reply. */
  async login(form: Form = {}, headers: Headers = {}, tokenForm: Form = {}): Promise<Reply> {
    const code = await this.code(this.named(form, headers));
    const client = form['client_id'];
    const reply = await this.token({
      code,
      ...(client !== undefined && { client_id: client }),
      ...tokenForm,
    });
    assert.equal(reply.status, 200, reply.text);
    return reply;
  }

  /** A whole guest flow; the access token. */
  async guestToken(uvid: string, form: Form = {}): Promise<string> {
    const code = await this.code(this.guest(form, { 'uvid-hint': `UVID ${uvid}` }));
    const client = form['client_id'];
    const reply = await this.token(
      { code, ...(client !== undefined && { client_id: client }) },
      { 'auth-request-type': 'guest', 'uvid-hint': uvid },
    );
    assert.equal(reply.status, 200, reply.text);
    return textOf(reply, 'access_token');
  }

  refresh(refreshToken: string, form: Form = {}): Promise<Reply> {
    return this.post('/services/oauth2/token', {
      grant_type: 'refresh_token',
      client_id: publicClient,
      refresh_token: refreshToken,
      ...form,
    });
  }

  userinfo(token: string): Promise<Reply> {
    return this.get('/services/oauth2/userinfo', bearer(token));
  }

  /** A call below `/services/auth/headless/`; JSON text without a Content-Type. */
  headless(
    path: string,
    body: Readonly<Record<string, unknown>>,
    headers: Headers = {},
  ): Promise<Reply> {
    return send(`${this.emulator.url}/services/auth/headless/${path}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
  }

  /** Starts a passwordless login; the reply. */
  startCode(body: Readonly<Record<string, unknown>> = {}, headers: Headers = {}): Promise<Reply> {
    return send(`${this.emulator.url}/services/auth/headless/init/passwordless/login`, {
      method: 'POST',
      headers,
      body: JSON.stringify({
        username: 'alice@example.com',
        verificationmethod: 'email',
        recaptcha: 'pass',
        ...body,
      }),
    });
  }

  /** Finishes a passwordless login at authorize. */
  finishCode(
    identifier: string,
    code: string,
    headers: Headers = {},
    form: Form = {},
  ): Promise<Reply> {
    return this.authorize(form, {
      'auth-request-type': 'passwordless-login',
      'auth-verification-type': 'email',
      ...basic(identifier, code),
      ...headers,
    });
  }

  control(method: Dispatcher.HttpMethod, path: string, body?: unknown): Promise<Reply> {
    return send(`${this.emulator.origin}/__emulator__/${path}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }
}
