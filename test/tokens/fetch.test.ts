import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import request from 'supertest';
import type { Shop, ShopOptions } from '../support/shop.js';
import {
  bob,
  callsOf,
  createTokenShop,
  loggedIn,
  pass,
  refreshesSeen,
  rotate,
  tokenOf,
  type Visitor,
} from './token-shop.js';

const query = '/services/data/v66.0/query?q=SELECT Name FROM Booking__c';
const userinfo = '/services/oauth2/userinfo';

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

async function call(visitor: Visitor, path: string, init: object = {}): Promise<Reply> {
  const { status, body } = await visitor.post('/call').send({ path, init });
  assert.equal(status, 200, JSON.stringify(body));
  return body as Reply;
}

describe('req.headless.fetch', () => {
  let emulator: Emulator;
  let shop: Shop;
  before(async () => {
    emulator = await startEmulator();
  });
  after(() => emulator.close());
  beforeEach(() => {
    rotate(emulator);
  });
  afterEach(async () => {
    await shop.close();
    emulator.reset();
  });
  const open = (options: Omit<ShopOptions, 'emulator'> = {}): void => {
    shop = createTokenShop({ emulator, ...options });
  };
  /** Has Salesforce end an access token that has not expired. */
  const kill = async (token: string): Promise<void> => {
    const body = new URLSearchParams({ token });
    const answer = await fetch(`${emulator.url}/services/oauth2/revoke`, { method: 'POST', body });
    assert.equal(answer.status, 200);
  };

  it('calls the REST API as the user who is logged in', async () => {
    open();
    const visitor = await loggedIn(shop);
    const { status, text, headers } = await call(visitor, query);
    assert.equal(status, 200);
    assert.ok((JSON.parse(text) as { totalSize: number }).totalSize > 0);
    assert.equal(headers['sforce-limit-info'], 'api-usage=18/15000');
    const other = await call(await loggedIn(shop, bob), '/services/data/v66.0/limits');
    assert.equal((JSON.parse(other.text) as { user: string }).user, bob.username);
  });

  it('calls it as the guest, on the site', async () => {
    open();
    const visitor = request.agent(shop.app);
    const { body } = await visitor.post('/save');
    const { text } = await call(visitor, '/services/data/v66.0/any');
    assert.equal((JSON.parse(text) as { uvid: string }).uvid, body.guest.uvid);
  });

  it('sends method, headers and body, and no other authorization than its own', async () => {
    open();
    const visitor = await loggedIn(shop);
    await call(visitor, '/services/data/v66.0/any', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: 'Bearer mine', 'x-key': 'y' },
      body: '{"a":1}',
    });
    const seen = emulator.log().at(-1);
    assert.equal(seen?.method, 'POST');
    assert.equal(seen.body, '{"a":1}');
    assert.equal(seen.headers['content-type'], 'application/json');
    assert.equal(seen.headers['x-key'], 'y');
    assert.equal(seen.headers['authorization'], `Bearer ${await tokenOf(visitor)}`);
  });

  for (const [title, path, answer] of [
    ['401', query, 401],
    ['403 Bad_OAuth_Token', userinfo, 403],
  ] as const) {
    it(`renews a token that Salesforce has ended, and calls once more: ${title}`, async () => {
      open();
      const visitor = await loggedIn(shop);
      const old = await tokenOf(visitor);
      await kill(old);
      emulator.clearLog();
      assert.equal((await call(visitor, path)).status, 200);
      const seen = emulator.log().map((each) => [each.path.split('/').at(-1), each.status]);
      const last = path.split('?')[0]?.split('/').at(-1);
      assert.deepEqual(seen, [
        [last, answer],
        ['token', 200],
        [last, 200],
      ]);
      assert.notEqual(await tokenOf(visitor), old);
    });
  }

  it('renews it again when Salesforce ends the new one too, however soon', async () => {
    open();
    const visitor = await loggedIn(shop);
    for (let time = 0; time < 3; time += 1) {
      await kill(await tokenOf(visitor));
      assert.equal((await call(visitor, query)).status, 200);
    }
    assert.equal(refreshesSeen(emulator).length, 3);
  });

  it('makes a guest one new token for an API that takes none of a guest', async () => {
    open();
    const visitor = request.agent(shop.app);
    await visitor.post('/save').expect(200);
    emulator.clearLog();
    for (let time = 0; time < 4; time += 1) {
      assert.equal((await call(visitor, query)).status, 401);
    }
    assert.equal(callsOf(emulator, '/oauth2/token'), 1);
  });

  for (const [title, answer] of [
    ['as the error of an object', { body: { error: 'Bad_OAuth_Token' } }],
    ['without a type', { body: 'Bad_OAuth_Token', headers: { 'Content-Type': '' } }],
  ] as const) {
    it(`knows the word for a dead token ${title}`, async () => {
      open();
      const visitor = await loggedIn(shop);
      const fault = { fault: 'status', status: 403, times: 1, ...answer } as const;
      emulator.faults([{ match: 'GET /services/data/v66.0/query', ...fault }]);
      assert.equal((await call(visitor, query)).status, 200);
      assert.equal(refreshesSeen(emulator).length, 1);
    });
  }

  it('renews once for many calls that find the token dead', async () => {
    open();
    const visitor = await loggedIn(shop);
    await kill(await tokenOf(visitor));
    const all = await Promise.all(Array.from({ length: 20 }, () => call(visitor, query)));
    assert.ok(all.every(({ status }) => status === 200));
    assert.equal(refreshesSeen(emulator).length, 1);
  });

  it('gives up after one renewal', async () => {
    open();
    const visitor = await loggedIn(shop);
    emulator.faults([
      { match: 'GET /services/data/v66.0/query', fault: 'status', status: 401, body: 'no' },
    ]);
    const { status, text } = await call(visitor, query);
    assert.deepEqual([status, text], [401, 'no']);
    assert.equal(callsOf(emulator, '/query'), 2);
    assert.equal(refreshesSeen(emulator).length, 1);
  });

  it('asks for a login when the login has ended, too', async () => {
    open();
    const visitor = await loggedIn(shop);
    await kill(await tokenOf(visitor));
    emulator.deleteUser('alice@example.com');
    const { body } = await visitor.post('/call').send({ path: query }).expect(401);
    assert.equal(body.code, 'login_required');
  });

  const untouched = (title: string, rule: object): void => {
    it(`leaves other refusals to the app: ${title}`, async () => {
      open();
      const visitor = await loggedIn(shop);
      const match = 'GET /services/data/v66.0/query';
      emulator.faults([{ match, fault: 'status', status: 403, ...rule }]);
      assert.equal((await call(visitor, query)).status, 403);
      assert.equal(callsOf(emulator, '/query'), 1);
      assert.equal(refreshesSeen(emulator).length, 0);
    });
  };
  untouched('no access', { body: 'No_Access' });
  untouched('a page that mentions the word', {
    headers: { 'content-type': 'text/html' },
    body: 'Bad_OAuth_Token',
  });
  untouched('a long text', { body: `Bad_OAuth_Token${' '.repeat(200)}and so on` });

  it('follows no redirect', async () => {
    open();
    const visitor = await loggedIn(shop);
    const match = 'GET /services/data/v66.0/query';
    emulator.faults([{ match, fault: 'redirect' }]);
    const { status, headers } = await call(visitor, query);
    assert.equal(status, 302);
    assert.match(headers['location'] ?? '', /^https:\/\/login\.invalid/);
  });

  it('says when the answer does not begin in time, or the connection breaks', async () => {
    open({ client: { timeout: 500 } });
    const visitor = await loggedIn(shop);
    const match = 'GET /services/data/v66.0/query';
    emulator.faults([{ match, times: 1, fault: 'hang' }]);
    const late = await visitor.post('/call').send({ path: query });
    assert.deepEqual([late.status, late.body.code], [504, 'timeout']);
    emulator.faults([{ match, times: 1, fault: 'reset' }]);
    const broken = await visitor.post('/call').send({ path: query });
    assert.deepEqual([broken.status, broken.body.code], [503, 'connection_lost']);
  });

  it('does not begin without a login', async () => {
    open();
    const { body } = await request(shop.app).post('/call').send({ path: query }).expect(401);
    assert.equal(body.code, 'login_required');
    await pass(20);
    assert.deepEqual(emulator.log(), []);
  });
});

describe('req.headless.siteUrl', () => {
  it('renews a token that Salesforce has ended, once', async () => {
    const emulator = await startEmulator();
    const shop = createTokenShop({
      emulator,
      client: { scope: 'api openid refresh_token web' },
    });
    try {
      rotate(emulator);
      const visitor = await loggedIn(shop);
      const body = new URLSearchParams({ token: await tokenOf(visitor) });
      await fetch(`${emulator.url}/services/oauth2/revoke`, { method: 'POST', body });
      const { body: answer } = await visitor.get('/link').expect(200);
      assert.match(answer.link, /frontdoor/);
      assert.equal(refreshesSeen(emulator).length, 1);
    } finally {
      await shop.close();
      await emulator.close();
    }
  });
});
