import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import request from 'supertest';
import type { Shop, ShopOptions } from '../support/shop.js';
import {
  alice,
  askToken,
  assertNoneTwice,
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

describe('accessToken()', () => {
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
  });
  afterEach(async () => {
    await shop.close();
    emulator.reset();
  });
  const open = (options: Omit<ShopOptions, 'emulator'> = {}): void => {
    shop = createTokenShop({ emulator, store, ...options });
  };

  it('hands out the token of the login, without a call and at one store read a request', async () => {
    open({
      routes: (app) => {
        app.get('/twice', (req, res, next) => {
          const both = [req.headless.accessToken(), req.headless.accessToken()];
          Promise.all(both)
            .then(async (tokens) => res.json([...tokens, await req.headless.accessToken()]))
            .catch(next);
        });
      },
    });
    const visitor = await loggedIn(shop);
    await pass(50);
    emulator.clearLog();
    store.calls.splice(0);
    const { body } = await visitor.get('/twice').expect(200);
    assert.equal(new Set(body as string[]).size, 1);
    assert.deepEqual(store.calls.splice(0), ['get session', 'get tokens', 'touch']);
    assert.deepEqual(emulator.log(), []);
    assert.equal(await isAlive(emulator, (body as string[])[0] ?? ''), true);
    store.calls.splice(0);
    await visitor.get('/me');
    assert.deepEqual(store.calls, ['get session', 'touch'], 'not asked for, not read');
  });

  it('is renewed once for fifty requests in parallel, and all get the new one', async () => {
    open({ headless: { tokens: shortLived(0.6) } });
    const visitor = await loggedIn(shop);
    const old = await tokenOf(visitor);
    await pass(700);
    const tokens = await Promise.all(Array.from({ length: 50 }, () => tokenOf(visitor)));
    assert.equal(new Set(tokens).size, 1);
    assert.notEqual(tokens[0], old);
    assert.equal(refreshesSeen(emulator).length, 1);
  });

  it('goes on from one refresh token to the next', async () => {
    open({ headless: { tokens: shortLived(0.2) } });
    const visitor = await loggedIn(shop);
    const tokens = new Set<string>();
    for (let time = 0; time < 4; time += 1) {
      tokens.add(await tokenOf(visitor));
      await pass(220);
    }
    assert.equal(tokens.size, 4);
    assert.equal(new Set(refreshesSeen(emulator)).size, 3);
    assertNoneTwice(emulator);
  });

  it('keeps the refresh token where none comes back, and what else Salesforce does not say again', async () => {
    rotate(emulator, { isRefreshTokenRotationEnabled: false });
    const client = { scope: 'api openid refresh_token web' };
    open({ client, headless: { tokens: shortLived(0.2) } });
    const visitor = await loggedIn(shop);
    await pass(220);
    const first = await tokenOf(visitor);
    await pass(220);
    assert.notEqual(await tokenOf(visitor), first);
    assert.equal(refreshesSeen(emulator).length, 2);
    assert.equal(new Set(refreshesSeen(emulator)).size, 1);
    await visitor.get('/link').expect(200);
  });

  it('is in the store, with its refresh token, before anybody has it', async () => {
    open({ headless: { tokens: shortLived(0.2) } });
    const cookie = await sessionCookie(shop);
    await pass(220);
    store.calls.splice(0);
    const { token } = await askToken(shop, cookie);
    const written = store.calls.filter((call) => /^set (tokens|refresh)$/.test(call));
    // The intention, the outcome, and that the intention has come to one.
    assert.deepEqual(written, ['set refresh', 'set tokens', 'set refresh']);
    // Another process, which starts after this one has died, goes on from there.
    await shop.close();
    open({ headless: { tokens: shortLived(0.2) } });
    await pass(220);
    const next = await askToken(shop, cookie);
    assert.equal(next.status, 200);
    assert.notEqual(next.token, token);
    assertNoneTwice(emulator);
  });

  describe('before the end of a token', () => {
    it('keeps a margin, for a token that says when it ends', async () => {
      rotate(emulator, { isNamedUserJwtEnabled: true, namedUserJwtTimeout: 0.1 });
      open({ headless: { tokens: { margin: 4, jitter: 0 } } });
      const visitor = await loggedIn(shop);
      const old = await tokenOf(visitor);
      await pass(4_000);
      assert.notEqual(await tokenOf(visitor), old, 'half of six seconds is the most that is kept');
      assert.equal(await isAlive(emulator, old), true);
    }).timeout(10_000);

    it('does not refresh at every call a token that lives shorter than the margin', async () => {
      open({ headless: { tokens: { sessionTimeout: 2, margin: 60, jitter: 30 } } });
      const visitor = await loggedIn(shop);
      for (let time = 0; time < 10; time += 1) await tokenOf(visitor);
      assert.equal(refreshesSeen(emulator).length, 0);
    });

    it('renews it earlier by chance, and only one request waits for that', async () => {
      open({ headless: { tokens: { sessionTimeout: 4, margin: 0.01, jitter: 60 } } });
      emulator.settings({ approvalsPerUser: 50 });
      const visitors = await Promise.all(Array.from({ length: 12 }, () => loggedIn(shop)));
      await pass(3_600);
      emulator.faults([{ match: 'POST /services/oauth2/token', delay: 300 }]);
      const began = Date.now();
      const tokens = await Promise.all(
        visitors.map((visitor) => Promise.all([tokenOf(visitor), tokenOf(visitor)])),
      );
      assert.ok(Date.now() - began < 2_000);
      for (const [one, other] of tokens) {
        assert.ok((await isAlive(emulator, one)) && (await isAlive(emulator, other)));
      }
      assert.ok(refreshesSeen(emulator).length <= 12);
      assertNoneTwice(emulator);
    }).timeout(10_000);
  });

  describe('is refused with login_required', () => {
    const refused = async (visitor: ReturnType<typeof request.agent>): Promise<void> => {
      const { body } = await visitor.get('/token').expect(401);
      assert.equal(body.code, 'login_required');
    };

    it('to a stranger', async () => {
      open();
      await refused(request.agent(shop.app));
      assert.deepEqual(store.calls, []);
    });

    it('to a user whom the app has logged in by itself', async () => {
      open({
        routes: (app) => {
          app.post('/plain', (req, res, next) => {
            req.login({ id: 'somebody' }, (error: unknown) => {
              if (error) next(error);
              else res.json({});
            });
          });
        },
      });
      const visitor = request.agent(shop.app);
      await visitor.post('/plain').expect(200);
      await refused(visitor);
    });

    it('where no tokens are kept', async () => {
      open({ headless: { tokens: false } });
      await refused(await loggedIn(shop));
      assert.doesNotMatch(store.dump, /sf-headless-tokens/);
    });

    it('when the token ends and there is no refresh token', async () => {
      open({
        client: { scope: 'api openid' },
        headless: { tokens: shortLived(0.2) },
        routes: (app) => {
          app.get('/hint', (req, res, next) => {
            req.headless.accessToken().then(
              () => {
                next(new Error('there is a token'));
              },
              (error: unknown) => res.json({ hint: (error as { hint?: string }).hint }),
            );
          });
        },
      });
      const visitor = await loggedIn(shop, alice);
      await tokenOf(visitor);
      await pass(220);
      await refused(visitor);
      const { body } = await visitor.get('/hint').expect(200);
      assert.match(body.hint, /scope `refresh_token`/);
    });

    it('when Salesforce has ended the login, and it is not asked again', async () => {
      open({ headless: { tokens: shortLived(0.2) } });
      const visitor = await loggedIn(shop);
      emulator.deleteUser('alice@example.com');
      await pass(220);
      await refused(visitor);
      await refused(visitor);
      assert.equal(refreshesSeen(emulator).length, 1);
    });
  });
});
