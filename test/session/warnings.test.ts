import assert from 'node:assert/strict';
import express from 'express';
import session, { MemoryStore, type Store } from 'express-session';
import request from 'supertest';
import { HeadlessClient, headlessSession, type HeadlessSessionOptions } from '../../lib/index.js';

/** As far as its name says, a store that other processes may reach. */
class SharedStore extends MemoryStore {}

type Said = Pick<HeadlessSessionOptions, 'locks' | 'secret'>;

describe('the warnings of headlessSession', () => {
  const client = new HeadlessClient({
    site: 'https://shop.example.com',
    clientId: 'app',
    redirectUri: 'https://shop.example.com/callback',
  });
  after(() => client.close());

  /** Codes of the warnings that three page views give. */
  async function warnings(store: Store, options: Said): Promise<string[]> {
    const codes: string[] = [];
    const listen = (warning: Error): void => {
      const code: unknown = Reflect.get(warning, 'code');
      if (typeof code === 'string' && code.startsWith('SF_HEADLESS_')) codes.push(code);
    };
    const app = express();
    app.use(
      session({ store, secret: 'a-test-secret', resave: false, saveUninitialized: false }),
      headlessSession({ client, ...options }),
    );
    process.on('warning', listen);
    try {
      for (let view = 0; view < 3; view += 1) await request(app).get('/');
    } finally {
      process.off('warning', listen);
    }
    return codes;
  }

  const locks = { run: <T>(_key: string, work: () => Promise<T>): Promise<T> => work() };
  const cases: readonly (readonly [string, Said, readonly string[]])[] = [
    ['neither locks nor a secret', {}, ['SF_HEADLESS_LOCKS', 'SF_HEADLESS_SECRET']],
    ['a secret and no locks', { secret: 'a-test-secret' }, ['SF_HEADLESS_LOCKS']],
    ['locks and no secret', { locks }, ['SF_HEADLESS_SECRET']],
    ['one process, it says, and no secret', { locks: false }, ['SF_HEADLESS_SECRET']],
    ['locks and a secret', { locks, secret: ['current', 'previous'] }, []],
  ];
  for (const [title, options, codes] of cases) {
    it(`with a shared store, ${title}: ${codes.join(' and ') || 'none'}, once`, async () => {
      assert.deepEqual(await warnings(new SharedStore(), options), codes);
    });
  }

  it('with the store of this process only: none', async () => {
    assert.deepEqual(await warnings(new MemoryStore(), {}), []);
  });
});
