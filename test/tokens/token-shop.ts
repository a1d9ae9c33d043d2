import assert from 'node:assert/strict';
import { MemoryStore, Store, type SessionData } from 'express-session';
import type { ClientInput, Emulator } from 'sf-headless-emulator';
import type { ApiCall, TokenOptions } from '../../lib/index.js';
import request from 'supertest';
import { createShop, type Shop, type ShopOptions } from '../support/shop.js';

export const alice = { username: 'alice@example.com', password: 'Passw0rd!' };
export const bob = { username: 'bob@example.com', password: 'Passw0rd!' };

/** Waits. */
export function pass(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Tokens of which this machine believes that they last this long (seconds); they are due for renewal after half of it. */
export function shortLived(
  seconds: number,
  more: Partial<TokenOptions> = {},
): Partial<TokenOptions> {
  return { sessionTimeout: seconds, jitter: 0, ...more };
}

/** Sets the app of the tests up: rotation on, and opaque tokens, which do not say when they end. */
export function rotate(emulator: Emulator, more: ClientInput = {}): void {
  emulator.client('3MVG9.public', {
    redirectUris: ['http://localhost:3000/callback'],
    scopes: ['api', 'openid', 'refresh_token', 'web'],
    isRefreshTokenRotationEnabled: true,
    ...more,
  });
}

/** A store in memory that keeps count of what is asked of it. */
export class CountingStore extends Store {
  readonly inner = new MemoryStore();
  readonly calls: string[] = [];

  /** Everything in it, as text. */
  get dump(): string {
    return JSON.stringify(Reflect.get(this.inner, 'sessions'));
  }

  override get(id: string, callback: (error: unknown, session?: SessionData | null) => void): void {
    this.calls.push(`get ${this.kindOf(id)}`);
    this.inner.get(id, callback);
  }

  override set(id: string, session: SessionData, callback?: (error?: unknown) => void): void {
    this.calls.push(`set ${this.kindOf(id)}`);
    this.inner.set(id, session, callback);
  }

  override destroy(id: string, callback?: (error?: unknown) => void): void {
    this.calls.push(`destroy ${this.kindOf(id)}`);
    this.inner.destroy(id, callback);
  }

  override touch(id: string, session: SessionData, callback?: () => void): void {
    this.calls.push('touch');
    this.inner.touch(id, session, callback);
  }

  private kindOf(id: string): string {
    return /^sf-headless-([a-z]+)-/.exec(id)?.[1] ?? 'session';
  }
}

/** A shop whose visitors can ask for their token, call an API, get a link and log out. */
export function createTokenShop({ routes, ...options }: ShopOptions): Shop {
  return createShop({
    ...options,
    headless: { secret: 'a-sealing-secret', ...options.headless },
    routes: (app, passport) => {
      app.get('/token', (req, res, next) => {
        req.headless.accessToken().then((token) => res.json({ token }), next);
      });
      app.post('/call', (req, res, next) => {
        const { path, init } = req.body as { path: string; init?: ApiCall };
        const answer = req.headless.fetch(path, init).then(async (reply) => {
          const headers = Object.fromEntries(reply.headers);
          res.json({ status: reply.status, headers, text: await reply.text() });
        });
        answer.catch(next);
      });
      app.get('/link', (req, res, next) => {
        req.headless.siteUrl('/account').then((link) => res.json({ link }), next);
      });
      app.post('/leave', (req, res, next) => {
        req.headless.logout().then((left) => res.json(left), next);
      });
      routes?.(app, passport);
    },
  });
}

/** One browser. */
export type Visitor = ReturnType<typeof request.agent>;

/** A browser in which somebody has logged in. */
export async function loggedIn(shop: Shop, who: object = alice): Promise<Visitor> {
  const agent = request.agent(shop.app);
  await agent.post('/login').send(who).expect(200);
  return agent;
}

/** The cookie of somebody who has logged in, to be shown to any process of the app. */
export async function sessionCookie(shop: Shop, who: object = alice): Promise<string> {
  const { headers } = await request(shop.app).post('/login').send(who).expect(200);
  const [cookie = ''] = [headers['set-cookie'] ?? []].flat();
  return cookie.split(';')[0] ?? '';
}

/** What a process answers to whoever shows a cookie and asks for the token. */
export async function askToken(
  shop: Shop,
  cookie: string,
): Promise<{ readonly status: number; readonly token?: string; readonly code?: string }> {
  const { status, body } = await request(shop.app).get('/token').set('cookie', cookie);
  return { status, ...(body as object) };
}

/** The access token that a visitor is given. */
export async function tokenOf(visitor: Visitor): Promise<string> {
  const { status, body } = await visitor.get('/token');
  assert.equal(status, 200, JSON.stringify(body));
  return (body as { token: string }).token;
}

/** The refresh tokens that came to the emulator's token endpoint, oldest first. */
export function refreshesSeen(emulator: Emulator): string[] {
  return emulator
    .log()
    .filter(({ path }) => path.endsWith('/oauth2/token'))
    .map(({ body }) => new URLSearchParams(body).get('refresh_token'))
    .filter((token) => token !== null);
}

/** Asserts that no refresh token has been used twice. */
export function assertNoneTwice(emulator: Emulator): void {
  const seen = refreshesSeen(emulator);
  assert.equal(new Set(seen).size, seen.length, 'a refresh token was used twice');
}

/** Calls of one endpoint that the emulator has had. */
export function callsOf(emulator: Emulator, endpoint: string): number {
  return emulator.log().filter(({ path }) => path.endsWith(endpoint)).length;
}

/** Whether the emulator takes an access token. */
export async function isAlive(emulator: Emulator, token: string): Promise<boolean> {
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(`${emulator.url}/services/oauth2/userinfo`, { headers });
  await answer.text();
  return answer.status === 200;
}
