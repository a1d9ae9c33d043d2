import assert from 'node:assert/strict';

import { startEmulator, type Emulator } from 'sf-headless-emulator';
import { bearer, members, parsed, part, record, send, Site, textOf } from './browserless.js';

describe('emulator: control calls', () => {
  let emulator: Emulator;
  let site: Site;

  before(async () => {
    emulator = await startEmulator();
    site = new Site(emulator);
  });
  afterEach(() => emulator.reset());
  after(() => emulator.close());

  const refused = async (reply: ReturnType<Site['control']>, key: string): Promise<void> => {
    const { status, text } = await reply;
    assert.equal(status, 400, text);
    assert.ok(textOf(await reply, 'error').startsWith(`${key}: `), `${key} in ${text}`);
  };

  it('answer 404 to an unknown call, in JSON', async () => {
    for (const [method, path] of [
      ['GET', 'nothing'],
      ['PUT', 'state'],
      ['PUT', 'clients'],
      ['PUT', 'clients/a/b'],
    ] as const) {
      const reply = await site.control(method, path);
      assert.equal(reply.status, 404);
      assert.equal(typeof members(reply)['error'], 'string');
    }
  });

  it('are found at the origin only', async () => {
    assert.equal((await send(`${emulator.url}/__emulator__/state`)).status, 404);
  });

  describe('GET outbox', () => {
    it('answers a bare array, newest first, and filters by to', async () => {
      await site.startCode();
      await site.startCode({ verificationmethod: 'sms' });
      const all = parsed(await site.control('GET', 'outbox'));
      assert.ok(Array.isArray(all));
      assert.deepEqual(
        all.map((message) => record(message)['channel']),
        ['sms', 'email'],
      );
      for (const to of ['%2B12025550101', '+12025550101']) {
        const some = parsed(await site.control('GET', `outbox?to=${to}`));
        assert.deepEqual(some, [all[0]]);
      }
      await refused(site.control('GET', 'outbox?recipient=bob@example.com'), 'recipient');
    });
  });

  describe('GET and DELETE log', () => {
    it('answers requests raw, oldest first, without control calls and pages', async () => {
      await site.control('GET', 'state');
      await site.control('GET', '');
      await site.get('/services/oauth2/echo?code=a%20b');
      const body = 'grant_type=x&client_secret=raw';
      await send(`${emulator.url}/services/oauth2/token`, {
        method: 'POST',
        body,
        headers: { 'X-Upper': 'Yes', authorization: 'Basic eDp5' },
      });
      const log = parsed(await site.control('GET', 'log'));
      assert.ok(Array.isArray(log));
      assert.equal(log.length, 2);
      const [first, second] = log.map(record);
      assert.ok(first && second);
      assert.deepEqual(Object.keys(first).sort(), [
        'at',
        'body',
        'headers',
        'httpVersion',
        'method',
        'path',
        'query',
        'status',
      ]);
      assert.equal(first['path'], '/portal/services/oauth2/echo');
      assert.equal(first['query'], 'code=a%20b');
      assert.equal(second['body'], body);
      assert.equal(second['status'], 400);
      assert.equal(second['httpVersion'], '1.1');
      assert.equal(record(second['headers'])['x-upper'], 'Yes');
      assert.equal(record(second['headers'])['authorization'], 'Basic eDp5');
    });

    it('is emptied by DELETE; the counters go on', async () => {
      await site.get('/id/keys');
      assert.deepEqual(parsed(await site.control('DELETE', 'log')), []);
      assert.deepEqual(emulator.log(), []);
      assert.deepEqual(emulator.state().counters, { 'GET /id/keys': 1 });
    });
  });

  describe('POST clock', () => {
    it('moves the time forward and answers it', async () => {
      const { now } = members(await site.control('POST', 'clock', { advance: 3600 }));
      assert.ok(Math.abs(Number(now) - Date.now() - 3_600_000) < 5000);
    });

    it('refuses going back and other input', async () => {
      for (const [body, key] of [
        [{ advance: -1 }, 'advance'],
        [{ advance: '5' }, 'advance'],
        [{ advance: 9e15 }, 'advance'],
        [{}, 'advance'],
        [{ advance: 1, seconds: 1 }, 'seconds'],
      ] as const) {
        await refused(site.control('POST', 'clock', body), key);
      }
    });
  });

  describe('POST keys/rotate and keys/retire', () => {
    const published = async (): Promise<unknown[]> => {
      const keys = members(await site.get('/id/keys'))['keys'];
      assert.ok(Array.isArray(keys));
      return keys.map((key) => record(key)['kid']);
    };

    it('makes new keys for both kinds of token; the old ones stay published until retired', async () => {
      const own = await startEmulator();
      const other = new Site(own);
      const before = members(await other.get('/id/keys'))['keys'];
      const rotated = members(await other.control('POST', 'keys/rotate'));
      const kids = rotated['kids'];
      assert.ok(Array.isArray(before) && Array.isArray(kids));
      assert.deepEqual(kids, [rotated['idToken'], rotated['accessToken']]);
      const login = await other.login();
      assert.equal(part(textOf(login, 'id_token'), 0)['kid'], rotated['idToken']);
      assert.equal(part(textOf(login, 'access_token'), 0)['kid'], rotated['accessToken']);
      const oldKids = before.map((key) => record(key)['kid']);
      const { kids: left } = await own.retireKey(String(oldKids[0]));
      assert.deepEqual(left, [...kids, oldKids[1]]);
      const now = members(await other.get('/id/keys'))['keys'];
      await own.close();
      assert.ok(Array.isArray(now));
      assert.deepEqual(
        now.map((key) => record(key)['kid']),
        left,
      );
    });

    it('survive a reset', async () => {
      const kids = await published();
      emulator.reset();
      assert.deepEqual(await published(), kids);
    });

    it('refuse an unknown kid', async () => {
      await refused(site.control('POST', 'keys/retire', { kid: 'none' }), 'kid');
      await refused(site.control('POST', 'keys/rotate', { kid: 'x' }), 'kid');
    });
  });

  describe('POST tokens', () => {
    it('answers a live access token for any scope', async () => {
      const order = {
        client: '3MVG9.public',
        username: 'bob@example.com',
        scope: 'api forgot_password',
      };
      const token = textOf(await site.control('POST', 'tokens', order), 'access_token');
      assert.equal(part(token, 1)['scp'], 'api forgot_password');
      const info = await site.get('/services/oauth2/userinfo', bearer(token));
      assert.equal(textOf(info, 'preferred_username'), 'bob@example.com');
    });

    it('refuses an unknown client and user, and missing keys', async () => {
      const order = { client: '3MVG9.public', username: 'bob@example.com', scope: 'api' };
      await refused(site.control('POST', 'tokens', { ...order, client: 'x' }), 'client');
      await refused(site.control('POST', 'tokens', { ...order, username: 'x' }), 'username');
      await refused(site.control('POST', 'tokens', { client: 'x', username: 'y' }), 'scope');
    });
  });

  describe('POST reset', () => {
    it('brings everything back to the state at start', async () => {
      const started = emulator.state();
      const login = await site.login();
      await site.startCode();
      emulator.settings({ codeTtl: 1 });
      emulator.client('c');
      emulator.deleteUser('bob@example.com');
      emulator.faults([{ match: 'GET /id/keys', fault: 'status' }]);
      emulator.clock(100_000);
      const reply = await site.control('POST', 'reset');
      const { now, ...state } = members(reply);
      const { now: then, ...expected } = started;
      assert.deepEqual(state, expected);
      assert.ok(Number(now) - then < 5000);
      assert.deepEqual([emulator.outbox(), emulator.log(), emulator.faults()], [[], [], []]);
      assert.equal((await site.userinfo(textOf(login, 'access_token'))).status, 403);
      assert.equal((await site.refresh(textOf(login, 'refresh_token'))).status, 400);
    });
  });
});
