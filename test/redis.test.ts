import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import { createClient } from 'redis';
import type { HeadlessError } from '../lib/index.js';
import { redisLocks } from '../lib/redis.js';
import { AppChild, type AppSettings, type Order } from './stores/app-child.js';
import { Browser, type Answer } from './stores/round-robin.js';
import { soon } from './stores/soon.js';
import { startRedis, type Service } from './support/services.js';

const alice = { username: 'alice@example.com', password: 'Passw0rd!' };
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const clientOf = (url: string) => createClient({ url, socket: { reconnectStrategy: false } });
type Client = ReturnType<typeof clientOf>;

async function connect({ url }: Service): Promise<Client> {
  const client = clientOf(url);
  // Redis ends before the test does.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** The shape of the other well-known client, over the same connection. */
function asCaller(client: Client): { call(name: string, ...rest: string[]): Promise<unknown> } {
  return { call: (name, ...rest) => client.sendCommand([name, ...rest]) };
}

const isHeadless =
  (code: HeadlessError['code']) =>
  (error: unknown): true => {
    assert.equal((error as HeadlessError).code, code);
    return true;
  };

describe('with a real Redis', function () {
  this.timeout(30_000);
  let redis: Service;
  let one: Client;
  let other: Client;
  before(async function () {
    redis = await startRedis(this);
    one = await connect(redis);
    other = await connect(redis);
  });
  after(async () => {
    // Where Redis is not installed nothing was started.
    for (const client of [one, other] as (Client | undefined)[]) client?.destroy();
    await (redis as Service | undefined)?.stop();
  });
  beforeEach(() => one.flushAll());

  describe('redisLocks', () => {
    const key = 'sf-headless-lock:cart';

    it('lets one of eight contenders in at a time, whichever client they use', async () => {
      const clients = [one, other, asCaller(one), asCaller(other)];
      const all = [...clients, ...clients].map((client) => redisLocks(client));
      let inside = 0;
      let most = 0;
      const runs = all.map((locks, number) =>
        locks.run('cart', async () => {
          most = Math.max(most, ++inside);
          const count = Number(await one.get('count'));
          await pause(5);
          await one.set('count', count + 1);
          inside -= 1;
          return number;
        }),
      );
      assert.deepEqual(await Promise.all(runs), [0, 1, 2, 3, 4, 5, 6, 7]);
      assert.equal(most, 1);
      assert.equal(await one.get('count'), '8');
    });

    it('keeps nobody waiting for the lock of another key', async () => {
      const [first, second] = [redisLocks(one), redisLocks(other)];
      await first.run('cart', () => second.run('basket', () => Promise.resolve()));
    });

    it('gives the lock a time to live, and takes it away after the work, failed or not', async () => {
      const locks = redisLocks(one, { ttl: 3_000 });
      const looked = await locks.run('cart', () => other.pTTL(key));
      assert.ok(looked > 2_000 && looked <= 3_000, String(looked));
      assert.equal(await other.exists(key), 0);
      const failure = new Error('the work failed');
      await assert.rejects(
        locks.run('cart', () => Promise.reject(failure)),
        (error) => error === failure,
      );
      assert.equal(await other.exists(key), 0);
    });

    it('is freed by its owner only', async () => {
      const locks = redisLocks(one, { ttl: 150 });
      await locks.run('cart', async () => {
        // As if this process had slept through its time, and another had got the lock since.
        await other.set(key, 'another owner', { expiration: { type: 'PX', value: 10_000 } });
        await pause(120);
      });
      assert.equal(await other.get(key), 'another owner');
      assert.ok((await other.pTTL(key)) > 9_000, 'the lock of another was renewed');
    });

    it('is renewed while the work runs longer than the time to live', async () => {
      const order: string[] = [];
      const long = redisLocks(one, { ttl: 150 }).run('cart', async () => {
        await pause(600);
        order.push('long');
      });
      await pause(30);
      const next = redisLocks(other, { ttl: 150, wait: 5_000 }).run('cart', () => {
        order.push('next');
        return Promise.resolve();
      });
      await Promise.all([long, next]);
      assert.deepEqual(order, ['long', 'next']);
    });

    it('frees itself when its owner has died, after the time to live and not before', async () => {
      const doomed = await connect(redis);
      let release = (): void => undefined;
      const begun = Date.now();
      const dead = redisLocks(doomed, { ttl: 400 }).run('cart', () => {
        doomed.destroy();
        return new Promise<void>((resolve) => (release = resolve));
      });
      await pause(50);
      await redisLocks(other, { ttl: 400 }).run('cart', () => Promise.resolve());
      const waited = Date.now() - begun;
      release();
      await dead;
      assert.ok(waited >= 390 && waited < 1_000, `${waited} ms`);
    });

    it('gives up in time when Redis is there and does not answer', async function () {
      const frozen = await startRedis(this);
      const client = await connect(frozen);
      const pid = Number(/^process_id:(\d+)/m.exec(await client.info('server'))?.[1]);
      const locks = redisLocks(client, { ttl: 500, wait: 1_000 });
      process.kill(pid, 'SIGSTOP');
      const began = Date.now();
      try {
        const run = locks.run('cart', () => assert.fail('got in'));
        await assert.rejects(run, isHeadless('lock_timeout'));
        assert.ok(Date.now() - began < 3_000);
      } finally {
        process.kill(pid, 'SIGCONT');
      }
      // What came of it late is given back.
      await soon(async () => {
        assert.equal(await client.exists(key), 0);
      });
      await locks.run('cart', async (lock) => {
        assert.equal(await lock?.isHeld(), true);
        await client.set(key, 'another owner');
        assert.equal(await lock?.isHeld(), false);
      });
      client.destroy();
      await frozen.stop();
    });

    it('gives up when it has waited long enough', async () => {
      await redisLocks(one).run('cart', async () => {
        const waiting = redisLocks(other, { wait: 100 }).run('cart', () => assert.fail('got in'));
        await assert.rejects(waiting, isHeadless('lock_timeout'));
      });
    });

    it('says that the storage failed, and runs nothing, when Redis is down', async function () {
      const doomed = await startRedis(this);
      const client = await connect(doomed);
      const locks = redisLocks(client);
      await doomed.stop();
      const running = locks.run('cart', () => assert.fail('got in'));
      await assert.rejects(running, isHeadless('storage_failed'));
      client.destroy();
    });
  });

  describe('an app', () => {
    let emulator: Emulator;
    let processes: AppChild[] = [];
    before(async () => {
      emulator = await startEmulator();
    });
    after(() => emulator.close());
    beforeEach(() => {
      emulator.reset();
      emulator.clearLog();
    });
    async function stop(): Promise<void> {
      await Promise.all(processes.splice(0).map((child) => child.kill()));
    }

    async function start(
      settings: Partial<AppSettings> = {},
      count = 1,
      execArgv: string[] = [],
    ): Promise<AppChild[]> {
      const all = { site: emulator.url, redis: redis.url, locks: 'redis', ...settings } as const;
      processes = await Promise.all(
        Array.from({ length: count }, () => AppChild.start(all, execArgv)),
      );
      return processes;
    }

    const assertNoLocks = (): Promise<void> =>
      soon(async () => {
        assert.deepEqual(await one.keys('sf-headless-lock:*'), []);
      });
    const sessions = async (): Promise<string[]> =>
      (await one.keys('sess:*')).filter((key) => !key.includes('sf-headless-'));
    const count = async (what: string): Promise<number> => Number(await one.get(`app:${what}`));

    describe('in three processes, asked in turn', () => {
      let three: AppChild[];
      before(async () => {
        three = await start({}, 3);
      });
      after(stop);
      const tokens = (): number =>
        emulator.log().filter(({ path }) => path.endsWith('/services/oauth2/token')).length;

      it('has one guest and one upgrade: guest made on 1, code asked for on 2, login on 3', async () => {
        const browser = new Browser(three);
        const { body: saved } = await browser.post('/save');
        await browser.post('/code', { username: alice.username, recaptcha: 'pass' });
        const code = emulator.outbox()[0]?.code;
        const { status, body } = await browser.post('/code/login', { code });
        assert.equal(status, 200);
        assert.deepEqual([body.upgrade?.status, body.upgrade?.uvid], ['linked', saved.guest?.uvid]);
        for (let page = 0; page < 3; page += 1) {
          const { body: me } = await browser.get('/me');
          assert.deepEqual(me, body);
        }
        assert.equal(tokens(), 2);
        assert.equal(await count('effective upgrades'), 1);
        assert.equal(await count('hook runs'), 1);
      });

      it('makes one guest of a visitor whose first clicks come at once', async () => {
        const browser = new Browser(three);
        await browser.post('/cart', { cart: ['lisbon-by-tram'] });
        const saves = Array.from({ length: 9 }, () => browser.post('/save'));
        const uvids = (await Promise.all(saves)).map(({ body }) => body.guest?.uvid);
        assert.equal(new Set(uvids).size, 1);
        assert.ok(uvids[0] !== undefined);
        assert.equal(tokens(), 1);
      });

      it('upgrades once at fifteen logins at once, and answers all of them', async () => {
        const browser = new Browser(three);
        await browser.post('/cart', { cart: ['lisbon-by-tram'] });
        await browser.post('/save');
        const logins = Array.from({ length: 15 }, () => browser.post('/login', alice));
        const answers = await Promise.all(logins);
        assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
        assert.equal(new Set(answers.map(({ body }) => body.user?.id)).size, 1);
        assert.equal(await count('effective upgrades'), 1);
        assert.equal(await count('hook runs'), 1);
        for (let page = 0; page < 3; page += 1) {
          const { body } = await browser.get('/me');
          assert.equal(body.user?.id, answers[0]?.body.user?.id);
          assert.equal(body.upgrade?.status, 'linked');
          assert.deepEqual(body.cart, ['lisbon-by-tram']);
        }
        await assertNoLocks();
      });
    });

    describe('in three processes, one of which dies', () => {
      afterEach(stop);
      const dies = (order: Order, when: string): void => {
        it(`upgrades once when that is in the hook, ${when}`, async () => {
          const ttl = 2_000;
          const [first, ...others] = await start({ ttl }, 3);
          assert.ok(first);
          const browser = new Browser([first]);
          await browser.post('/cart', { cart: ['lisbon-by-tram'] });
          await browser.post('/save');
          await first.order(order);
          const hanging = first.hangs();
          const lost = assert.rejects(browser.post('/login', alice));
          await hanging;
          await first.kill();
          await lost;

          const died = Date.now();
          const survivors = new Browser(others);
          for (const [name, value] of browser.cookies) survivors.cookies.set(name, value);
          const login = await survivors.post('/login', alice);
          const waited = Date.now() - died;
          assert.equal(login.status, 200, login.body.error);
          assert.ok(waited < ttl + 500, `${waited} ms`);
          const { body } = await survivors.get('/me');
          assert.equal(body.upgrade?.status, 'linked');
          assert.deepEqual(body.cart, ['lisbon-by-tram']);
          assert.equal(await count('effective upgrades'), 1);
          assert.equal(await count('hook runs'), 2);
          await assertNoLocks();
          await soon(async () => {
            assert.equal((await sessions()).length, 1);
          });
        });
      };
      dies('hang before', 'before it has written');
      dies('hang after', 'after it has written');
    });

    describe('in one process', () => {
      afterEach(stop);
      const warned = async (settings: Partial<AppSettings>): Promise<number> => {
        const [app] = await start(settings);
        assert.ok(app);
        const browser = new Browser([app]);
        for (let page = 0; page < 3; page += 1) await browser.get('/me');
        await app.heap();
        return app.warnings.split('SF_HEADLESS_LOCKS').length - 1;
      };

      it('warns once of a shared store without shared locks', async () => {
        assert.equal(await warned({ locks: 'unsaid' }), 1);
      });
      it('does not warn with shared locks, or when told that there is one process', async () => {
        assert.equal(await warned({ locks: 'redis' }), 0);
        await stop();
        assert.equal(await warned({ locks: 'process' }), 0);
      });
      it('does not warn of a store that reaches this process only', async () => {
        assert.equal(await warned({ locks: 'unsaid', store: 'memory' }), 0);
      });

      it('pays nothing for a thousand page views without cookies', async () => {
        const [app] = await start({}, 1, ['--expose-gc']);
        assert.ok(app);
        const { url } = app;
        const view = async (): Promise<Answer> => new Browser([{ url }]).get('/me');
        const views = async (): Promise<void> => {
          for (let batch = 0; batch < 100; batch += 1) {
            const answers = await Promise.all(Array.from({ length: 10 }, view));
            for (const { status, setsCookie } of answers) {
              assert.equal(status, 200);
              assert.equal(setsCookie, false);
            }
          }
        };
        await views();
        // Compiled code grows the heap once; what is kept per page view grows it every time.
        const growths: number[] = [];
        for (let round = 0; round < 3; round += 1) {
          const before = await app.heap();
          await views();
          growths.push((await app.heap()) - before);
        }
        const grown = Math.min(...growths);
        assert.equal(await one.dbSize(), 0);
        assert.deepEqual(emulator.log(), []);
        // A thousand sessions, or anything else of a kilobyte each, would be far above.
        assert.ok(grown < 500_000, `${grown} bytes`);
      });
    });
  });
});
