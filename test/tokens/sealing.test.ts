import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import request from 'supertest';
import { lasting, memory, type Backend } from '../stores/backends.js';
import type { Shop } from '../support/shop.js';
import {
  alice,
  askToken,
  CountingStore,
  createTokenShop,
  isAlive,
  pass,
  rotate,
  sessionCookie,
  shortLived,
} from './token-shop.js';

/** Every secret that has gone over the wire: tokens, codes, verifiers, passwords, the app's own secret. */
function secretsOf(emulator: Emulator, tokens: readonly string[]): Set<string> {
  const secrets = new Set(['Passw0rd!', 'emulator-secret', 'a-sealing-secret', ...tokens]);
  for (const { body } of emulator.log()) {
    const form = new URLSearchParams(body);
    for (const name of ['refresh_token', 'token', 'code', 'code_verifier', 'client_secret']) {
      const value = form.get(name);
      if (value !== null && value !== '') secrets.add(value);
    }
  }
  for (const { code } of emulator.outbox()) secrets.add(code);
  return secrets;
}

function assertNothingOf(secrets: Iterable<string>, dump: string): void {
  for (const secret of secrets) {
    // The digits of a code may well stand within a time.
    const isShort = /^\d{1,8}$/.test(secret);
    const isThere = isShort ? new RegExp(`\\b${secret}\\b`).test(dump) : dump.includes(secret);
    assert.ok(!isThere, 'the store shows a secret');
    const base64 = Buffer.from(secret).toString('base64url');
    assert.ok(!dump.includes(base64), 'the store shows an encoded secret');
  }
  assert.doesNotMatch(dump, /eyJ[\w-]{8,}\.[\w-]{8,}|00D\w{9,15}![\w.]+|5Aep861/);
}

for (const kind of [memory, ...lasting]) {
  describe(`what lies in ${kind.title}`, function () {
    this.timeout(60_000);
    let emulator: Emulator;
    let backend: Backend;
    let shop: Shop;
    before(async function () {
      backend = await kind.open(this);
      emulator = await startEmulator();
      rotate(emulator);
      shop = createTokenShop({
        emulator,
        store: backend.store,
        client: { scope: 'api openid refresh_token web' },
        headless: { locks: backend.locks, tokens: shortLived(0.6) },
      });
    });
    after(async () => {
      await shop.close();
      await emulator.close();
      await backend.close();
    });

    it('shows no token, code, password or secret after every flow', async () => {
      const tokens: string[] = [];
      const note = async (visitor: ReturnType<typeof request.agent>): Promise<void> => {
        const { body } = await visitor.get('/token').expect(200);
        tokens.push((body as { token: string }).token);
      };
      const guest = request.agent(shop.app);
      await guest.post('/save').expect(200);
      await note(guest);
      await guest.post('/login').send(alice).expect(200);
      await note(guest);
      await pass(700);
      await note(guest);
      await guest.get('/link').expect(200);

      const byCode = request.agent(shop.app);
      await byCode.post('/code').send({ username: alice.username, recaptcha: 'pass' }).expect(200);
      await byCode.post('/code/login').send({ code: emulator.outbox()[0]?.code }).expect(200);
      await note(byCode);

      const waiting = request.agent(shop.app);
      await waiting.post('/code').send({ username: alice.username, recaptcha: 'pass' });

      const leaving = request.agent(shop.app);
      await leaving.post('/login').send(alice).expect(200);
      await note(leaving);
      emulator.faults([{ match: 'POST /services/oauth2/revoke', fault: 'reset' }]);
      await leaving.post('/leave').expect(200);

      const lost = request.agent(shop.app);
      await lost.post('/login').send(alice).expect(200);
      await pass(400);
      emulator.faults([{ match: 'POST /services/oauth2/token', fault: 'reset', after: true }]);
      await lost.get('/token');
      emulator.faults([]);

      const entries = [...(await backend.entries())];
      const kinds = new Set(entries.map(([key]) => /^sf-headless-(\w+)-/.exec(key)?.[1]));
      for (const each of ['tokens', 'code', 'revocations']) {
        assert.ok(kinds.has(each), `there is a record of ${each}`);
      }
      assertNothingOf(secretsOf(emulator, tokens), JSON.stringify(entries));
    });
  });
}

describe('the keys that seal tokens', () => {
  let emulator: Emulator;
  let store: CountingStore;
  const shops: Shop[] = [];
  before(async () => {
    emulator = await startEmulator();
  });
  after(() => emulator.close());
  beforeEach(() => {
    rotate(emulator);
    store = new CountingStore();
  });
  afterEach(async () => {
    await Promise.all(shops.splice(0).map((shop) => shop.close()));
    emulator.reset();
  });
  const start = (secret: string[], seconds = 60): Shop => {
    const headless = { secret, tokens: shortLived(seconds) };
    const shop = createTokenShop({ emulator, store, headless });
    shops.push(shop);
    return shop;
  };

  it('can be rotated while people are logged in', async () => {
    const cookie = await sessionCookie(start(['old'], 0.4));
    await pass(250);
    const { token: first } = await askToken(start(['old', 'new'], 0.4), cookie);
    await pass(250);
    const { token: second } = await askToken(start(['new', 'old'], 0.4), cookie);
    await pass(250);
    const { status, token = '' } = await askToken(start(['new'], 0.4), cookie);
    assert.equal(status, 200);
    assert.equal(new Set([first, second, token]).size, 3);
    assert.equal(await isAlive(emulator, token), true);
  });

  it('take the tokens along when they go, and nothing else of the page', async () => {
    const cookie = await sessionCookie(start(['old']));
    const shop = start(['new']);
    const { status, code } = await askToken(shop, cookie);
    assert.deepEqual([status, code], [401, 'login_required']);
    const { body } = await request(shop.app).get('/me').set('cookie', cookie).expect(200);
    assert.equal(body.authenticated, true);
    assert.equal(body.identity.kind, 'named');
    await request(shop.app).post('/leave').set('cookie', cookie).expect(200);
    await request(shop.app).post('/login').send(alice).expect(200);
  });
});
