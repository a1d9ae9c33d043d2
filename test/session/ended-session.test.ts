import assert from 'node:assert/strict';
import { MemoryStore, type SessionData } from 'express-session';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import request from 'supertest';
import { createShop, type Shop, type ShopOptions } from '../support/shop.js';

const alice = { username: 'alice@example.com', password: 'Passw0rd!' };
const bob = { username: 'bob@example.com', password: 'Passw0rd!' };
const pass = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Nothing brings back a session that somebody has ended, whatever was under way. */
describe('a session that has ended', () => {
  let emulator: Emulator;
  const shops: Shop[] = [];
  before(async () => {
    emulator = await startEmulator();
  });
  after(() => emulator.close());
  afterEach(async () => {
    await Promise.all(shops.splice(0).map((shop) => shop.close()));
    emulator.reset();
  });
  const open = (options: Omit<ShopOptions, 'emulator'> = {}): Shop => {
    const shop = createShop({
      emulator,
      ...options,
      routes: (app, passport) => {
        app.post('/destroy', (req, res, next) => {
          req.session.destroy((error: unknown) => {
            if (error === undefined || error === null) res.json({});
            else next(error);
          });
        });
        app.post('/leave-late', (req, res, next) => {
          setTimeout(() => {
            req.headless.logout().then(() => res.json({}), next);
          }, 1_400);
        });
        app.get('/slow', (req, res) => {
          Reflect.set(req.session, 'seen', Date.now());
          setTimeout(() => res.json({}), 300);
        });
        options.routes?.(app, passport);
      },
    });
    shops.push(shop);
    return shop;
  };
  const cookieOf = (headers: Record<string, string | string[]>): string => {
    const [cookie = ''] = [headers['set-cookie'] ?? []].flat();
    return cookie.split(';')[0] ?? '';
  };
  const logIn = async (shop: Shop, cookie = '', who: object = alice): Promise<string> => {
    const { headers } = await request(shop.app)
      .post('/login')
      .set('cookie', cookie)
      .send(who)
      .expect(200);
    return cookieOf(headers);
  };
  const ask = (shop: Shop, cookie: string, path = '/me') =>
    request(shop.app).get(path).set('cookie', cookie);
  const tell = (shop: Shop, cookie: string, path: string) =>
    request(shop.app).post(path).set('cookie', cookie);
  const isLoggedIn = async (shop: Shop, cookie: string): Promise<boolean> =>
    (await ask(shop, cookie).expect(200)).body.authenticated === true;

  describe('while the app’s hook runs', () => {
    /** A hook that fails at the login, and takes its time on the page that comes next. */
    const openWithHook = (milliseconds: number, failures = 1): Shop => {
      let runs = 0;
      return open({
        headless: {
          onUpgrade: async () => {
            runs += 1;
            if (runs <= failures) throw new Error('no database');
            await pass(milliseconds);
          },
        },
      });
    };

    it('does not come back when the hook is done', async () => {
      const shop = openWithHook(700);
      const guest = cookieOf((await request(shop.app).post('/save')).headers);
      const user = await logIn(shop, guest);
      // It comes before the hook is due, and logs out while that runs.
      const logout = tell(shop, user, '/leave-late').then(() => undefined);
      await pass(1_100);
      await Promise.all([ask(shop, user), logout]);
      assert.equal(await isLoggedIn(shop, user), false);
    });

    it('is not waited for by the logout', async () => {
      const shop = openWithHook(4_000, 0);
      const guest = cookieOf((await request(shop.app).post('/save')).headers);
      const login = logIn(shop, guest);
      await pass(300);
      const began = Date.now();
      await tell(shop, guest, '/logout').expect(200);
      assert.ok(Date.now() - began < 1_000, 'the logout waited for the hook');
      await login;
      assert.equal(await isLoggedIn(shop, guest), false);
    }).timeout(8_000);

    it('is waited for by other pages for a short time only', async () => {
      const shop = openWithHook(4_000);
      const guest = cookieOf((await request(shop.app).post('/save')).headers);
      const user = await logIn(shop, guest);
      await pass(1_100);
      const first = ask(shop, user).then(() => undefined);
      await pass(100);
      const began = Date.now();
      await tell(shop, user, '/logout').expect(200);
      assert.ok(Date.now() - began < 2_500, 'the logout waited for the hook');
      await first;
      assert.equal(await isLoggedIn(shop, user), false);
    }).timeout(10_000);
  });

  it('does not come back by a login of somebody else that the store does not take', async () => {
    class Failing extends MemoryStore {
      fails = false;
      override set(id: string, value: SessionData, callback?: (error?: unknown) => void): void {
        const isLogin = JSON.stringify(value).includes('"flow":"password"');
        const fails = this.fails && isLogin;
        // Once.
        if (fails) this.fails = false;
        if (fails) setImmediate(() => callback?.(new Error('on fire')));
        else super.set(id, value, callback);
      }
    }
    const store = new Failing();
    const shop = open({ store });
    const user = await logIn(shop);
    emulator.faults([{ match: 'POST /services/oauth2/authorize', delay: 500 }]);
    const login = tell(shop, user, '/login').send(bob).expect(503).then(() => undefined); // prettier-ignore
    await pass(200);
    await tell(shop, user, '/logout').expect(200);
    store.fails = true;
    await login;
    assert.equal(store.fails, false);
    assert.equal(await isLoggedIn(shop, user), false);
  });

  describe('by the app, which destroyed it', () => {
    it('does not come back by a slow request', async () => {
      const shop = open();
      const user = await logIn(shop);
      const slow = ask(shop, user, '/slow').then(() => undefined);
      await pass(100);
      await tell(shop, user, '/destroy').expect(200);
      await slow;
      assert.equal(await isLoggedIn(shop, user), false);
    });

    it('has its tokens ended at Salesforce', async () => {
      const shop = open();
      const user = await logIn(shop);
      await tell(shop, user, '/destroy').expect(200);
      await pass(300);
      const revoked = emulator.log().filter(({ path }) => path.endsWith('/revoke'));
      assert.equal(revoked.length, 1);
      const refreshToken = shop.logins[0]?.tokens.refreshToken ?? '';
      await assert.rejects(shop.client.refresh({ refreshToken }), { code: 'login_required' });
    });

    it('or made it anew, likewise', async () => {
      const shop = open({
        routes: (app) => {
          app.post('/anew', (req, res) => {
            req.session.regenerate(() => res.json({}));
          });
        },
      });
      const user = await logIn(shop);
      const slow = ask(shop, user, '/slow').then(() => undefined);
      await pass(100);
      await tell(shop, user, '/anew').expect(200);
      await slow;
      assert.equal(await isLoggedIn(shop, user), false);
    });
  });
});
