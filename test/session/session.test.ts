import assert from 'node:assert/strict';
import { MemoryStore, Store, type SessionData } from 'express-session';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import request from 'supertest';
import { headlessSession } from '../../lib/index.js';
import { createShop, type Shop, type ShopOptions } from '../support/shop.js';

const alice = { username: 'alice@example.com', password: 'Passw0rd!' };

/** A store that keeps count of what is asked of it, and fails where a test says so. */
class WatchedStore extends Store {
  readonly inner = new MemoryStore();
  readonly calls: string[] = [];
  failing = new Set<string>();

  private watch(operation: string, callback?: (error?: unknown) => void): boolean {
    this.calls.push(operation);
    if (!this.failing.has(operation)) return true;
    setImmediate(() => callback?.(new Error('the store is on fire')));
    return false;
  }
  override get(id: string, callback: (error: unknown, session?: SessionData | null) => void): void {
    if (this.watch('get', callback)) this.inner.get(id, callback);
  }
  override set(id: string, session: SessionData, callback?: (error?: unknown) => void): void {
    if (this.watch('set', callback)) this.inner.set(id, session, callback);
  }
  override destroy(id: string, callback?: (error?: unknown) => void): void {
    if (this.watch('destroy', callback)) this.inner.destroy(id, callback);
  }
  override touch(id: string, session: SessionData, callback?: () => void): void {
    if (this.watch('touch')) this.inner.touch(id, session, callback);
  }
}

/** What happens once an answer is out: the old session ends. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 50));

describe('headlessSession', () => {
  let emulator: Emulator;
  let shop: Shop;
  let store: WatchedStore;
  before(async () => {
    emulator = await startEmulator();
  });
  after(async () => {
    await emulator.close();
  });
  beforeEach(() => {
    store = new WatchedStore();
  });
  afterEach(async () => {
    await shop.close();
    emulator.reset();
  });
  const open = (options: Omit<ShopOptions, 'emulator'> = {}) => {
    shop = createShop({ emulator, store, ...options });
    return request.agent(shop.app);
  };

  it('writes nothing on a page view: not for a stranger, a guest, or a user', async () => {
    const agent = open();
    await agent.get('/me');
    assert.deepEqual(store.calls.splice(0), []);
    await agent.post('/save');
    store.calls.splice(0);
    await agent.get('/me');
    assert.deepEqual(store.calls.splice(0), ['get', 'touch']);
    await agent.post('/login').send(alice);
    await settled();
    store.calls.splice(0);
    await agent.get('/me');
    assert.deepEqual(store.calls, ['get', 'touch']);
  });

  it('costs a thousand strangers nothing: no session, no cookie, no call', async () => {
    open();
    for (let view = 0; view < 1000; view += 1) {
      const { headers } = await request(shop.app).get('/me');
      assert.equal(headers['set-cookie'], undefined);
    }
    assert.deepEqual(store.calls, []);
    assert.deepEqual(emulator.log(), []);
  }).timeout(30_000);

  it('has the guest in the store before the answer leaves', async () => {
    const agent = open();
    const { body } = await agent.post('/save');
    const { sessions } = store.inner as unknown as { sessions: Record<string, string> };
    const [, blob] =
      Object.entries(sessions).find(([key]) => !key.startsWith('sf-headless-')) ?? [];
    assert.equal(JSON.parse(blob ?? '{}').sfHeadless.guest.uvid, body.guest.uvid);
  });

  it('keeps what belongs to a code out of the session blob, which other requests overwrite', async () => {
    const agent = open();
    await agent.post('/code').send({ username: alice.username, recaptcha: 'pass' });
    const sessions = (store.inner as unknown as { sessions: Record<string, string> }).sessions;
    const [blob, ...others] = Object.entries(sessions).sort(
      ([a], [b]) => Number(a.startsWith('sf-headless-')) - Number(b.startsWith('sf-headless-')),
    );
    const kinds = others.map(([key]) => key.replace(/-[\w-]{43}$/, '')).sort();
    assert.deepEqual(kinds, ['sf-headless-code', 'sf-headless-sends-code']);
    assert.doesNotMatch(String(blob?.[1]), /guessesLeft|identifier|alice/);
  });

  it('counts guesses right although a slow page view writes an old session blob back', async () => {
    const agent = open({
      routes: (app) => {
        app.post('/slow', (req, res) => {
          setTimeout(() => {
            Reflect.set(req.session as object, 'views', 1);
            res.end();
          }, 150);
        });
      },
    });
    await agent.post('/code').send({ username: alice.username, recaptcha: 'pass' });
    const slow = agent.post('/slow').then(() => undefined);
    for (let guess = 0; guess < 3; guess += 1) {
      await agent.post('/code/login').send({ code: 'wrong1' }).expect(401);
    }
    await slow;
    await agent.post('/code/login').send({ code: 'wrong1' }).expect(429);
  });

  describe('when the store fails', () => {
    const failing = (title: string, operation: string, run: string, body: object = {}): void => {
      it(`says so: ${title}`, async () => {
        const agent = open();
        await agent.post('/code').send({ username: 'bob@example.com', recaptcha: 'pass' });
        store.failing.add(operation);
        const answer = await agent.post(run).send(body).expect(503);
        assert.equal(answer.body.code, 'storage_failed');
        assert.equal(answer.body.fault, 'storage');
      });
    };
    failing('a guest cannot be written', 'set', '/save');
    failing('a code cannot be remembered', 'set', '/code', {
      username: alice.username,
      recaptcha: 'pass',
    });
    failing('a guess cannot be counted', 'set', '/code/login', { code: '123456' });
    failing('a used code cannot be removed', 'destroy', '/code/login', { get code() { return emulator.outbox()[0]?.code; } }); // prettier-ignore

    it('gives no free guess', async () => {
      const agent = open();
      await agent.post('/code').send({ username: alice.username, recaptcha: 'pass' });
      emulator.clearLog();
      store.failing.add('set');
      await agent.post('/code/login').send({ code: '123456' }).expect(503);
      assert.deepEqual(emulator.log(), []);
    });

    it('says so when the store throws', async () => {
      const agent = open();
      await agent.post('/save');
      store.inner.get = () => {
        throw new Error('the store is on fire');
      };
      const { status } = await agent.post('/save');
      assert.equal(status, 500, 'express-session itself comes first');
    });
  });

  it('does not mistake other data in the store for its own', async () => {
    const agent = open({
      routes: (app) => {
        app.post('/odd', (req, res) => {
          Reflect.set(req.session as object, 'sfHeadless', { guest: 'nobody' });
          res.end();
        });
      },
    });
    await agent.post('/odd');
    const { body } = await agent.post('/save').expect(200);
    assert.match(String(body.guest.uvid), /^[0-9a-f-]{36}$/);
  });

  describe('as a factory', () => {
    const make = (options: unknown) => () => headlessSession(options as never);
    it('names the option that is missing or wrong', () => {
      open();
      const { client } = shop;
      assert.throws(make(undefined), /headlessSession: option `client`/);
      assert.throws(make({ client: {} }), /headlessSession: option `client`/);
      assert.throws(make({ client, limits: { guesses: 3 } }), /`limits\.guesses` is not known/);
      assert.throws(make({ client, limits: { codeSends: 0 } }), /`limits\.codeSends` must be/);
    });
  });
});
