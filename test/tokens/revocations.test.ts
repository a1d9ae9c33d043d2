import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import { later } from '../flows/later.js';
import type { Shop } from '../support/shop.js';
import {
  bob,
  CountingStore,
  createTokenShop,
  loggedIn,
  pass,
  rotate,
  type Visitor,
} from './token-shop.js';

/** Seconds between the tries, as docs/tokens.md says: after 5 seconds, then at growing distances up to an hour. */
const waits = [5, 30, 120, 600, 3_600];
const day = 86_400;

describe('tokens that Salesforce does not end', () => {
  let emulator: Emulator;
  let store: CountingStore;
  const shops: Shop[] = [];
  before(async () => {
    emulator = await startEmulator();
  });
  after(() => emulator.close());
  beforeEach(() => {
    rotate(emulator);
    store = new CountingStore();
    emulator.settings({ approvalsPerUser: 500 });
    emulator.faults([{ match: 'POST /services/oauth2/revoke', fault: 'status' }]);
  });
  afterEach(async () => {
    await Promise.all(shops.splice(0).map((shop) => shop.close()));
    emulator.reset();
  });
  const open = (): Shop => {
    const shop = createTokenShop({ emulator, store });
    shops.push(shop);
    return shop;
  };
  /** The tokens that were to be ended, oldest call first. */
  const tried = (): string[] =>
    emulator
      .log()
      .filter(({ path }) => path.endsWith('/oauth2/revoke'))
      .map(({ body }) => new URLSearchParams(body).get('token') ?? '');
  /** Somebody comes by, so many seconds from now, and what that sets off is over. */
  const comesBy = (visitor: Visitor, seconds: number): Promise<void> =>
    later(seconds, async () => {
      await visitor.get('/me');
      await pass(150);
    });

  it('are tried again five times, each time at its time, and are forgotten then', async () => {
    const visitor = await loggedIn(open());
    await visitor.post('/leave').expect(200);
    let now = 0;
    for (const [before, wait] of waits.entries()) {
      await comesBy(visitor, now + wait - 1);
      assert.equal(tried().length, 1 + before, 'not before its time');
      assert.match(store.dump, /sf-headless-revocations-/);
      now += wait + 1;
      await comesBy(visitor, now);
      assert.equal(tried().length, 2 + before);
    }
    assert.equal(new Set(tried()).size, 1);
    assert.doesNotMatch(store.dump, /sf-headless-revocations-/);
    await comesBy(visitor, now + day);
    assert.equal(tried().length, 6);
  });

  it('are each tried again at their own time', async () => {
    const shop = open();
    const [one, other] = [await loggedIn(shop), await loggedIn(shop)];
    await one.post('/leave').expect(200);
    await later(4, () => other.post('/leave').expect(200));
    await comesBy(one, 6);
    const [first, second, ...again] = tried();
    assert.notEqual(second, first);
    assert.deepEqual(again, [first]);
    await comesBy(one, 10);
    assert.deepEqual(tried().slice(3), [second]);
  });

  it('are two hundred at most: for a new one the oldest is left to end by itself', async () => {
    const shop = open();
    for (let left = 203; left > 0; left -= 1) {
      const visitor = await loggedIn(shop);
      await visitor.post('/leave').expect(200);
    }
    const owed = tried();
    assert.equal(owed.length, 203);
    emulator.clearLog();
    await later(6, async () => {
      await loggedIn(shop, bob);
      await pass(500);
    });
    assert.deepEqual(new Set(tried()), new Set(owed.slice(3)));
  }).timeout(30_000);

  it('are looked for by another process once a minute at most, and by nobody who only looks at pages', async () => {
    const other = open();
    const bobs = await loggedIn(other, bob);
    const visitor = await loggedIn(open());
    await visitor.post('/leave').expect(200);
    store.calls.splice(0);
    const looked = (): number => store.calls.filter((call) => call === 'get revocations').length;
    await comesBy(bobs, 50);
    await later(50, () => loggedIn(other, bob));
    assert.deepEqual([looked(), tried().length], [0, 1]);
    await comesBy(bobs, 61);
    assert.equal(looked(), 0);
    await later(61, async () => {
      await loggedIn(other, bob);
      await pass(150);
    });
    assert.equal(tried().length, 2);
  });
});
