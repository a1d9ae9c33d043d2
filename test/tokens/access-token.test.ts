import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import request from 'supertest';
import { later } from '../flows/later.js';
import type { Shop, ShopOptions } from '../support/shop.js';
import type { RequestHandler } from '../support/stacks.js';
import {
  alice,
  askToken,
  assertNoneTwice,
  bob,
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

    for (const who of ['this process', 'another process']) {
      it(`renews it earlier by chance, and only one request waits for that, also of ${who}`, async () => {
        const headless = { tokens: { sessionTimeout: 4_000, margin: 10, jitter: 4_000 } };
        open({ headless });
        const other =
          who === 'this process' ? shop : createTokenShop({ emulator, store, headless });
        emulator.settings({ approvalsPerUser: 50 });
        const cookies = await Promise.all(Array.from({ length: 24 }, () => sessionCookie(shop)));
        const old = await Promise.all(cookies.map((cookie) => askToken(shop, cookie)));
        emulator.faults([{ match: 'POST /services/oauth2/token', delay: 2_000 }]);
        let isAnswered = false;
        const answers = await later(3_600, async () => {
          const first = cookies.map(async (cookie, place) => {
            const { token } = await askToken(shop, cookie);
            if (token !== old[place]?.token) isAnswered = true;
            return token;
          });
          await pass(400);
          const second = await Promise.all(cookies.map((cookie) => askToken(other, cookie)));
          assert.equal(isAnswered, false, 'the others waited for the answer of Salesforce');
          assert.deepEqual(second, old);
          return Promise.all(first);
        });
        if (other !== shop) await other.close();
        const renewed = answers.filter((token, place) => token !== old[place]?.token);
        assert.ok(renewed.length > 0 && renewed.length < cookies.length, 'not by chance');
        assert.equal(refreshesSeen(emulator).length, renewed.length);
        assertNoneTwice(emulator);
      });
    }
  });

  describe('within one request', () => {
    /** A route that asks for the token, has something done, and asks again. */
    const aroundIt = (...doing: RequestHandler[]): void => {
      open({
        routes: (app, passport) => {
          const ask: RequestHandler = (req, res, next) => {
            const { tokens = [] } = res.locals as { tokens?: string[] };
            req.headless.accessToken().then((token) => {
              res.locals['tokens'] = [...tokens, token];
              next();
            }, next);
          };
          const login = passport.authenticate('sf-headless-password') as RequestHandler;
          app.post('/around', ask, ...(doing.length > 0 ? doing : [login]), ask, (_req, res) => {
            res.json(res.locals);
          });
        },
      });
    };

    it('is refused after the logout, though it has been handed out before', async () => {
      aroundIt((req, _res, next) => {
        req.headless.logout().then(() => {
          next();
        }, next);
      });
      const { body } = await (await loggedIn(shop)).post('/around').expect(401);
      assert.equal(body.code, 'login_required');
    });

    it('is the other user’s after the login of another user', async () => {
      aroundIt();
      const visitor = await loggedIn(shop);
      const { body } = await visitor.post('/around').send(bob).expect(200);
      const [alices, bobs] = body.tokens as string[];
      assert.notEqual(alices, bobs);
      assert.equal(bobs, await tokenOf(visitor));
      assert.equal(bobs, shop.logins.at(-1)?.tokens.accessToken);
    });
  });

  describe('never is somebody else’s', () => {
    interface Known {
      readonly identity?: object;
      readonly guest?: { readonly uvid: string };
    }
    /** The app, or a fault of it, changes what its session says. */
    const openWith = (change: (known: Known) => object): void => {
      open({
        routes: (app) => {
          app.post('/change', (req, res) => {
            const { session } = req as unknown as { session: { readonly sfHeadless: Known } };
            Object.assign(session, change(session.sfHeadless));
            res.json({});
          });
        },
      });
    };
    const refusedThen = async (visitor: ReturnType<typeof request.agent>): Promise<void> => {
      await visitor.post('/change').expect(200);
      const { body } = await visitor.get('/token').expect(401);
      assert.equal(body.code, 'login_required');
    };

    it('where the session names another user than its tokens', async () => {
      openWith(({ identity, ...data }) => ({
        sfHeadless: { ...data, identity: { ...identity, userId: '005xx0000099999AAA' } },
      }));
      await refusedThen(await loggedIn(shop));
    });

    it('where the session has a user, and a guest’s tokens', async () => {
      openWith(({ guest }) => ({
        passport: { user: { id: 'somebody' } },
        sfHeadless: { identity: { userId: guest?.uvid } },
      }));
      const visitor = request.agent(shop.app);
      await visitor.post('/save').expect(200);
      await tokenOf(visitor);
      await refusedThen(visitor);
    });
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

    it('to a user whom the app has logged in by itself, a guest before or not', async () => {
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
      const guest = request.agent(shop.app);
      await guest.post('/save').expect(200);
      await tokenOf(guest);
      await guest.post('/plain').expect(200);
      await refused(guest);
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

    it('when Salesforce has ended the login, though the old token would last a little longer', async () => {
      open({ headless: { tokens: shortLived(100) } });
      const visitor = await loggedIn(shop);
      await tokenOf(visitor);
      emulator.deleteUser('alice@example.com');
      await later(60, () => refused(visitor));
    });
  });
});
