import assert from 'node:assert/strict';
import { Store, type SessionData } from 'express-session';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import type { HeldLock, Locks } from '../../lib/index.js';
import type { Shop } from '../support/shop.js';
import {
  askToken,
  assertNoneTwice,
  callsOf,
  CountingStore,
  createTokenShop,
  isAlive,
  loggedIn,
  pass,
  refreshesSeen,
  rotate,
  sessionCookie,
  shortLived,
  tokenOf,
} from './token-shop.js';

/** Locks that several processes share, and that free themselves after a time: nobody renews them, as in a process that stalls. */
class Leases {
  private readonly held = new Map<string, { readonly by: symbol; readonly until: number }>();
  private readonly life: number;

  constructor(life: number) {
    this.life = life;
  }

  private isTaken(key: string): boolean {
    return (this.held.get(key)?.until ?? 0) > Date.now();
  }

  /** As one process has them. */
  locks(): Locks {
    return {
      run: async <T>(key: string, work: (lock?: HeldLock) => Promise<T>): Promise<T> => {
        while (this.isTaken(key)) await pass(5);
        const by = Symbol(key);
        this.held.set(key, { by, until: Date.now() + this.life });
        const isMine = (): boolean => this.isTaken(key) && this.held.get(key)?.by === by;
        try {
          return await work({ isHeld: () => Promise.resolve(isMine()) });
        } finally {
          if (isMine()) this.held.delete(key);
        }
      },
    };
  }
}

/** One process's way to a store that all share; some answers are late. */
class SlowView extends Store {
  private readonly inner: CountingStore;
  private readonly delayOf: (call: string) => number;

  constructor(inner: CountingStore, delayOf: (call: string) => number) {
    super();
    this.inner = inner;
    this.delayOf = delayOf;
  }

  override get(id: string, callback: (error: unknown, session?: SessionData | null) => void): void {
    this.inner.get(id, (error, found) => setTimeout(callback, this.late('get', id), error, found)); // prettier-ignore
  }

  override set(id: string, session: SessionData, callback?: (error?: unknown) => void): void {
    setTimeout(
      () => {
        this.inner.set(id, session, callback);
      },
      this.late('set', id),
    );
  }

  override destroy(id: string, callback?: (error?: unknown) => void): void {
    this.inner.destroy(id, callback);
  }

  private late(call: string, id: string): number {
    return this.delayOf(`${call} ${/^sf-headless-([a-z]+)-/.exec(id)?.[1] ?? 'session'}`);
  }
}

describe('a process that stalls in the middle of a refresh, for longer than its lock lasts', () => {
  let emulator: Emulator;
  const shops: Shop[] = [];
  before(async () => {
    emulator = await startEmulator();
  });
  after(() => emulator.close());
  beforeEach(() => {
    rotate(emulator);
  });
  afterEach(async () => {
    await Promise.all(shops.splice(0).map((shop) => shop.close()));
    emulator.reset();
  });

  for (const [where, answerAfter] of [
    ['get tokens', 0],
    ['get refresh', 0],
    ['set refresh', 0],
    // It goes on while the other one waits for Salesforce, and has written its own mark over the other's.
    ['set refresh', 900],
  ] as const) {
    it(`sends no refresh token a second time: ${where}, answered after ${answerAfter} ms`, async () => {
      const store = new CountingStore();
      const leases = new Leases(200);
      let stalls = false;
      const shopOf = (view: Store): Shop => {
        const headless = { tokens: shortLived(0.6), locks: leases.locks() };
        const shop = createTokenShop({
          emulator,
          store: view,
          client: { timeout: 3_000 },
          headless,
        });
        shops.push(shop);
        return shop;
      };
      const stalling = shopOf(new SlowView(store, (call) => (stalls && call === where ? 700 : 0)));
      const other = shopOf(store);
      const cookie = await sessionCookie(other);
      await pass(620);
      stalls = true;
      const late = askToken(stalling, cookie);
      // It has its lock, and stands still.
      await pass(where === 'get tokens' ? 900 : 300);
      emulator.faults([{ match: 'POST /services/oauth2/token', delay: answerAfter, times: 1 }]);
      const { token: fresh = '' } = await askToken(other, cookie);
      const answer = await late;
      stalls = false;
      assertNoneTwice(emulator);
      assert.equal(refreshesSeen(emulator).length, 1);
      assert.equal(answer.token ?? fresh, fresh);
      assert.equal(await isAlive(emulator, fresh), true);
      await pass(620);
      assert.equal((await askToken(other, cookie)).status, 200);
    }).timeout(20_000);
  }
});

