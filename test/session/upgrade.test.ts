import assert from 'node:assert/strict';
import { MemoryStore } from 'express-session';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import request from 'supertest';
import type { Upgrade } from '../../lib/index.js';
import { createShop, type Shop, type ShopOptions } from '../support/shop.js';

type Agent = ReturnType<typeof request.agent>;
const alice = { username: 'alice@example.com', password: 'Passw0rd!' };
const bob = { username: 'bob@example.com', password: 'Passw0rd!' };
const secret = 'a secret that seals the visitor cookie';

describe('the step from guest to named user', () => {
  let emulator: Emulator;
  let shop: Shop;
  let seen: Upgrade[];
  before(async () => {
    emulator = await startEmulator();
  });
  after(async () => {
    await emulator.close();
  });
  beforeEach(() => {
    seen = [];
  });
  afterEach(async () => {
    await shop.close();
    emulator.reset();
  });
  function open(options: Omit<ShopOptions, 'emulator'> = {}): Agent {
    shop = createShop({
      emulator,
      ...options,
      headless: {
        secret,
        carry: ['cart'],
        onUpgrade: (upgrade) => {
          seen.push(upgrade);
        },
        ...options.headless,
      },
      routes: (app) => {
        app.post('/cart', (req, res) => {
          Reflect.set(req.session as object, 'cart', ['kayak']);
          res.end();
        });
        app.post('/leave', (req, res, next) => {
          req.headless.logout({ carry: ['cart'] }).then(() => {
            res.json({ session: Reflect.get(req.session, 'cart') as unknown });
          }, next);
        });
      },
    });
    return request.agent(shop.app);
  }
  const idOf = (username: string): unknown => emulator.state().users[username]?.userId;
  const uvidOf = async (agent: Agent): Promise<string> =>
    String((await agent.post('/save').expect(200)).body.guest.uvid);

  it('runs the hook once, with everything the app needs', async () => {
    const agent = open();
    await agent.post('/cart');
    const uvid = await uvidOf(agent);
    const { body } = await agent.post('/login').send(alice).expect(200);
    const [upgrade, ...more] = seen;
    assert.deepEqual(more, []);
    assert.ok(upgrade);
    assert.equal(upgrade.uvid, uvid);
    assert.equal(upgrade.flow, 'password');
    assert.deepEqual(upgrade.carried, { cart: ['kayak'] });
    assert.equal(upgrade.identity?.userId, idOf(alice.username));
    assert.equal((upgrade.user as { id: string }).id, idOf(alice.username));
    assert.equal(Reflect.get(upgrade.req, 'url'), '/login');
    assert.deepEqual(body.upgrade, {
      status: 'linked',
      upgradeId: upgrade.upgradeId,
      uvid,
      mode: 'merge',
    });
  });

  it('happens on a login by code as on one by password', async () => {
    const agent = open();
    const uvid = await uvidOf(agent);
    await agent.post('/code').send({ username: alice.username, recaptcha: 'pass' });
    const { body } = await agent
      .post('/code/login')
      .send({ code: emulator.outbox()[0]?.code })
      .expect(200);
    assert.equal(body.upgrade.status, 'linked');
    assert.deepEqual(
      seen.map((each) => [each.flow, each.uvid]),
      [['otp', uvid]],
    );
  });

  it('does not happen where nobody was a guest', async () => {
    const agent = open();
    const { body } = await agent.post('/login').send(alice).expect(200);
    assert.equal(body.upgrade, undefined);
    assert.deepEqual(seen, []);
  });

  for (const mode of ['merge', 'keep-guest', 'keep-account'] as const) {
    it(`records that the app chose ${mode}`, async () => {
      const agent = open({ headless: { onUpgrade: () => Promise.resolve(mode) } });
      await uvidOf(agent);
      const { body } = await agent.post('/login').send(alice).expect(200);
      assert.equal(body.upgrade.mode, mode);
    });
  }

  it('works without a hook: the visitor id goes to Salesforce and the keys move', async () => {
    const agent = open();
    await shop.close();
    shop = createShop({ emulator, headless: { carry: ['cart'] } });
    const other = request.agent(shop.app);
    await other.post('/save');
    assert.equal((await other.post('/login').send(alice)).body.upgrade.status, 'linked');
    assert.ok(agent);
  });

  describe('when the hook fails', () => {
    const failing = (times: number, onUpgradeError?: 'defer' | 'refuse'): Agent => {
      let left = times;
      return open({
        headless: {
          ...(onUpgradeError && { onUpgradeError }),
          onUpgrade: (upgrade) => {
            seen.push(upgrade);
            if (left-- > 0) throw new Error('no database');
          },
        },
      });
    };

    it('lets the login stand and tries again on a later request, with the same id and the same goods', async () => {
      const agent = failing(1);
      await agent.post('/cart');
      await uvidOf(agent);
      const { body } = await agent.post('/login').send(alice).expect(200);
      assert.equal(body.authenticated, true);
      assert.equal(body.upgrade.status, 'deferred');
      await agent.get('/me');
      assert.equal(seen.length, 1, 'not at once');
      await new Promise((resolve) => setTimeout(resolve, 1100));
      assert.equal((await agent.get('/me')).body.upgrade.status, 'linked');
      assert.equal(new Set(seen.map(({ upgradeId }) => upgradeId)).size, 1);
      assert.deepEqual(seen[1]?.carried, { cart: ['kayak'] });
      assert.equal(seen[1].flow, 'password');
      assert.equal((await agent.get('/me')).body.upgrade.status, 'linked');
      assert.equal(seen.length, 2);
    });

    it('never disturbs the pages in between, however often it fails', async () => {
      const agent = failing(100);
      await uvidOf(agent);
      await agent.post('/login').send(alice).expect(200);
      await new Promise((resolve) => setTimeout(resolve, 1100));
      const { body } = await agent.get('/me').expect(200);
      assert.equal(body.upgrade.status, 'deferred');
      assert.ok(body.upgrade.retryAt > Date.now() + 1000, 'the pause has grown');
      assert.equal(seen.length, 2);
    });

    it('is completed by the next login, when that comes first', async () => {
      const agent = failing(1);
      await uvidOf(agent);
      await agent.post('/login').send(alice).expect(200);
      await new Promise((resolve) => setTimeout(resolve, 1100));
      const { body } = await agent.post('/login').send(alice).expect(200);
      assert.equal(body.upgrade.status, 'linked');
    });

    it('undoes the login where the app wants that, and leaves the guest whole', async () => {
      const agent = failing(1, 'refuse');
      await agent.post('/cart');
      const uvid = await uvidOf(agent);
      const { body } = await agent.post('/login').send(alice).expect(503);
      assert.equal(body.code, 'upgrade_refused');
      const { body: after } = await agent.get('/me');
      assert.equal(after.authenticated, false);
      assert.equal(after.guest.uvid, uvid);
      assert.deepEqual(after.session, { cart: ['kayak'] });
      const again = await agent.post('/login').send(alice).expect(200);
      assert.equal(again.body.upgrade.status, 'linked');
      assert.deepEqual(again.body.session, { cart: ['kayak'] });
    });

    it('takes an answer that is no mode for a failure', async () => {
      const agent = open({ headless: { onUpgrade: () => 'everything' } });
      await uvidOf(agent);
      assert.equal((await agent.post('/login').send(alice)).body.upgrade.status, 'deferred');
    });
  });

  describe('goes to one person only', () => {
    it('as the same person again: no second upgrade', async () => {
      const agent = open();
      await uvidOf(agent);
      const first = await agent.post('/login').send(alice).expect(200);
      const second = await agent.post('/login').send(alice).expect(200);
      assert.deepEqual(second.body.upgrade, first.body.upgrade);
      assert.equal(seen.length, 1);
    });

    it('as another person: nothing carried, nothing upgraded', async () => {
      const agent = open();
      await uvidOf(agent);
      await agent.post('/login').send(alice).expect(200);
      const { body } = await agent.post('/login').send(bob).expect(200);
      assert.equal(body.user.id, idOf(bob.username));
      assert.equal(body.upgrade, undefined);
      assert.deepEqual(body.session, {});
      assert.equal(seen.length, 1);
    });

    it('and a guest made while somebody is logged in does not go to the next person', async () => {
      const agent = open();
      await agent.post('/login').send(alice).expect(200);
      await uvidOf(agent);
      const { body } = await agent.post('/login').send(bob).expect(200);
      assert.equal(body.upgrade.status, 'not-linked');
      assert.equal(body.upgrade.reason, 'another-user');
      assert.deepEqual(seen, []);
    });

    it('and two people at once from one guest: one gets it', async () => {
      for (let round = 0; round < 10; round += 1) {
        const agent = open();
        await agent.post('/cart');
        await uvidOf(agent);
        const answers = await Promise.all(
          [alice, bob].map((person) => agent.post('/login').send(person).expect(200)),
        );
        const carts = answers.filter(({ body }) => body.session.cart !== undefined);
        assert.equal(carts.length, 1, 'one cart');
        assert.equal(seen.length, 1);
        for (const [index, { body }] of answers.entries()) {
          const person = [alice, bob][index];
          assert.equal(body.user.id, idOf(person?.username ?? ''));
          assert.equal(body.identity.userId, body.user.id);
        }
        await shop.close();
        seen = [];
      }
    });
  });

  describe('when Salesforce refuses the visitor id', () => {
    const refusing = (): void => {
      emulator.faults([
        {
          match: 'POST /services/oauth2/authorize',
          times: 1,
          fault: 'status',
          status: 400,
          body: { error: 'invalid_request', error_description: 'uvid invalid' },
        },
      ]);
    };
    it('costs neither the login nor what the guest had, and says so', async () => {
      const agent = open();
      await uvidOf(agent);
      refusing();
      emulator.clearLog();
      const { body } = await agent.post('/login').send(alice).expect(200);
      assert.equal(body.upgrade.status, 'not-linked');
      assert.equal(body.upgrade.reason, 'uvid-refused');
      assert.equal(seen.length, 1);
      const calls = emulator.log().filter(({ path }) => path.endsWith('/authorize'));
      assert.equal(calls.length, 2);
      assert.equal(new URLSearchParams(calls[1]?.body).get('uvid_hint'), null);
    });
    it('is an error where the app switched the second try off', async () => {
      const agent = open({ client: { uvidHint: { retryWithout: false } } });
      await uvidOf(agent);
      refusing();
      const { body } = await agent.post('/login').send(alice).expect(503);
      assert.equal(body.code, 'uvid_refused');
    });
  });

  describe('kills the visitor id', () => {
    const cookieOf = (header: unknown): string =>
      [header]
        .flat()
        .map(String)
        .find((each) => each.startsWith('sf-headless-visitor=')) ?? '';

    it('so that its cookie, replayed after the upgrade, gives a new guest', async () => {
      const agent = open();
      const saved = await agent.post('/save');
      const cookie = cookieOf(saved.headers['set-cookie']).split(';')[0] ?? '';
      const login = await agent.post('/login').send(alice).expect(200);
      assert.match(cookieOf(login.headers['set-cookie']), /Max-Age=0/);
      const replayed = await request(shop.app).post('/save').set('cookie', cookie).expect(200);
      assert.notEqual(replayed.body.guest.uvid, saved.body.guest.uvid);
    });

    it('so that its cookie, replayed into somebody else’s login, brings nothing', async () => {
      const agent = open();
      const saved = await agent.post('/save');
      const cookie = cookieOf(saved.headers['set-cookie']).split(';')[0] ?? '';
      await agent.post('/login').send(alice).expect(200);
      const other = await request(shop.app)
        .post('/login')
        .set('cookie', cookie)
        .send(bob)
        .expect(200);
      assert.equal(other.body.upgrade, undefined);
      assert.equal(seen.length, 1);
    });

    it('so that Salesforce hears of it with nobody else’s login, not even before the hook has run', async () => {
      const onUpgrade = (): void => {
        throw new Error('no database');
      };
      const agent = open({ headless: { onUpgrade } });
      const saved = await agent.post('/save');
      const { uvid } = saved.body.guest as { uvid: string };
      const cookie = cookieOf(saved.headers['set-cookie']).split(';')[0] ?? '';
      await agent.post('/login').send(alice).expect(200);
      const told = (): number => emulator.log().filter(({ body }) => body.includes(uvid)).length;
      assert.equal(told(), 1);
      const other = await request(shop.app).post('/login').set('cookie', cookie).send(bob);
      assert.equal(other.status, 200);
      assert.equal(told(), 1);
      assert.equal(shop.logins.at(-1)?.uvid, undefined);
      assert.equal(other.body.upgrade.reason, 'visitor-of-another');
    });

    it('also at logout', async () => {
      const agent = open();
      const saved = await agent.post('/save');
      const cookie = cookieOf(saved.headers['set-cookie']).split(';')[0] ?? '';
      await agent.post('/logout').expect(200);
      const next = await agent.post('/save');
      assert.notEqual(next.body.guest.uvid, saved.body.guest.uvid);
      const replayed = await request(shop.app).post('/save').set('cookie', cookie);
      assert.notEqual(replayed.body.guest.uvid, saved.body.guest.uvid);
    });
  });

  describe('logout', () => {
    it('leaves an empty session that is not even written', async () => {
      const store = new MemoryStore();
      const agent = open({ store });
      await agent.post('/cart');
      await agent.post('/login').send(alice).expect(200);
      await agent.post('/logout').expect(200);
      const { sessions } = store as unknown as { sessions: Record<string, string> };
      assert.deepEqual(
        Object.keys(sessions).filter((id) => !id.startsWith('sf-headless-')),
        [],
      );
      const { body } = await agent.get('/me');
      assert.equal(body.authenticated, false);
      assert.deepEqual(body.session, {});
    });

    it('keeps the keys that the app names, when it says so', async () => {
      const agent = open();
      await agent.post('/cart');
      await agent.post('/login').send(alice).expect(200);
      assert.deepEqual((await agent.post('/leave').expect(200)).body.session, ['kayak']);
      assert.deepEqual((await agent.get('/me')).body.session, { cart: ['kayak'] });
    });

    it('twice at once is no error', async () => {
      const agent = open();
      await agent.post('/login').send(alice).expect(200);
      await Promise.all([agent.post('/logout').expect(200), agent.post('/logout').expect(200)]);
      assert.equal((await agent.get('/me')).body.authenticated, false);
    });
  });
});
