import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import { Postgres } from './postgres.js';
import { freePort, startRedis } from './redis.js';
import { needs } from './required.js';
import { startShop, type ShopProcess } from './shop-process.js';
import { tripsOn, Visitor } from './visitor.js';

const alice = 'alice@example.com';
const bob = 'bob@example.com';

describe('travel-shop with PostgreSQL', function () {
  this.timeout(60_000);
  let postgres: Postgres;
  let emulator: Emulator;
  let environment: Record<string, string>;
  let shop: ShopProcess;
  let guest: Visitor;

  before(async function () {
    postgres = await Postgres.start(this);
    emulator = await startEmulator({ port: 0 });
    environment = {
      PORT: await freePort(),
      SF_SITE: emulator.url,
      SF_CLIENT_ID: '3MVG9.private',
      SF_CLIENT_SECRET: 'emulator-secret',
      // Without refresh tokens: Salesforce lets a user have five, and a sixth login at once would end the first one.
      SF_SCOPE: 'api openid',
      DATABASE_URL: postgres.url,
      SESSION_SECRET: 'only-for-tests-only-for-tests-only-for-tests',
    };
    shop = await startShop(environment);
  });
  after(async () => {
    // Whatever `before` did not reach was not started.
    await (shop as ShopProcess | undefined)?.stop();
    await (emulator as Emulator | undefined)?.close();
    await (postgres as Postgres | undefined)?.remove();
  });
  beforeEach(() => {
    guest = new Visitor(shop.url);
  });

  async function accountOf(username: string): Promise<string[]> {
    const browser = new Visitor(shop.url);
    await browser.logIn(username);
    return browser.savedTrips();
  }

  it('keeps the trips of a customer and of a guest over a restart', async () => {
    const customer = new Visitor(shop.url);
    await customer.logIn(bob);
    await customer.save('kyoto-in-november');
    await guest.save('lisbon-by-tram');
    await guest.save('lofoten-light');
    assert.equal(await shop.stop(), 0);
    shop = await startShop({
      ...environment,
      // A new secret in front: cookies that the old one sealed are still good.
      SESSION_SECRET: `${'new-'.repeat(8)},${environment['SESSION_SECRET'] ?? ''}`,
    });
    assert.deepEqual(await guest.savedTrips(), ['lisbon-by-tram', 'lofoten-light']);
    assert.deepEqual(await accountOf(bob), ['kyoto-in-november']);

    await guest.logIn(bob);
    assert.match((await guest.get('/saved')).html, /Your 2 saved trips are now in your account/);
    assert.deepEqual(await guest.savedTrips(), [
      'kyoto-in-november',
      'lisbon-by-tram',
      'lofoten-light',
    ]);
  });

  it('lets customers in while it is away, and the trips follow on a later page', async () => {
    const before = await accountOf(alice);
    await guest.save('azores-whales');
    const copy = guest.twin();
    await postgres.stop();
    const { status, location } = await guest.logIn(alice, 'Passw0rd!', '/bookings');
    assert.deepEqual([status, location], [303, '/bookings']);
    const page = await guest.get('/bookings');
    assert.equal(page.status, 200);
    assert.match(page.html, /Alice Example/);
    assert.match(shop.output.stderr, /saved trips could not be merged yet: /);
    const list = await guest.get('/saved');
    assert.equal(list.status, 503);
    assert.match(list.html, /They are not lost/);

    // Meanwhile the trips are promised to her: nobody else gets them.
    await copy.logIn(bob);
    await postgres.start();
    assert.ok(!(await copy.savedTrips()).includes('azores-whales'));
    assert.ok(!(await accountOf(bob)).includes('azores-whales'));
    const told: string[] = [];
    let trips: string[] = [];
    for (let view = 0; !trips.includes('azores-whales'); view++) {
      assert.ok(view < 60, 'the trips never came');
      await new Promise((resolve) => setTimeout(resolve, 250));
      const list = await guest.get('/saved');
      told.push(...(list.html.match(/now in your account|in your account in a moment/g) ?? []));
      trips = tripsOn(list);
    }
    assert.deepEqual(trips, [...before, 'azores-whales']);
    assert.deepEqual(await accountOf(alice), trips);
    assert.equal(told.at(-1), 'now in your account');
    assert.doesNotMatch((await guest.get('/saved')).html, /in your account/);
  });

  it('goes on when its connections are cut', async () => {
    await guest.save('tatra-winter');
    await postgres.stop();
    assert.equal((await guest.get('/trips')).status, 200);
    await postgres.start();
    assert.deepEqual(await guest.savedTrips(), ['tatra-winter']);
  });

  it('and Redis: ten logins of one browser at once, over two processes, move the trips once', async function () {
    const port = await freePort();
    const redis: ChildProcess = await startRedis(needs(this, 'redis-server'), port);
    const shared = { ...environment, PORT: '0', REDIS_URL: `redis://127.0.0.1:${port}` };
    // Both at once, so that both want to make the tables.
    const shops = await Promise.all([startShop(shared), startShop(shared)]);
    try {
      const [first, second] = shops;
      const before = await accountOf(alice);
      const browser = new Visitor(first.url);
      await browser.save('patagonia-on-foot');
      const clicks = Array.from({ length: 10 }, (_, click) =>
        browser.twin(click % 2 === 0 ? first.url : second.url),
      );
      const answers = await Promise.all(clicks.map((click) => click.logIn(alice)));
      const said = shops.map(({ output }) => output.stderr).join('');
      assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([303]), said);
      const pages = await Promise.all(clicks.map((click) => click.get('/saved')));
      const telling = pages.filter(({ html }) => html.includes('is now in your account'));
      assert.equal(telling.length, 1);
      assert.deepEqual(await accountOf(alice), [...before, 'patagonia-on-foot']);
      for (const { output } of shops) assert.doesNotMatch(output.stderr, /SF_HEADLESS_LOCKS/);
    } finally {
      await Promise.all(shops.map((one) => one.stop()));
      redis.kill();
    }
  });
});
