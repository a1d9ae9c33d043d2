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
