import assert from 'node:assert/strict';
import { MemoryStore, Store, type SessionData } from 'express-session';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import type { Shop } from '../support/shop.js';
import {
  askToken,
  assertNoneTwice,
  createTokenShop,
  isAlive,
  pass,
  refreshesSeen,
  rotate,
  sessionCookie,
  shortLived,
} from './token-shop.js';

const refresh = 'POST /services/oauth2/token';

/** One process's connection to a store that several share. */
class Connection extends Store {
  private readonly inner: MemoryStore;
  private readonly waiting: (() => void)[] = [];
  private state: 'open' | 'cut' | 'closed' = 'open';

  private readonly slowness: number;

  /** @param slowness milliseconds that a write takes. */
  constructor(inner: MemoryStore, slowness = 0) {
    super();
    this.inner = inner;
    this.slowness = slowness;
  }

  /** As if the process had died: nothing is done and nobody is called back any more. */
  cut(): void {
    this.state = 'cut';
  }

  /** Lets whoever waits for a connection that is cut go. */
  close(): void {
    this.state = 'closed';
    for (const callBack of this.waiting) callBack();
  }

  private later(operation: () => void): void {
    if (this.slowness === 0) operation();
    else setTimeout(operation, this.slowness);
  }

  private isOpen(callback?: (error?: unknown) => void): boolean {
    const refuse = (): void => callback?.(new Error('there is no connection'));
    if (this.state === 'cut') this.waiting.push(refuse);
    if (this.state === 'closed') refuse();
    return this.state === 'open';
  }

  override get(id: string, callback: (error: unknown, session?: SessionData | null) => void): void {
    if (this.isOpen(callback)) this.inner.get(id, callback);
  }

  override set(id: string, session: SessionData, callback?: (error?: unknown) => void): void {
    this.later(() => {
      if (this.isOpen(callback)) this.inner.set(id, session, callback);
    });
  }

  override destroy(id: string, callback?: (error?: unknown) => void): void {
    if (this.isOpen(callback)) this.inner.destroy(id, callback);
  }

  override touch(id: string, session: SessionData, callback?: () => void): void {
    if (this.isOpen()) this.inner.touch(id, session, callback);
    else callback?.();
  }
}

describe('tokens of one session in two processes without shared locks', () => {
  let emulator: Emulator;
  let memory: MemoryStore;
  const shops: Shop[] = [];
  before(async () => {
    emulator = await startEmulator();
  });
  after(() => emulator.close());
  beforeEach(() => {
    rotate(emulator);
    memory = new MemoryStore();
  });
  afterEach(async () => {
    await Promise.all(shops.splice(0).map((shop) => shop.close()));
    emulator.reset();
  });

  const start = (seconds: number, store: Store = new Connection(memory), timeout = 2_000): Shop => {
    const tokens = shortLived(seconds);
    const shop = createTokenShop({ emulator, store, client: { timeout }, headless: { tokens } });
    shops.push(shop);
    return shop;
  };
  const sessions = (): Record<string, string> =>
    Reflect.get(memory, 'sessions') as Record<string, string>;
  const tokenKey = (): string =>
    Object.keys(sessions()).find((key) => key.startsWith('sf-headless-tokens-')) ?? '';

  it('are refreshed once, though both begin at the same moment and one is slow to write', async () => {
    emulator.settings({ approvalsPerUser: 100 });
    // What the second one has read is old by the time that it writes.
    const [one, other] = [start(3), start(3, new Connection(memory, 100))];
    const cookies = await Promise.all(Array.from({ length: 12 }, () => sessionCookie(one)));
    await pass(3_100);
    const all = await Promise.all(
      cookies.map((cookie) => Promise.all([askToken(one, cookie), askToken(other, cookie)])),
    );
    for (const [{ token = '' }, second] of all) {
      assert.equal(second.token, token);
      assert.equal(await isAlive(emulator, token), true);
    }
    assert.equal(refreshesSeen(emulator).length, cookies.length);
    assertNoneTwice(emulator);
  }).timeout(15_000);

  it('are not refreshed by one while the other waits for an answer', async () => {
    const [one, other] = [start(2), start(2)];
    const cookie = await sessionCookie(one);
    await pass(2_100);
    emulator.faults([{ match: refresh, times: 1, delay: 900 }]);
    const first = askToken(one, cookie);
    await pass(500);
    const second = await askToken(other, cookie);
    assert.equal(second.token, (await first).token);
    assert.equal(refreshesSeen(emulator).length, 1);
  }).timeout(6_000);

  it('are read again when a refusal turns out to be about tokens that another has renewed', async () => {
    const [one, other] = [start(1), start(1)];
    const cookie = await sessionCookie(one);
    const before = sessions()[tokenKey()] ?? '';
    await pass(1_050);
    const { token } = await askToken(one, cookie);
    const renewed = sessions()[tokenKey()] ?? '';
    sessions()[tokenKey()] = before;
    const body = { error: 'invalid_grant', error_description: 'expired access/refresh token' };
    emulator.faults([{ match: refresh, times: 1, delay: 300, fault: 'status', status: 400, body }]);
    const late = askToken(other, cookie);
    await pass(380);
    sessions()[tokenKey()] = renewed;
    const { status, token: same } = await late;
    assert.deepEqual([status, same], [200, token]);
  });

  it('are given up when their refresher has died, within the time of a call and a little', async () => {
    const dying = new Connection(memory);
    const [one, other] = [start(0.4, dying, 700), start(0.4, undefined, 700)];
    const cookie = await sessionCookie(one);
    await pass(450);
    emulator.faults([{ match: refresh, times: 1, delay: 300 }]);
    const unanswered = askToken(one, cookie);
    await pass(400);
    dying.cut();
    const began = Date.now();
    const { status, code } = await askToken(other, cookie);
    assert.deepEqual([status, code], [401, 'refresh_lost']);
    assert.ok(Date.now() - began < 4_500);
    const soon = Date.now();
    assert.equal((await askToken(other, cookie)).code, 'refresh_lost');
    assert.ok(Date.now() - soon < 500, 'nobody waits twice');
    assertNoneTwice(emulator);
    const again = await sessionCookie(other);
    assert.equal((await askToken(other, again)).status, 200);
    dying.close();
    await unanswered;
  }).timeout(8_000);

  it('serve on by the old access token while a refresher is away', async () => {
    const dying = new Connection(memory);
    const [one, other] = [start(60, dying), start(60)];
    const cookie = await sessionCookie(one);
    const { token } = await askToken(one, cookie);
    dying.cut();
    assert.equal((await askToken(other, cookie)).token, token);
  });
});
