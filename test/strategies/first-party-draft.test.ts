import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import request from 'supertest';
import { HeadlessClient } from '../../lib/index.js';
import { DraftServer } from '../support/draft-server.js';
import { createFirstPartyShop } from '../support/first-party-shop.js';
import type { Shop } from '../support/shop.js';

type Agent = ReturnType<typeof request.agent>;

describe('FirstPartyStrategy on a server that holds to the IETF draft', () => {
  let emulator: Emulator;
  let shop: Shop;
  before(async () => {
    emulator = await startEmulator();
  });
  after(() => emulator.close());
  afterEach(() => shop.close());

  const post = (agent: Agent, body: object) => agent.post('/first').send(body);
  let server: DraftServer;
  const ada = { username: 'ada', password: 'right-password' };
  beforeEach(async () => {
    server = await DraftServer.start();
  });
  afterEach(() => server.close());
  const openDraft = (options: { webLogin?: string } = {}): Agent => {
    const client = new HeadlessClient({
      site: server.issuer.origin,
      clientId: 'app',
      clientSecret: 'app-secret',
      clientSecretIn: 'header',
      redirectUri: 'https://app.example.com/callback',
      firstParty: { discover: true },
    });
    const credentials = ({ body }: { body?: unknown }) => {
      const { totp, ...rest } = (body ?? {}) as Record<string, string>;
      return { ...rest, ...(totp !== undefined && { parameters: { totp_code: totp } }) };
    };
    shop = createFirstPartyShop({
      emulator,
      firstParty: { client, credentials, ...options },
    });
    return request.agent(shop.app);
  };

  it('asks for what the server asks for', async () => {
    const agent = openDraft();
    const { body } = await post(agent, ada).expect(401);
    assert.deepEqual(
      [body.code, body.challenge.state, body.challenge.members.otp_required],
      ['challenge_required', 'insufficient_authorization', true],
    );
    await post(agent, { totp: '000000' }).expect(401);
    await post(agent, { totp: '482913' }).expect(200);
  });

  it('asks for one more step when the token endpoint does', async () => {
    const agent = openDraft();
    server.stepUp = true;
    await post(agent, ada).expect(401);
    await post(agent, { totp: '482913' }).expect(401);
    await post(agent, { totp: '482913' }).expect(200);
  });

  it('sends the browser where the server wants it, and takes up what it brings back', async () => {
    server.redirectToWeb = 'request_uri';
    const agent = openDraft();
    const { headers } = await post(agent, ada).expect(302);
    assert.match(headers['location'] ?? '', /\/authorize\?client_id=app&request_uri=urn/);
    await agent.get(`/first?code=${server.codeFromBrowser()}`).expect(200);
  });

  describe('when a browser comes back from the server', () => {
    const away = async (): Promise<Agent> => {
      server.redirectToWeb = 'request_uri';
      const agent = openDraft();
      await post(agent, ada).expect(302);
      return agent;
    };
    const comes = async (agent: Agent, query: string, status: number): Promise<unknown> =>
      (await agent.get(`/first${query}`).expect(status)).body.code;

    it('takes a refusal for what it is, ends the login, and has nothing sent', async () => {
      const agent = await away();
      const { length } = server.calls;
      assert.equal(await comes(agent, '?error=access_denied', 403), 'sso_denied');
      const code = server.codeFromBrowser();
      assert.equal(await comes(agent, `?code=${code}`, 403), 'sso_state_unknown');
      assert.equal((await agent.get('/first/me')).body.challenge, undefined);
      assert.deepEqual([server.calls.length, server.tokenCalls.length], [length, 0]);
    });

    it('takes no answer of another issuer (RFC 9207)', async () => {
      const agent = await away();
      const query = `?code=${server.codeFromBrowser()}&iss=https://evil.example`;
      assert.equal(await comes(agent, query, 502), 'untrusted_host');
      assert.equal(server.tokenCalls.length, 0);
    });

    it('takes one answer only, whatever came of it', async () => {
      const agent = await away();
      assert.equal(await comes(agent, '?code=wrong', 502), 'code_exchange_refused');
      const code = server.codeFromBrowser();
      assert.equal(await comes(agent, `?code=${code}`, 403), 'sso_state_unknown');
    });

    it('finds the login that waits for it, whatever another tab has begun since', async () => {
      const agent = await away();
      const code = server.codeFromBrowser();
      server.redirectToWeb = undefined;
      await post(agent, { username: 'eve', password: 'x' }).expect(401);
      await agent.get(`/first?code=${code}`).expect(200);
    });

    it('begins nothing where no login waits for it, or where it says nothing', async () => {
      const agent = openDraft();
      await post(agent, { username: 'ada' }).expect(401);
      const { length } = server.calls;
      assert.equal(await comes(agent, '?error=access_denied', 403), 'sso_state_unknown');
      assert.equal(await comes(agent, '?code=1&state=2', 403), 'sso_state_unknown');
      assert.equal(await comes(agent, '', 400), 'missing_credentials');
      assert.equal(server.calls.length, length);
    });
  });

  it('sends the browser to the app’s own login by redirect', async () => {
    server.redirectToWeb = 'bare';
    const agent = openDraft({ webLogin: '/sso' });
    const { headers } = await post(agent, ada).expect(302);
    assert.equal(headers['location'], '/sso');
    const two = await agent.post('/first/start').send({ username: 'ada' }).expect(302);
    assert.equal(two.headers['location'], '/sso');
  });

  it('says that a login by redirect is missing: browser_required', async () => {
    server.redirectToWeb = 'bare';
    const { body } = await post(openDraft(), ada).expect(503);
    assert.equal(body.code, 'browser_required');
  });
});