describe('what a refresh leaves behind', () => {
  let emulator: Emulator;
  let shop: Shop;
  let store: CountingStore;
  before(async () => {
    emulator = await startEmulator();
  });
  after(() => emulator.close());
  beforeEach(() => {
    rotate(emulator);
    store = new CountingStore();
    const headless = { tokens: shortLived(0.3) };
    shop = createTokenShop({ emulator, store, client: { timeout: 3_000 }, headless });
  });
  afterEach(async () => {
    await shop.close();
    emulator.reset();
  });
  /** The refresh token that a login has been given last. */
  const isDead = async (refreshToken: string): Promise<boolean> => {
    const body = new URLSearchParams({ grant_type: 'refresh_token', client_id: '3MVG9.public', refresh_token: refreshToken }); // prettier-ignore
    const url = `${emulator.url}/services/oauth2/token`;
    return (await fetch(url, { method: 'POST', body })).status === 400;
  };

  it('is ended by the logout when its answer was lost: nobody has used it, perhaps', async () => {
    const visitor = await loggedIn(shop);
    const refreshToken = shop.logins[0]?.tokens.refreshToken ?? '';
    await pass(350);
    emulator.faults([{ match: 'POST /services/oauth2/token', fault: 'reset', times: 1 }]);
    assert.equal((await visitor.get('/token')).body.code, 'refresh_lost');
    await visitor.post('/leave').expect(200);
    assert.equal(callsOf(emulator, '/oauth2/revoke'), 1);
    assert.equal(await isDead(refreshToken), true);
    assert.doesNotMatch(store.dump, /sf-headless-(tokens|refresh)-/);
  });

  it('is ended at once when the store does not take it', async () => {
    const visitor = await loggedIn(shop);
    await pass(350);
    const { inner } = store;
    const set = inner.set.bind(inner);
    inner.set = (id, session, done) => {
      if (id.startsWith('sf-headless-tokens-')) done?.(new Error('the store is on fire'));
      else set(id, session, done);
    };
    assert.equal((await visitor.get('/token')).status, 503);
    inner.set = set;
    assert.equal(refreshesSeen(emulator).length, 1);
    assert.equal(callsOf(emulator, '/oauth2/revoke'), 1);
    const began = Date.now();
    assert.equal((await visitor.get('/token')).body.code, 'refresh_lost');
    assert.ok(Date.now() - began < 1_000, 'nobody waits for an answer that has come');
  });

  it('is renewed once more when Salesforce refuses it before the renewal is quite over', async () => {
    const visitor = await loggedIn(shop);
    const old = await tokenOf(visitor);
    await pass(350);
    const { inner } = store;
    const set = inner.set.bind(inner);
    let marks = 0;
    inner.set = (id, session, done) => {
      if (id.startsWith('sf-headless-refresh-')) marks += 1;
      // The tokens are stored by then, and that they are is not on record.
      const isLate = id.startsWith('sf-headless-refresh-') && marks === 2;
      setTimeout(
        () => {
          set(id, session, done);
        },
        isLate ? 1_000 : 0,
      );
    };
    const first = tokenOf(visitor);
    while (marks < 2) await pass(20);
    const match = 'GET /services/data/v66.0/query';
    emulator.faults([{ match, times: 1, fault: 'status', status: 401 }]);
    const { body } = await visitor.post('/call').send({ path: '/services/data/v66.0/query?q=SELECT Name FROM Booking__c' }); // prettier-ignore
    assert.equal(body.status, 200, JSON.stringify(body));
    assert.equal(new Set([old, await first, await tokenOf(visitor)]).size, 3);
    assertNoneTwice(emulator);
  });

  it('is stored all the same by a store that stumbles', async () => {
    const visitor = await loggedIn(shop);
    await pass(350);
    const { inner } = store;
    const set = inner.set.bind(inner);
    let left = 2;
    inner.set = (id, session, done) => {
      const fails = id.startsWith('sf-headless-tokens-') && left > 0;
      if (fails) left -= 1;
      if (fails) done?.(new Error('the store is on fire'));
      else set(id, session, done);
    };
    assert.equal((await visitor.get('/token')).status, 200);
    assert.equal(left, 0);
    assert.equal(refreshesSeen(emulator).length, 1);
  });
});
