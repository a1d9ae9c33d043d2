import assert from 'node:assert/strict';
import session, { MemoryStore, type SessionData } from 'express-session';
import type { Strategy } from 'passport';
import passportStrategy from 'passport-strategy';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import request from 'supertest';
import { headlessSession } from '../../lib/index.js';
import { createShop, type Shop, type ShopOptions } from '../support/shop.js';
import { expressOf, newest, passportOf, stacks, type Express } from '../support/stacks.js';

type Agent = ReturnType<typeof request.agent>;
const alice = { username: 'alice@example.com', password: 'Passw0rd!' };
const bob = { username: 'bob@example.com', password: 'Passw0rd!' };

/** A store that a test can watch, slow down and set on fire. */
class Store extends MemoryStore {
  readonly writes: string[] = [];
  /** So many writes go well before `failSets` of them fail. */
  passSets = 0;
  failSets = 0;
  /** Reads of keys that begin so fail. */
  failGetsOf = '';

  override set(id: string, value: SessionData, callback?: (error?: unknown) => void): void {
    if (this.failSets > 0 && this.passSets > 0) {
      this.passSets -= 1;
    } else if (this.failSets > 0) {
      this.failSets -= 1;
      setImmediate(() => callback?.(new Error('the store is on fire')));
      return;
    }
    this.writes.push(`set ${id}`);
    super.set(id, value, callback);
  }
  override get(id: string, callback: (error: unknown, value?: SessionData | null) => void): void {
    if (this.failGetsOf !== '' && id.startsWith(this.failGetsOf)) {
      setImmediate(() => {
        callback(new Error('the store is on fire'));
      });
      return;
    }
    super.get(id, callback);
  }
  override destroy(id: string, callback?: (error?: unknown) => void): void {
    this.writes.push(`destroy ${id}`);
    super.destroy(id, callback);
  }
  /** The sessions of people and guests, without the records beside them. */
  get people(): Record<string, Record<string, unknown>> {
    const { sessions } = this as unknown as { sessions: Record<string, string> };
    const own = Object.entries(sessions).filter(([id]) => !id.startsWith('sf-headless-'));
    return Object.fromEntries(
      own.map(([id, blob]) => [id, JSON.parse(blob) as Record<string, unknown>]),
    );
  }
}

/** What happens once an answer is out: the old session ends. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 40));

/** Routes of an app that keeps a cart in the session. */
function cartRoutes(app: Express): void {
  app.post('/cart', (req, res) => {
    const bag = req.session as unknown as { cart?: string[]; note?: string };
    bag.cart = [...(bag.cart ?? []), (req.body as { item: string }).item];
    bag.note = 'not to be carried';
    res.json(bag.cart);
  });
  app.post('/slow', (req, res) => {
    setTimeout(() => {
      (req.session as unknown as { seen: number }).seen = 1;
      res.end('slow');
    }, 150);
  });
}

/** The same app on plain Passport, logging in whoever says so: what the hazards look like without headlessSession. */
function plainApp(store: Store, options: object): Express {
  class Trusting extends passportStrategy.Strategy {
    override authenticate(req: { body?: { username?: string } }): void {
      this.success({ id: req.body?.username });
    }
  }
  const express = expressOf(newest);
  const passport = passportOf(newest);
  passport.use('trusting', new Trusting() as Strategy);
  passport.serializeUser((user, done) => {
    done(null, user);
  });
  passport.deserializeUser((user: Express.User, done) => {
    done(null, user);
  });
  const app = express();
  app.use(session({ store, secret: 'x', resave: false, saveUninitialized: false }) as never);
  app.use(passport.initialize() as never, passport.session() as never, express.json());
  cartRoutes(app);
  app.post('/login', passport.authenticate('trusting', options) as never, (_req, res) => {
    res.json({});
  });
  app.post('/logout', (req, res, next) => {
    (req as unknown as { logout(done: (error?: unknown) => void): void }).logout((error) => {
      if (error === undefined) res.json({});
      else next(error);
    });
  });
  app.get('/me', (req, res) => {
    res.json({ user: req.user, session: req.session });
  });
  app.use(((
    _error: unknown,
    _req: unknown,
    res: { status(code: number): { end(): void } },
    _next: unknown,
  ) => {
    res.status(500).end();
  }) as never);
  return app;
}

