import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import request from 'supertest';
import type { Shop, ShopOptions } from '../support/shop.js';
import {
  alice,
  askToken,
  assertNoneTwice,
  callsOf,
  CountingStore,
  createTokenShop,
  isAlive,
  loggedIn,
  pass,
  rotate,
  sessionCookie,
  shortLived,
  tokenOf,
} from './token-shop.js';

const revoke = 'POST /services/oauth2/revoke';

describe('the end of tokens', () => {
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
  });
  afterEach(async () => {
    await Promise.all(shops.splice(0).map((shop) => shop.close()));
    emulator.reset();
  });
  const open = (options: Omit<ShopOptions, 'emulator'> = {}): Shop => {
    const shop = createTokenShop({ emulator, store, ...options });
    shops.push(shop);
    return shop;
  };
  const leave = (shop: Shop, cookie: string) =>
    request(shop.app).post('/leave').set('cookie', cookie);
  const records = (): number => (store.dump.match(/sf-headless-tokens-/g) ?? []).length;

  it('comes with the logout, at Salesforce too', async () => {
    const shop = open();
    const visitor = await loggedIn(shop);
    const token = await tokenOf(visitor);
    const { body } = await visitor.post('/leave').expect(200);
    assert.deepEqual(body, {});
    assert.equal(await isAlive(emulator, token), false);
    assert.equal(callsOf(emulator, '/oauth2/revoke'), 1);
    assert.equal(records(), 0);
    await visitor.get('/token').expect(401);
  });

  it('says where the browser ends its session on the site, when it has one', async () => {
    const shop = open({ client: { scope: 'api openid refresh_token web' } });
    const visitor = await loggedIn(shop);
    await visitor.get('/link').expect(200);
    const { body } = await visitor.post('/leave').expect(200);
    assert.equal(body.siteLogoutUrl, `${emulator.url}/services/auth/idp/oidc/logout`);
  });

  it('says nothing of the site when the link was refused', async () => {
    const visitor = await loggedIn(open());
    const { body: refused } = await visitor.get('/link').expect(503);
    assert.equal(refused.code, 'scope_missing');
    const { body } = await visitor.post('/leave').expect(200);
    assert.deepEqual(body, {});
  });

  it('says so still when somebody has logged in once more in between', async () => {
    const shop = open({ client: { scope: 'api openid refresh_token web' } });
    for (const who of [alice, { ...alice, username: 'bob@example.com' }]) {
      const visitor = await loggedIn(shop);
      await visitor.get('/link').expect(200);
      await visitor.post('/login').send(who).expect(200);
      const { body } = await visitor.post('/leave').expect(200);
      assert.notEqual(
        body.siteLogoutUrl,
        undefined,
        'the browser’s session on the site is still there',
      );
    }
  });

  it('ends the refresh token, and the access token with it', async () => {
    const shop = open();
    const visitor = await loggedIn(shop);
    const token = await tokenOf(visitor);
    const refreshToken = shop.logins[0]?.tokens.refreshToken ?? '';
    await visitor.post('/leave').expect(200);
    assert.equal(await isAlive(emulator, token), false);
    await assert.rejects(shop.client.refresh({ refreshToken }), { code: 'login_required' });
  });

  it('is on record while Salesforce hangs, should this process die, and off it when Salesforce answers', async () => {
    const shop = open({ client: { timeout: 3_000 } });
    const visitor = await loggedIn(shop);
    emulator.faults([{ match: revoke, times: 1, delay: 1_000 }]);
    const leaving = visitor.post('/leave').then(() => undefined);
    await pass(700);
    assert.match(store.dump, /sf-headless-revocations-/);
    await leaving;
    await pass(100);
    assert.doesNotMatch(store.dump, /sf-headless-revocations-/);
    assert.equal(callsOf(emulator, '/oauth2/revoke'), 1);
  });

  it('ends the tokens though the store fails at any one of its steps', async () => {
    for (let step = 0; step < 8; step += 1) {
      const shop = open();
      const visitor = await loggedIn(shop);
      const token = await tokenOf(visitor);
      const { inner } = store;
      const own = {
        get: inner.get.bind(inner),
        set: inner.set.bind(inner),
        destroy: inner.destroy.bind(inner),
      };
      let left = step;
      const failing =
        (name: 'get' | 'set' | 'destroy') =>
        (...parts: unknown[]): void => {
          const done = parts.at(-1) as (error: unknown) => void;
          // The session itself is read before anybody logs out of it.
          const isOurs = name !== 'get' || String(parts[0]).startsWith('sf-headless-');
          if (isOurs && left === 0) setImmediate(done, new Error('the store is on fire'));
          else Reflect.apply(own[name], inner, parts);
          if (isOurs) left -= 1;
        };
      Object.assign(inner, {
        get: failing('get'),
        set: failing('set'),
        destroy: failing('destroy'),
      });
      await visitor.post('/leave');
      await pass(250);
      Object.assign(inner, own);
      assert.equal(await isAlive(emulator, token), false, `step ${step}`);
    }
  }).timeout(15_000);

  it('removes a record that no key of the ring opens', async () => {
    const cookie = await sessionCookie(open({ headless: { secret: 'old' } }));
    const shop = open({ headless: { secret: 'new' } });
    assert.equal(records(), 1);
    await leave(shop, cookie).expect(200);
    assert.equal(records(), 0);
  });

  it('is the same for two logouts at once, and for one more', async () => {
    const shop = open();
    const cookie = await sessionCookie(shop);
    const both = await Promise.all([leave(shop, cookie), leave(shop, cookie)]);
    assert.deepEqual(both.map(({ status }) => status), [200, 200]); // prettier-ignore
    await leave(shop, cookie).expect(200);
    assert.equal(records(), 0);
    assert.equal((await askToken(shop, cookie)).status, 401);
  });

  it('does not wait for a refresh that hangs; what that brings is ended and never stored', async () => {
    const shop = open({ headless: { tokens: shortLived(0.3) } });
    const cookie = await sessionCookie(shop);
    await pass(350);
    // The endpoint acts when the wait is over, after the logout.
    emulator.faults([{ match: 'POST /services/oauth2/token', times: 1, delay: 1_500 }]);
    const renewing = askToken(shop, cookie);
    await pass(300);
    emulator.faults([{ match: revoke, times: 1, fault: 'status' }]);
    const began = Date.now();
    await leave(shop, cookie).expect(200);
    assert.ok(Date.now() - began < 1_000, 'the logout waited for the refresh');
    assert.equal((await renewing).code, 'login_required');
    assert.equal(records(), 0);
    const [first, second] = emulator.log().filter(({ path }) => path.endsWith('/revoke'));
    assert.equal(first?.status, 500);
    assert.equal(second?.status, 200, 'the new refresh token is ended');
    assertNoneTwice(emulator);
  }).timeout(6_000);

  it('takes less than three seconds while Salesforce hangs, and comes later all the same', async () => {
    const shop = open({ client: { timeout: 3_000 } });
    const visitor = await loggedIn(shop);
    const token = await tokenOf(visitor);
    emulator.faults([{ match: revoke, times: 1, fault: 'hang' }]);
    const began = Date.now();
    await visitor.post('/leave').expect(200);
    assert.ok(Date.now() - began < 3_000);
    await visitor.get('/token').expect(401);
    assert.equal(await isAlive(emulator, token), true);
    assert.match(store.dump, /sf-headless-revocations-/);
    await shop.close();
    shops.pop();
    await pass(5_100);
    // Another process, in which somebody logs in.
    await loggedIn(open(), { ...alice, username: 'bob@example.com' });
    await pass(200);
    assert.equal(await isAlive(emulator, token), false);
    assert.doesNotMatch(store.dump, /sf-headless-revocations-/);
  }).timeout(15_000);

  it('is not held up by a retry that hangs', async () => {
    const shop = open({ client: { timeout: 4_000 }, headless: { tokens: { revokeTimeout: 0.3 } } });
    const [one, other] = await Promise.all([loggedIn(shop), loggedIn(shop)]);
    emulator.faults([{ match: revoke, fault: 'hang' }]);
    await one.post('/leave').expect(200);
    await pass(5_200);
    await one.get('/me');
    await pass(100);
    const began = Date.now();
    await other.post('/leave').expect(200);
    assert.ok(Date.now() - began < 1_200);
  }).timeout(15_000);

  it('goes on record once, and is tried a bounded number of times', async () => {
    const shop = open({ headless: { tokens: { revokeTimeout: 0.2 } } });
    emulator.faults([{ match: revoke, fault: 'status' }]);
    const visitor = await loggedIn(shop);
    await visitor.post('/leave').expect(200);
    for (let time = 0; time < 20; time += 1) await visitor.get('/me');
    assert.equal(callsOf(emulator, '/oauth2/revoke'), 1, 'not before its time');
    await pass(5_100);
    await Promise.all(Array.from({ length: 10 }, () => visitor.get('/me')));
    await pass(100);
    assert.equal(callsOf(emulator, '/oauth2/revoke'), 2);
  }).timeout(15_000);

  it('comes for the tokens of the former login when somebody logs in again', async () => {
    const shop = open();
    const visitor = await loggedIn(shop);
    const former = await tokenOf(visitor);
    await visitor.post('/login').send(alice).expect(200);
    await pass(200);
    assert.equal(await isAlive(emulator, former), false);
    assert.equal(await isAlive(emulator, await tokenOf(visitor)), true);
    assert.equal(records(), 1);
  });

  it('comes for all but one of three logins by a triple click', async () => {
    const shop = open();
    const visitor = request.agent(shop.app);
    await visitor.post('/save');
    const clicks = [1, 2, 3].map(() => visitor.post('/login').send(alice).expect(200));
    await Promise.all(clicks);
    await pass(300);
    const issued = callsOf(emulator, '/oauth2/token') - 1;
    assert.equal(issued, 3);
    assert.equal(callsOf(emulator, '/oauth2/revoke'), 2);
    assert.equal(records(), 1);
    assert.equal(await isAlive(emulator, await tokenOf(visitor)), true);
  });

  it('comes for a login that the store does not take', async () => {
    const shop = open();
    const { inner } = store;
    const set = inner.set.bind(inner);
    inner.set = (id, session, done) => {
      if (id.startsWith('sf-headless-')) set(id, session, done);
      else done?.(new Error('the store is on fire'));
    };
    await request(shop.app).post('/login').send(alice).expect(503);
    assert.equal(callsOf(emulator, '/oauth2/revoke'), 1);
    assert.equal(records(), 0);
  });
});
