import assert from 'node:assert/strict';
import fc from 'fast-check';
import { MemoryStore } from 'express-session';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import request from 'supertest';
import { Sealing } from '../../lib/session/sealing.js';
import { createShop, type Shop, type ShopOptions } from '../support/shop.js';

const secret = 'a secret that seals the visitor cookie';

function visitorCookie(headers: Record<string, unknown>): string | undefined {
  const cookies = [headers['set-cookie'] ?? []].flat().map(String);
  return cookies.find((each) => each.startsWith('sf-headless-visitor='));
}

describe('the visitor cookie', () => {
  let emulator: Emulator;
  let shop: Shop;
  before(async () => {
    emulator = await startEmulator();
  });
  after(async () => {
    await emulator.close();
  });
  afterEach(async () => {
    await shop.close();
    emulator.reset();
  });
  function open(options: Omit<ShopOptions, 'emulator'> = {}): void {
    shop = createShop({ emulator, ...options, headless: { secret, ...options.headless } });
  }
  const save = (cookie?: string) => {
    const call = request(shop.app).post('/save');
    return (cookie === undefined ? call : call.set('cookie', cookie)).expect(200);
  };
  const pairOf = (answer: { headers: Record<string, unknown> }): string =>
    visitorCookie(answer.headers)?.split(';')[0] ?? '';

  it('is HttpOnly, SameSite=Lax, for the whole site and a month, and shows nothing', async () => {
    open();
    const answer = await save();
    const cookie = visitorCookie(answer.headers) ?? '';
    assert.match(cookie, /; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Lax$/);
    assert.ok(!cookie.includes(String(answer.body.guest.uvid)));
  });

  it('is Secure when the request came over TLS', async () => {
    open({
      routes: (app) => {
        app.set('trust proxy', 1);
      },
    });
    const answer = await request(shop.app).post('/save').set('x-forwarded-proto', 'https');
    assert.match(visitorCookie(answer.headers) ?? '', /; Secure$/);
  });

  it('is written as the app says', async () => {
    open({
      headless: {
        cookie: {
          name: 'sf-headless-visitor',
          maxAge: 60,
          path: '/shop',
          domain: 'example.com',
          secure: true,
        },
      },
    });
    assert.match(
      visitorCookie((await save()).headers) ?? '',
      /; Max-Age=60; Path=\/shop; Domain=example\.com; HttpOnly; SameSite=Lax; Secure$/,
    );
  });

  it('brings the same visitor id back after the session has expired', async () => {
    const store = new MemoryStore();
    open({ store });
    const first = await save();
    store.clear();
    const second = await save(pairOf(first));
    assert.equal(second.body.guest.uvid, first.body.guest.uvid);
    assert.equal(second.body.guest.since, first.body.guest.since);
  });

  it('takes the visitor along into a login, even when the session has expired', async () => {
    const store = new MemoryStore();
    open({ store });
    const first = await save();
    store.clear();
    const { body } = await request(shop.app)
      .post('/login')
      .set('cookie', pairOf(first))
      .send({ username: 'alice@example.com', password: 'Passw0rd!' })
      .expect(200);
    assert.equal(body.upgrade.status, 'linked');
    assert.equal(body.upgrade.uvid, first.body.guest.uvid);
  });

  it('brings one visitor back, however many requests come at once', async () => {
    const store = new MemoryStore();
    open({ store });
    const first = await save();
    store.clear();
    const answers = await Promise.all(Array.from({ length: 8 }, () => save(pairOf(first))));
    for (const { body } of answers) assert.equal(body.guest.uvid, first.body.guest.uvid);
  });

  it('opens by every key of the ring, and not after its key is gone', async () => {
    open();
    const first = await save();
    const pair = pairOf(first);
    await shop.close();
    open({ headless: { secret: ['a newer secret', secret] } });
    const second = await save(pair);
    assert.equal(second.body.guest.uvid, first.body.guest.uvid);
    await shop.close();
    open({ headless: { secret: 'a newer secret' } });
    assert.notEqual((await save(pair)).body.guest.uvid, first.body.guest.uvid);
    assert.equal((await save(pairOf(second))).body.guest.uvid, first.body.guest.uvid);
  });

  const forged = (title: string, forge: (pair: string) => string): void => {
    it(`gives a new guest when it is ${title}`, async () => {
      open();
      const first = await save();
      const second = await save(forge(pairOf(first)));
      assert.notEqual(second.body.guest.uvid, first.body.guest.uvid);
    });
  };
  forged('a plain visitor id', () => 'sf-headless-visitor=3f1c2b9e-6a54-4d2f-9b0e-7f2f6c1a8d10');
  forged(
    'changed in one letter',
    (pair) => pair.slice(0, -3) + (pair.endsWith('AAA') ? 'BBB' : 'AAA'),
  );
  forged('cut short', (pair) => pair.slice(0, 40));
  forged('empty', () => 'sf-headless-visitor=');
  forged('of another version', (pair) => pair.replace('=v1.', '=v2.'));
  forged('sealed by somebody else', () => {
    const text = `3f1c2b9e-6a54-4d2f-9b0e-7f2f6c1a8d10 ${Date.now()} ${Date.now()}`;
    return `sf-headless-visitor=${new Sealing(['another secret']).seal('visitor cookie', text)}`;
  });
  forged('sealed for something else', () => {
    const text = `3f1c2b9e-6a54-4d2f-9b0e-7f2f6c1a8d10 ${Date.now()} ${Date.now()}`;
    return `sf-headless-visitor=${new Sealing([secret]).seal('another purpose', text)}`;
  });
  forged('too old', () => {
    const text = `3f1c2b9e-6a54-4d2f-9b0e-7f2f6c1a8d10 0 ${Date.now() - 31 * 86_400_000}`;
    return `sf-headless-visitor=${new Sealing([secret]).seal('visitor cookie', text)}`;
  });

  it('does not exist without a secret', async () => {
    open();
    await shop.close();
    shop = createShop({ emulator });
    assert.equal(visitorCookie((await save()).headers), undefined);
  });
});

describe('sealing', () => {
  it('gives back what was sealed, for the same purpose and ring only', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.string(),
        fc.string({ minLength: 1 }),
        fc.string({ minLength: 1 }),
        (text, purpose, one, other) => {
          const sealed = new Sealing([one]).seal(purpose, text);
          assert.equal(new Sealing([other, one]).open(purpose, sealed), text);
          assert.equal(new Sealing([one]).open(`${purpose}!`, sealed), undefined);
          if (one !== other) assert.equal(new Sealing([other]).open(purpose, sealed), undefined);
        },
      ),
      { numRuns: 200 },
    );
  });
  it('never throws on what somebody made up', () => {
    const sealing = new Sealing(['a secret']);
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.base64String().map((x) => `v1.${x}`),
        ),
        (made) => {
          assert.equal(sealing.open('purpose', made), undefined);
        },
      ),
    );
  });
  it('never seals the same text the same way', () => {
    const sealing = new Sealing(['a secret']);
    assert.notEqual(sealing.seal('purpose', 'text'), sealing.seal('purpose', 'text'));
  });
  it('needs a secret', () => {
    assert.throws(() => new Sealing([]).seal('purpose', 'text'), /needs a secret/);
  });
});
