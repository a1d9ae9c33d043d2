import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import { part } from '../emulator/browserless.js';
import type { Shop } from '../support/shop.js';
import { assertNoneTwice, CountingStore, createTokenShop, pass, refreshesSeen, rotate } from './token-shop.js'; // prettier-ignore

const people = Array.from({ length: 20 }, (_, number) => `user${number}@example.com`);
const sessionsEach = 50;

describe('a thousand sessions of twenty users', () => {
  let emulator: Emulator;
  let shop: Shop;
  let server: Server;
  let origin: string;
  let store: CountingStore;
  const userIds = new Map<string, string>();
  const sessions: { readonly cookie: string; readonly username: string }[] = [];

  before(async function () {
    this.timeout(120_000);
    emulator = await startEmulator({ settings: { approvalsPerUser: 1_000 } });
    // Twelve seconds by the token itself: due for renewal after six.
    rotate(emulator, { isNamedUserJwtEnabled: true, namedUserJwtTimeout: 0.2 });
    for (const username of people) emulator.user(username, { password: 'Passw0rd!' });
    for (const { username, userId } of Object.values(emulator.state().users)) {
      userIds.set(username, userId);
    }
    store = new CountingStore();
    shop = createTokenShop({
      emulator,
      store,
      headless: { tokens: { jitter: 1 } },
    });
    server = createServer(shop.app).listen(0, '127.0.0.1');
    await once(server, 'listening');
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(async () => {
    server.closeAllConnections();
    server.close();
    await shop.close();
    await emulator.close();
  });

  const logIn = async (username: string): Promise<void> => {
    const body = JSON.stringify({ username, password: 'Passw0rd!' });
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${origin}/login`, { method: 'POST', headers, body });
    await answer.text();
    assert.equal(answer.status, 200);
    const cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    sessions.push({ cookie, username });
  };
  const check = async ({ cookie, username }: (typeof sessions)[number]): Promise<void> => {
    const answer = await fetch(`${origin}/token`, { headers: { cookie } });
    const { token = '', code } = (await answer.json()) as { token?: string; code?: string };
    assert.equal(answer.status, 200, code);
    assert.equal(part(token, 1)['sub'], `uid:${userIds.get(username) ?? ''}`);
  };
  /** All of it, some at a time. */
  const inTurns = async <T>(all: readonly T[], work: (each: T) => Promise<void>): Promise<void> => {
    const left = [...all];
    const worker = async (): Promise<void> => {
      for (let next = left.pop(); next !== undefined; next = left.pop()) await work(next);
    };
    await Promise.all(Array.from({ length: 40 }, worker));
  };

  it('each get tokens of their own user, through every refresh', async () => {
    await inTurns(
      people.flatMap((username) => Array.from({ length: sessionsEach }, () => username)),
      logIn,
    );
    assert.equal(sessions.length, people.length * sessionsEach);
    await pass(6_500);
    await inTurns([...sessions, ...sessions], check);
    assert.ok(refreshesSeen(emulator).length >= sessions.length, 'every login is refreshed');
    assertNoneTwice(emulator);
  }).timeout(120_000);

  it('do not open each other’s records', async () => {
    const memory = Reflect.get(store.inner, 'sessions') as Record<string, string>;
    const keyOf = ({ cookie }: { readonly cookie: string }): string => {
      const id = /s:(.+)\./.exec(decodeURIComponent(cookie))?.[1] ?? '';
      return `sf-headless-tokens-${createHash('sha256').update(id).digest('base64url')}`;
    };
    const [one, other] = [sessions.at(0), sessions.at(-1)];
    assert.ok(one && other && memory[keyOf(one)] !== undefined);
    memory[keyOf(one)] = memory[keyOf(other)] ?? '';
    const answer = await fetch(`${origin}/token`, { headers: { cookie: one.cookie } });
    assert.equal(((await answer.json()) as { code?: string }).code, 'login_required');
    await check(other);
  });
});