describe('the login step', () => {
  let emulator: Emulator;
  let shop: Shop;
  let store: Store;
  before(async () => {
    emulator = await startEmulator();
  });
  after(async () => {
    await emulator.close();
  });
  beforeEach(() => {
    store = new Store();
  });
  afterEach(async () => {
    await shop.close();
    emulator.reset();
  });
  function open(options: Omit<ShopOptions, 'emulator'> = {}): Agent {
    shop = createShop({
      emulator,
      store,
      routes: cartRoutes,
      ...options,
      headless: { carry: ['cart'], ...options.headless },
    });
    return request.agent(shop.app);
  }
  const idOf = (username: string): unknown => emulator.state().users[username]?.userId;

  describe('hazard 4: login wipes guest keys, and keepSessionInfo hands one person’s keys to the next', () => {
    it('is real: plain Passport drops the cart', async () => {
      open();
      const agent = request.agent(plainApp(store, {}));
      await agent.post('/cart').send({ item: 'kayak' });
      await agent.post('/login').send(alice);
      assert.equal((await agent.get('/me')).body.session.cart, undefined);
    });
    it('is real: with keepSessionInfo, Mallory gets Alice’s cart', async () => {
      open();
      const agent = request.agent(plainApp(store, { keepSessionInfo: true }));
      await agent.post('/login').send(alice);
      await agent.post('/cart').send({ item: 'kayak' });
      await agent.post('/login').send({ username: 'mallory@example.com' });
      const { body } = await agent.get('/me');
      assert.equal(body.user.id, 'mallory@example.com');
      assert.deepEqual(body.session.cart, ['kayak']);
    });
    it('is absent: the keys named in carry survive a stranger’s login, and no others', async () => {
      const agent = open();
      await agent.post('/cart').send({ item: 'kayak' });
      const { body } = await agent.post('/login').send(alice).expect(200);
      assert.deepEqual(body.session, { cart: ['kayak'] });
      assert.deepEqual((await agent.get('/me')).body.session, { cart: ['kayak'] });
    });
    it('is absent: another person gets nothing of the first one’s', async () => {
      const agent = open();
      await agent.post('/login').send(alice).expect(200);
      await agent.post('/cart').send({ item: 'kayak' });
      const { body } = await agent.post('/login').send(bob).expect(200);
      assert.equal(body.user.id, idOf(bob.username));
      assert.deepEqual(body.session, {});
    });
    it('is absent: the same person keeps the cart when logging in again', async () => {
      const agent = open();
      await agent.post('/login').send(alice).expect(200);
      await agent.post('/cart').send({ item: 'kayak' });
      const { body } = await agent.post('/login').send(alice).expect(200);
      assert.deepEqual(body.session, { cart: ['kayak'] });
    });

    it('is absent: also when the app no longer knows the first one, and Passport says nobody is there', async () => {
      const agent = open({
        routes: (app, passport) => {
          cartRoutes(app);
          // Passport asks its deserializers in turn; this app has only the one that has forgotten Alice.
          Reflect.set(passport, '_deserializers', []);
          passport.deserializeUser((user: Express.User, done) => {
            done(null, Reflect.get(user, 'id') === idOf(alice.username) ? false : user);
          });
        },
      });
      await agent.post('/login').send(alice).expect(200);
      await agent.post('/cart').send({ item: 'kayak' });
      const gone = (await agent.get('/me')).body;
      assert.equal(gone.authenticated, false);
      assert.equal(gone.identity, undefined);
      const { body } = await agent.post('/login').send(bob).expect(200);
      assert.deepEqual(body.session, {});
    });

    const keeping: Omit<ShopOptions, 'emulator'> = {
      routes: (app, passport) => {
        cartRoutes(app);
        app.post(
          '/keeping',
          passport.authenticate('sf-headless-password', { keepSessionInfo: true }) as never,
          (req, res) => {
            const { cart, note } = req.session as unknown as Record<string, unknown>;
            res.json({ cart, note });
          },
        );
      },
    };
    it('is absent: keepSessionInfo is refused with an explanation', async () => {
      const agent = open(keeping);
      const { body } = await agent.post('/keeping').send(alice).expect(500);
      assert.equal(body.code, 'keep_session_info_refused');
      assert.equal((await agent.get('/me')).body.authenticated, false);
    });
    it('is absent: keepSessionInfo, once allowed, moves a guest’s keys and never another person’s', async () => {
      const agent = open({ ...keeping, headless: { allowKeepSessionInfo: true } });
      await agent.post('/cart').send({ item: 'kayak' });
      const first = await agent.post('/keeping').send(alice).expect(200);
      assert.deepEqual(first.body, { cart: ['kayak'], note: 'not to be carried' });
      const second = await agent.post('/keeping').send(bob).expect(200);
      assert.deepEqual(second.body, {});
    });
  });

  describe('hazard 5: the old session is destroyed before the new one is saved, which is written twice', () => {
    it('is real: plain Passport destroys first and writes twice', async () => {
      open();
      const agent = request.agent(plainApp(store, { keepSessionInfo: true }));
      await agent.post('/cart').send({ item: 'kayak' });
      store.writes.splice(0);
      await agent.post('/login').send(alice).expect(200);
      assert.deepEqual(
        store.writes.map((write) => write.split(' ')[0]),
        ['destroy', 'set', 'set'],
      );
    });
    it('is real: after a failed write the visitor sees 500 and is logged in all the same', async () => {
      open();
      const agent = request.agent(plainApp(store, { keepSessionInfo: true }));
      await agent.post('/cart').send({ item: 'kayak' });
      store.failSets = 1;
      await agent.post('/login').send(alice).expect(500);
      assert.equal((await agent.get('/me')).body.user.id, alice.username);
    });
    it('is absent: the new session is written once, before the old one goes', async () => {
      const agent = open();
      await agent.post('/cart').send({ item: 'kayak' });
      const [oldId] = Object.keys(store.people);
      store.writes.splice(0);
      await agent.post('/login').send(alice).expect(200);
      await settled();
      const ofPeople = store.writes.filter((write) => !write.includes('sf-headless-'));
      const [first, ...rest] = ofPeople;
      assert.match(first ?? '', /^set /);
      assert.notEqual(first, `set ${oldId ?? ''}`);
      assert.deepEqual(
        rest,
        [`set ${oldId ?? ''}`, `destroy ${oldId ?? ''}`],
        'emptied, then gone',
      );
    });
    for (const failing of [1, 2, 3]) {
      it(`is absent: with ${failing} failing write(s) the visitor is exactly as before`, async () => {
        const agent = open();
        await agent.post('/cart').send({ item: 'kayak' });
        await agent.post('/save').expect(200);
        const before = (await agent.get('/me')).body;
        store.failSets = failing;
        const { body } = await agent.post('/login').send(alice).expect(503);
        assert.equal(body.code, 'storage_failed');
        store.failSets = 0;
        assert.deepEqual((await agent.get('/me')).body, before);
        const { body: after } = await agent.post('/login').send(alice).expect(200);
        assert.equal(after.upgrade.status, 'linked');
        assert.deepEqual(after.session, { cart: ['kayak'] });
      });
    }
    it('is absent: a login that failed promises the guest to nobody', async () => {
      for (const passing of [1, 2, 3, 4]) {
        store = new Store();
        const agent = open({ headless: { onUpgrade: () => 'merge' } });
        await agent.post('/cart').send({ item: 'kayak' });
        await agent.post('/save').expect(200);
        store.passSets = passing;
        store.failSets = 1;
        await agent.post('/login').send(alice).expect(503);
        const { body } = await agent.post('/login').send(bob).expect(200);
        assert.equal(body.upgrade.status, 'linked', `${passing} writes went well`);
        assert.deepEqual(body.session, { cart: ['kayak'] });
        await shop.close();
      }
    });
    it('is absent: a store that fails once the login is done does not deny it', async () => {
      const agent = open({ headless: { onUpgrade: () => 'merge' } });
      store.failGetsOf = 'sf-headless-owed-';
      await agent.post('/login').send(alice).expect(200);
      assert.equal((await agent.get('/me')).body.authenticated, true);
    });
    it('is absent: a serializer that fails leaves the visitor exactly as before', async () => {
      const agent = open({
        routes: (app, passport) => {
          cartRoutes(app);
          app.post('/unserializable', (req, res, next) => {
            (req as unknown as { logIn(user: unknown, done: (e?: unknown) => void): void }).logIn(
              undefined,
              (error) => {
                if (error === undefined) res.end();
                else next(error);
              },
            );
          });
          passport.serializeUser((user, done) => {
            done(null, user);
          });
        },
      });
      await agent.post('/cart').send({ item: 'kayak' });
      await agent.post('/unserializable').expect(500);
      const { body } = await agent.get('/me');
      assert.deepEqual(body.session.cart, ['kayak']);
      assert.equal(body.authenticated, false);
    });
  });

  describe('hazard 6: triple click on "log in" makes three sessions and three merges', () => {
    it('is real: plain Passport leaves three sessions', async () => {
      open();
      const app = plainApp(store, { keepSessionInfo: true });
      const agent = request.agent(app);
      const cookie = (await agent.post('/cart').send({ item: 'kayak' })).headers['set-cookie'];
      await Promise.all(
        [1, 2, 3].map(() =>
          request(app).post('/login').set('cookie', String(cookie?.[0])).send(alice),
        ),
      );
      assert.equal(Object.keys(store.people).length, 3);
    });
    it('is absent: one session, one upgrade, and each answer shows the cart', async () => {
      const upgrades: string[] = [];
      const agent = open({
        headless: {
          onUpgrade: ({ upgradeId }) => {
            upgrades.push(upgradeId);
          },
        },
      });
      await agent.post('/cart').send({ item: 'kayak' });
      await agent.post('/save');
      const answers = await Promise.all([1, 2, 3].map(() => agent.post('/login').send(alice)));
      await settled();
      assert.deepEqual(
        answers.map(({ status }) => status),
        [200, 200, 200],
      );
      for (const { body } of answers) {
        assert.deepEqual(body.session, { cart: ['kayak'] });
        assert.equal(body.upgrade.status, 'linked');
      }
      assert.equal(upgrades.length, 1);
      assert.equal(Object.keys(store.people).length, 1);
    });
    it('is absent: also for a browser that never got the answer, asks for a new code and logs in by that', async () => {
      open();
      const cookieOf = ({ headers }: request.Response): string => {
        const [cookie = ''] = [headers['set-cookie'] ?? []].flat();
        return cookie.split(';')[0] ?? '';
      };
      const code = async (cookie: string): Promise<string> => {
        const ask = { username: alice.username, recaptcha: 'pass' };
        return cookieOf(
          await request(shop.app).post('/code').set('cookie', cookie).send(ask).expect(200),
        );
      };
      const enter = async (cookie: string): Promise<string> => {
        const code = emulator.outbox(alice.username)[0]?.code;
        const entering = request(shop.app).post('/code/login').set('cookie', cookie);
        return cookieOf(await entering.send({ code }).expect(200));
      };
      const before = await code('');
      const unseen = await enter(before);
      await settled();
      const again = await code(before);
      assert.ok(again !== '' && again !== unseen, 'a session of its own');
      assert.equal(await enter(again), unseen);
      await settled();
      assert.equal(Object.keys(store.people).length, 1);
    });
  });

  describe('hazard 7: a slow request during logout writes the logged-in session back', () => {
    it('is real: plain Passport', async () => {
      open();
      const app = plainApp(store, {});
      const agent = request.agent(app);
      const login = await agent.post('/login').send(alice);
      const cookie = String(login.headers['set-cookie']?.[0]);
      const slow = request(app)
        .post('/slow')
        .set('cookie', cookie)
        .then(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 50));
      await agent.post('/logout').expect(200);
      await slow;
      const { body } = await request(app).get('/me').set('cookie', cookie);
      assert.equal(body.user.id, alice.username);
    });
    it('is absent', async () => {
      const agent = open();
      const login = await agent.post('/login').send(alice);
      const cookie = String(login.headers['set-cookie']?.[0]);
      const slow = request(shop.app)
        .post('/slow')
        .set('cookie', cookie)
        .then(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 50));
      await agent.post('/logout').expect(200);
      await slow;
      const { body } = await request(shop.app).get('/me').set('cookie', cookie);
      assert.equal(body.authenticated, false);
      assert.deepEqual(store.people, {});
    });
  });

  it('gives a new session id on every Passport, also those that never did', async () => {
    for (const stack of stacks) {
      store = new Store();
      const agent = open({ stack });
      await agent.post('/cart').send({ item: 'kayak' });
      const before = Object.keys(store.people);
      await agent.post('/login').send(alice).expect(200);
      await settled();
      const after = Object.keys(store.people);
      assert.equal(after.length, 1, stack.title);
      assert.notDeepEqual(after, before, stack.title);
      await shop.close();
    }
  });

  it('serves a plain req.login of the app', async () => {
    const agent = open({
      headless: { carry: ['cart'], onUpgrade: () => 'keep-guest' },
      routes: (app) => {
        cartRoutes(app);
        app.post('/by-hand', (req, res, next) => {
          req.login({ id: 'local-1' }, (error: unknown) => {
            if (error === undefined) {
              res.json({
                user: req.user,
                upgrade: req.headless.upgrade,
                identity: req.headless.identity,
              });
            } else next(error);
          });
        });
      },
    });
    await agent.post('/cart').send({ item: 'kayak' });
    await agent.post('/save');
    const { body } = await agent.post('/by-hand').expect(200);
    assert.equal(body.user.id, 'local-1');
    assert.equal(body.upgrade.status, 'linked');
    assert.equal(body.upgrade.mode, 'keep-guest');
    assert.equal(body.identity, undefined);
    assert.deepEqual((await agent.get('/me')).body.session, { cart: ['kayak'] });
  });

  it('works when it is mounted before Passport, on every Passport', async () => {
    open();
    for (const stack of stacks.filter(({ express }) => express === 'express')) {
      const own = new Store();
      const passport = passportOf(stack);
      passport.serializeUser((user, done) => {
        done(null, user);
      });
      passport.deserializeUser((user: Express.User, done) => {
        done(null, user);
      });
      const express = expressOf(stack);
      const app = express();
      app.use(
        session({ store: own, secret: 'x', resave: false, saveUninitialized: false }) as never,
      );
      app.use(headlessSession({ client: shop.client, carry: ['cart'] }));
      app.use(passport.initialize() as never, passport.session() as never, express.json());
      cartRoutes(app);
      app.post('/by-hand', (req, res, next) => {
        req.login({ id: 'local-1' }, (error: unknown) => {
          if (error === undefined) res.json(req.session);
          else next(error);
        });
      });
      const agent = request.agent(app);
      await agent.post('/cart').send({ item: 'kayak' });
      const before = Object.keys(own.people);
      const { body } = await agent.post('/by-hand').expect(200);
      await settled();
      assert.deepEqual(body.cart, ['kayak'], stack.title);
      assert.equal(body.note, undefined, stack.title);
      assert.notDeepEqual(Object.keys(own.people), before, stack.title);
      assert.equal(Object.keys(own.people).length, 1, stack.title);
    }
  });

  it('leaves logins without a session alone', async () => {
    const agent = open({
      routes: (app, passport) => {
        cartRoutes(app);
        app.post(
          '/once',
          passport.authenticate('sf-headless-password', { session: false }) as never,
          (req, res) => {
            res.json(req.user);
          },
        );
      },
    });
    await agent.post('/cart').send({ item: 'kayak' });
    store.writes.splice(0);
    await agent.post('/once').send(alice).expect(200);
    assert.deepEqual(store.writes, []);
    assert.equal((await agent.get('/me')).body.authenticated, false);
  });

  it('says who is logged in, as Salesforce said it, without the claims', async () => {
    const agent = open({ client: { userinfo: true } });
    await agent.post('/login').send(alice).expect(200);
    const { identity } = (await agent.get('/me')).body;
    assert.equal(identity.userId, idOf(alice.username));
    assert.equal(identity.username, alice.username);
    assert.equal(identity.claims, undefined);
  });

  it('refuses cookie-session at the first request, and names the fix', async () => {
    open();
    const express = expressOf(newest);
    const app = express();
    app.use((req, _res, next) => {
      Reflect.set(req, 'session', { isNew: true });
      next();
    });
    app.use(headlessSession({ client: shop.client }));
    app.use(((
      error: { code: string; hint: string },
      _req: unknown,
      res: { json(x: unknown): void },
      _next: unknown,
    ) => {
      res.json({ code: error.code, hint: error.hint });
    }) as never);
    const { body } = await request(app).get('/');
    assert.equal(body.code, 'session_store_unsupported');
    assert.match(String(body.hint), /express-session/);
  });
});
