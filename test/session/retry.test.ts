import assert from 'node:assert/strict';
import { MemoryStore, type SessionData } from 'express-session';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import request from 'supertest';
import { createShop, type Shop, type ShopOptions } from '../support/shop.js';

const alice = { username: 'alice@example.com', password: 'Passw0rd!' };

/** What happens after a login whose hook has failed, on the pages that follow. */
describe('a deferred upgrade', () => {
  let emulator: Emulator;
  let shop: Shop;
  let runs: number;
  before(async () => {
    emulator = await startEmulator();
  });
  after(async () => {
    await emulator.close();
  });
  beforeEach(() => {
    runs = 0;
  });
  afterEach(async () => {
    await shop.close();
    emulator.reset();
  });

  /** An app whose hook fails once and takes its time after; it writes into the session, as hooks do. */
  function open(options: Omit<ShopOptions, 'emulator'> = {}): ReturnType<typeof request.agent> {
    shop = createShop({
      emulator,
      ...options,
      headless: {
        onUpgrade: async ({ req }) => {
          runs += 1;
          if (runs === 1) throw new Error('no database');
          await new Promise((resolve) => setTimeout(resolve, 60));
          Reflect.set(Reflect.get(req, 'session') as object, 'merged', runs);
        },
      },
    });
    return request.agent(shop.app);
  }
  const due = () => new Promise((resolve) => setTimeout(resolve, 1100));

  it('is completed once by pages that come together, and all of them show what the hook wrote', async () => {
    const agent = open();
    await agent.post('/save');
    await agent.post('/login').send(alice).expect(200);
    await due();
    const pages = await Promise.all([1, 2, 3, 4].map(() => agent.get('/me').expect(200)));
    for (const { body } of pages) {
      assert.equal(body.upgrade.status, 'linked');
      assert.deepEqual(body.session, { merged: 2 });
    }
    assert.equal(runs, 2);
    assert.deepEqual((await agent.get('/me')).body.session, { merged: 2 });
  });

  it('is completed by a login in another browser, which is told', async () => {
    const agent = open();
    const { body: saved } = await agent.post('/save');
    await agent.post('/login').send(alice).expect(200);
    await agent.post('/logout').expect(200);
    const other = request.agent(shop.app);
    await other.post('/login').send(alice).expect(200);
    const { body } = await other.get('/me');
    assert.equal(body.upgrade.status, 'linked');
    assert.equal(body.upgrade.uvid, saved.guest.uvid);
    assert.equal(runs, 2);
  });

  it('does not keep a page from showing when the store fails meanwhile', async () => {
    class Failing extends MemoryStore {
      fails = false;
      override set(id: string, value: SessionData, callback?: (error?: unknown) => void): void {
        if (this.fails) setImmediate(() => callback?.(new Error('the store is on fire')));
        else super.set(id, value, callback);
      }
    }
    const store = new Failing();
    const agent = open({ store });
    await agent.post('/save');
    await agent.post('/login').send(alice).expect(200);
    await due();
    store.fails = true;
    await agent.get('/me').expect(200);
    store.fails = false;
    await due();
    assert.equal((await agent.get('/me')).body.upgrade.status, 'linked');
  });

  it('waits while nobody is logged in', async () => {
    const agent = open({
      routes: (app) => {
        app.get('/nobody', (_req, res) => {
          res.end();
        });
      },
    });
    await agent.get('/nobody').expect(200);
    assert.equal(runs, 0);
  });
});
