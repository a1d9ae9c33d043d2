import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import { freePort, startRedis } from './redis.js';
import { needs } from './required.js';
import { startShop, type ShopProcess } from './shop-process.js';
import { Visitor } from './visitor.js';

describe('travel-shop with Redis and a database in a folder', function () {
  this.timeout(30_000);
  let program: string;
  let folder: string;
  let redis: ChildProcess;
  let emulator: Emulator;
  let environment: Record<string, string>;
  let shop: ShopProcess;
  let visitor: Visitor;

  before(async function () {
    program = needs(this, 'redis-server');
    folder = mkdtempSync(join(tmpdir(), 'travel-shop-'));
    const port = await freePort();
    redis = await startRedis(program, port);
    emulator = await startEmulator({ port: 0 });
    environment = {
      PORT: await freePort(),
      SF_SITE: emulator.url,
      SF_CLIENT_ID: '3MVG9.private',
      SF_CLIENT_SECRET: 'emulator-secret',
      REDIS_URL: `redis://127.0.0.1:${port}`,
      DATABASE_FOLDER: folder,
      SESSION_SECRET: 'only-for-tests-only-for-tests-only-for-tests',
    };
    shop = await startShop(environment);
  });
  after(async () => {
    // Whatever `before` did not reach was not started.
    await (shop as ShopProcess | undefined)?.stop();
    await (emulator as Emulator | undefined)?.close();
    (redis as ChildProcess | undefined)?.kill();
    if (folder as string | undefined) rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(() => {
    visitor = new Visitor(shop.url);
  });

  async function restart(): Promise<void> {
    assert.equal(await shop.stop(), 0);
    shop = await startShop(environment);
  }

  it('knows a guest after a restart, and needs no second identity for them', async () => {
    await visitor.save('lisbon-by-tram');
    await restart();
    const before = emulator.log().length;
    await visitor.save('lofoten-light');
    assert.deepEqual(await visitor.savedTrips(), ['lisbon-by-tram', 'lofoten-light']);
    assert.equal(emulator.log().length, before);
  });

  it('gives the trips of a guest from before a restart to the customer, once', async () => {
    await visitor.save('lisbon-by-tram');
    await visitor.save('tatra-winter');
    await restart();
    await visitor.logIn('bob@example.com');
    assert.match((await visitor.get('/saved')).html, /Your 2 saved trips are now in your account/);
    assert.deepEqual(await visitor.savedTrips(), ['lisbon-by-tram', 'tatra-winter']);
  });

  it('keeps a customer logged in over a restart, and reads the bookings', async () => {
    await visitor.logIn('alice@example.com');
    await restart();
    const { status, html } = await visitor.get('/bookings');
    assert.equal(status, 200);
    assert.match(html, /B-0001/);
  });

  it('keeps no password in Redis, and no token that could be read', async () => {
    await visitor.save('azores-whales');
    await visitor.logIn('alice@example.com');
    const dump = await everythingIn(environment['REDIS_URL'] ?? '');
    assert.match(dump, /Alice Example/);
    assert.doesNotMatch(dump, /Passw0rd|eyJ[\w-]+\.eyJ|00D\w+!/);
  });

  it('answers with an error page while Redis is away, and recovers', async () => {
    await visitor.logIn('alice@example.com');
    const { port } = new URL(environment['REDIS_URL'] ?? '');
    redis.kill();
    await once(redis, 'exit');
    assert.equal((await visitor.get('/saved')).status, 500);
    redis = await startRedis(program, port);
    let status = 0;
    for (let attempt = 0; status !== 200 && attempt < 50; attempt++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      ({ status } = await visitor.get('/trips'));
    }
    assert.equal(status, 200);
  });
});

/** Every value of a Redis, as text. */
async function everythingIn(url: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const cli = (...args: string[]) => output('redis-cli', ['-h', hostname, '-p', port, ...args]);
  let all = '';
  for (const key of (await cli('KEYS', '*')).split('\n').filter((line) => line !== '')) {
    all += await cli('GET', key);
  }
  return all;
}

async function output(command: string, args: string[]): Promise<string> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await once(child, 'close');
  return text;
}
