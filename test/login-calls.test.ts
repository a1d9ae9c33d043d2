import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import request from 'supertest';
import { HeadlessError } from '../lib/index.js';
import { clientFor, createShop, type Shop } from './support/shop.js';

const alice = { username: 'alice@example.com', password: 'Passw0rd!' };
const authorize = 'POST /portal/services/oauth2/authorize';
const token = 'POST /portal/services/oauth2/token';

describe('the calls of a login', () => {
  let emulator: Emulator;
  let shop: Shop;
  before(async () => {
    emulator = await startEmulator();
    shop = createShop({ emulator });
    await request(shop.app).post('/login').send(alice).expect(200);
  });
  after(async () => {
    await shop.close();
    await emulator.close();
  });
  beforeEach(() => {
    emulator.clearLog();
    emulator.faults([]);
  });
  const login = (credentials = alice) => request(shop.app).post('/login').send(credentials);
  const calls = (): string[] => emulator.log().map(({ method, path }) => `${method} ${path}`);

  it('are exactly one authorize and one token call', async () => {
    await login().expect(200);
    assert.deepEqual(calls(), [authorize, token]);
  });

  it('are exactly one authorize call when the password is wrong', async () => {
    await login({ ...alice, password: 'not-it-1' }).expect(401);
    assert.deepEqual(calls(), [authorize]);
  });

  it('fetch the keys once per process, not per login', async () => {
    const fresh = createShop({ emulator });
    for (let index = 0; index < 3; index += 1) {
      await request(fresh.app).post('/login').send(alice).expect(200);
    }
    assert.equal(calls().filter((call) => call.endsWith('/id/keys')).length, 1);
    await fresh.close();
  });

  for (const endpoint of ['authorize', 'token'] as const) {
    for (const fault of ['reset', 'status', 'html', 'empty', 'truncate', 'redirect'] as const) {
      it(`are never repeated: ${endpoint} answers with ${fault}`, async () => {
        emulator.faults([{ match: `POST /services/oauth2/${endpoint}`, fault }]);
        const { status } = await login();
        assert.ok(status >= 500, String(status));
        assert.deepEqual(calls(), endpoint === 'authorize' ? [authorize] : [authorize, token]);
      });
      it(`are never repeated: ${endpoint} acts, then answers with ${fault}`, async () => {
        emulator.faults([{ match: `POST /services/oauth2/${endpoint}`, fault, after: true }]);
        const { status } = await login();
        assert.ok(status >= 500, String(status));
        assert.deepEqual(calls(), endpoint === 'authorize' ? [authorize] : [authorize, token]);
      });
    }
  }

  it('carry no password and no code in a URL, and no password in the token call', async () => {
    await login().expect(200);
    const [first, second] = emulator.log();
    assert.equal(first?.query, '');
    assert.equal(second?.query, '');
    const everythingOfSecond = JSON.stringify(second);
    assert.ok(!everythingOfSecond.includes(alice.password));
    assert.ok(!everythingOfSecond.includes(Buffer.from(alice.password).toString('base64')));
    assert.equal(second.headers['authorization'], undefined);
  });

  it('use a new code verifier of 43 to 128 characters every time', async () => {
    const verifiers = new Set<string>();
    for (let index = 0; index < 5; index += 1) {
      await login().expect(200);
      const last = emulator.log().at(-1);
      const verifier = new URLSearchParams(last?.body).get('code_verifier') ?? '';
      assert.match(verifier, /^[\w.~-]{43,128}$/);
      verifiers.add(verifier);
    }
    assert.equal(verifiers.size, 5);
  });

  it('send the redirect URI byte for byte', async () => {
    const odd = 'http://localhost:3000/CallBack/../x?a=%C3%BC&b=1';
    emulator.client('3MVG9.odd', { redirectUris: [odd], isNamedUserJwtEnabled: true });
    const client = clientFor(emulator, { clientId: '3MVG9.odd', redirectUri: odd });
    await client.login(alice);
    for (const { body } of emulator.log().filter(({ method }) => method === 'POST')) {
      assert.equal(new URLSearchParams(body).get('redirect_uri'), odd);
    }
    await client.close();
  });

  it('work with the echo endpoint as redirect URI, which is never visited', async () => {
    const client = clientFor(emulator, { redirectUri: `${emulator.url}/services/oauth2/echo` });
    await client.login(alice);
    assert.ok(calls().every((call) => !call.includes('echo')));
    await client.close();
  });

  it('carry no cookies from one person to the next', async () => {
    await login().expect(200);
    await login().expect(200);
    assert.ok(emulator.log().every(({ headers }) => headers['cookie'] === undefined));
  });

  it('end by the deadline, the whole call counted', async () => {
    for (const fault of ['hang', 'slow'] as const) {
      emulator.faults([{ match: 'POST /services/oauth2/authorize', fault, times: 1 }]);
      const client = clientFor(emulator, { timeout: 300 });
      const start = performance.now();
      await assert.rejects(
        client.login(alice),
        (error: unknown) => error instanceof HeadlessError && error.code === 'timeout',
      );
      assert.ok(performance.now() - start < 2000, fault);
      await client.close();
    }
  });

  it('end when an answer grows too large', async () => {
    emulator.faults([{ match: 'POST /services/oauth2/token', fault: 'big' }]);
    const { body } = await login().expect(502);
    assert.equal(body.code, 'answer_too_large');
  });

  const meaning = (
    title: string,
    code: string,
    rule: { readonly fault: 'html' | 'empty' | 'truncate' | 'redirect' | 'reset' | 'status' },
    at: 'authorize' | 'token' = 'authorize',
  ): void => {
    it(`mean what happened: ${title} is ${code}`, async () => {
      emulator.faults([{ match: `POST /services/oauth2/${at}`, ...rule }]);
      const { body } = await login();
      assert.equal(body.code, code);
    });
  };
  meaning('a login page', 'not_headless', { fault: 'html' });
  meaning('nothing', 'unexpected_answer', { fault: 'empty' });
  meaning('half an answer', 'connection_lost', { fault: 'truncate' });
  meaning('a code sent to another host', 'untrusted_host', { fault: 'redirect' });
  meaning('a cut connection', 'connection_lost', { fault: 'reset' });
  meaning('an error of the server', 'server_error', { fault: 'status' });
  meaning('a page of the token endpoint', 'unexpected_answer', { fault: 'html' }, 'token');
  meaning('nothing from the token endpoint', 'unexpected_answer', { fault: 'empty' }, 'token');
});
