import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import request from 'supertest';
import type { Shop, ShopOptions } from '../support/shop.js';
import { part } from '../emulator/browserless.js';
import {
  alice,
  callsOf,
  CountingStore,
  createTokenShop,
  isAlive,
  pass,
  refreshesSeen,
  rotate,
  tokenOf,
} from './token-shop.js';

describe('accessToken() of a guest', () => {
  let emulator: Emulator;
  let shop: Shop;
  let store: CountingStore;
  before(async () => {
    emulator = await startEmulator();
  });
  after(() => emulator.close());
  afterEach(async () => {
    await shop.close();
    emulator.reset();
  });
  const open = (options: Omit<ShopOptions, 'emulator'> = {}): ReturnType<typeof request.agent> => {
    store = new CountingStore();
    shop = createTokenShop({ emulator, store, ...options });
    return request.agent(shop.app);
  };

  it('is the token that made the guest', async () => {
    const visitor = open();
    const { body } = await visitor.post('/save');
    await pass(30);
    emulator.clearLog();
    const token = await tokenOf(visitor);
    assert.equal(part(token, 1)['sub'], `uvid:${String(body.guest.uvid)}`);
    assert.deepEqual(emulator.log(), []);
  });

  it('is renewed by the visitor id, once for all who ask', async () => {
    rotate(emulator, { guestJwtTimeout: 0.05 });
    const visitor = open();
    const { body } = await visitor.post('/save');
    const old = await tokenOf(visitor);
    await pass(3_300);
    emulator.clearLog();
    const tokens = new Set(await Promise.all(Array.from({ length: 10 }, () => tokenOf(visitor))));
    assert.equal(tokens.size, 1);
    assert.ok(!tokens.has(old));
    assert.equal(part([...tokens][0] ?? '', 1)['sub'], `uvid:${String(body.guest.uvid)}`);
    assert.equal(callsOf(emulator, '/oauth2/token'), 1);
    assert.equal(refreshesSeen(emulator).length, 0);
  }).timeout(10_000);

  it('comes anew when its record cannot be had', async () => {
    const visitor = open();
    const { body } = await visitor.post('/save');
    const sessions = Reflect.get(store.inner, 'sessions') as Record<string, string>;
    for (const key of Object.keys(sessions)) {
      if (key.startsWith('sf-headless-tokens')) Reflect.deleteProperty(sessions, key);
    }
    assert.equal(part(await tokenOf(visitor), 1)['sub'], `uvid:${String(body.guest.uvid)}`);
  });

  it('is dropped when the guest becomes a user, who has a token of their own', async () => {
    const visitor = open();
    await visitor.post('/save');
    const guestToken = await tokenOf(visitor);
    await visitor.post('/login').send(alice).expect(200);
    await pass(50);
    const token = await tokenOf(visitor);
    assert.notEqual(token, guestToken);
    const records = store.dump.match(/sf-headless-tokens-/g) ?? [];
    assert.equal(records.length, 1);
  });

  it('leaves a user’s tokens alone when a page asks for a guest all the same', async () => {
    const visitor = open();
    await visitor.post('/login').send(alice).expect(200);
    const token = await tokenOf(visitor);
    await visitor.post('/save').expect(200);
    assert.equal(await tokenOf(visitor), token);
  });

  it('does not outlive a login that overtakes its renewal', async () => {
    rotate(emulator, { guestJwtTimeout: 0.05 });
    const visitor = open();
    await visitor.post('/save');
    const { headers } = await visitor.get('/me');
    assert.equal(headers['set-cookie'], undefined);
    await pass(3_300);
    emulator.faults([{ match: 'POST /services/oauth2/token', times: 1, delay: 700 }]);
    const late = visitor.get('/token').then(({ status }) => status);
    await pass(150);
    await visitor.post('/login').send(alice).expect(200);
    assert.ok([200, 401].includes(await late));
    await pass(50);
    assert.equal((store.dump.match(/sf-headless-tokens-/g) ?? []).length, 1);
    assert.equal(await isAlive(emulator, await tokenOf(visitor)), true);
  }).timeout(10_000);
});
