import assert from 'node:assert/strict';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import request from 'supertest';
import type { HeadlessClient, HintSpelling } from '../lib/index.js';
import { clientFor, createShop, type Shop } from './support/shop.js';

const versionFour = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** The customer's document on the headless guest flow for public clients, sentence by sentence. */
describe('the headless guest flow, as the customer’s document tells it', () => {
  let emulator: Emulator;
  let shop: Shop;
  before(async () => {
    emulator = await startEmulator();
  });
  after(async () => {
    await emulator.close();
  });
  beforeEach(() => {
    emulator.reset();
    shop = createShop({ emulator });
  });
  afterEach(async () => {
    await shop.close();
  });
  const authorizeCall = () => emulator.log().find(({ path }) => path.endsWith('/authorize'));
  const tokenCall = () => emulator.log().find(({ path }) => path.endsWith('/token'));
  const form = (call: { body: string } | undefined) =>
    Object.fromEntries(new URLSearchParams(call?.body));

  it('1. the flow starts when the visitor performs an action, not before', async () => {
    const agent = request.agent(shop.app);
    await agent.get('/me').expect(200);
    assert.deepEqual(emulator.log(), []);
    await agent.post('/save').expect(200);
    assert.ok(authorizeCall());
  });

  it('2. the app looks for a UVID and generates a version 4 UUID when it finds none', async () => {
    const agent = request.agent(shop.app);
    assert.equal((await agent.get('/me')).body.guest, undefined);
    const { body } = await agent.post('/save');
    assert.match(String(body.guest.uvid), versionFour);
  });

  it('3. the app generates PKCE parameters', async () => {
    await shop.client.guest();
    assert.match(String(form(authorizeCall())['code_challenge']), /^[\w-]{43}$/);
    assert.match(String(form(tokenCall())['code_verifier']), /^[\w-]{43,128}$/);
  });

  describe('4. the app sends the UVID to the authorization endpoint', () => {
    const uvid = '3f1c2b9e-6a54-4d2f-9b0e-7f2f6c1a8d10';
    const sending = (
      title: string,
      spelling: HintSpelling,
      visitor: (client: HeadlessClient) => Promise<{ uvid?: string; guestToken?: string }>,
      check: (token: string | undefined) => void,
    ): void => {
      it(title, async () => {
        const client = clientFor(emulator, { uvidHint: { guest: spelling } });
        const argument = await visitor(client);
        emulator.clearLog();
        const login = await client.guest(argument);
        assert.equal(login.uvid, uvid);
        assert.equal(authorizeCall()?.headers['auth-request-type'], 'guest');
        const { client_id, response_type, redirect_uri, scope } = form(authorizeCall());
        assert.deepEqual(
          { client_id, response_type, redirect_uri, scope },
          {
            client_id: '3MVG9.public',
            response_type: 'code_credentials',
            redirect_uri: 'http://localhost:3000/callback',
            scope: 'api',
          },
        );
        check(argument.guestToken);
        await client.close();
      });
    };
    const header = { in: 'header', prefix: true } as const;
    const body = { in: 'body', prefix: true } as const;
    const plainly = () => Promise.resolve({ uvid });
    const byToken = async (client: HeadlessClient) => ({
      guestToken: (await client.guest({ uvid })).tokens.accessToken,
    });

    sending('as a plain value in the header', header, plainly, () => {
      assert.equal(authorizeCall()?.headers['uvid-hint'], `UVID ${uvid}`);
      assert.equal(tokenCall()?.headers['uvid-hint'], uvid);
    });
    sending('in a JWT-based access token in the header', header, byToken, (token) => {
      assert.equal(authorizeCall()?.headers['uvid-hint'], `JWT ${token ?? ''}`);
      assert.equal(tokenCall()?.headers['uvid-hint'], token);
    });
    sending('as a plain value in the body', body, plainly, () => {
      assert.equal(form(authorizeCall())['uvid_hint'], `UVID ${uvid}`);
      assert.equal(authorizeCall()?.headers['uvid-hint'], undefined);
      assert.equal(tokenCall()?.headers['uvid-hint'], uvid);
    });
  });

  it('5. Salesforce validates the UVID and answers with a 302 that carries the code', async () => {
    await shop.client.guest();
    assert.equal(authorizeCall()?.status, 302);
    await assert.rejects(shop.client.guest({ uvid: 'abcd-1234-efgh' }), {
      code: 'invalid_argument',
    });
  });

  it('6. the code is taken from the redirect, which nobody follows', async () => {
    await shop.client.guest();
    const paths = emulator.log().map(({ path }) => path.replace('/portal', ''));
    assert.deepEqual(paths, ['/services/oauth2/authorize', '/services/oauth2/token', '/id/keys']);
  });

  it('7. the code is exchanged with the bare UVID and the request type in the headers', async () => {
    const { uvid } = await shop.client.guest();
    assert.equal(tokenCall()?.headers['uvid-hint'], uvid);
    assert.equal(tokenCall()?.headers['auth-request-type'], 'guest');
    const { client_id, grant_type, redirect_uri, code } = form(tokenCall());
    assert.deepEqual(
      { client_id, grant_type, redirect_uri },
      {
        client_id: '3MVG9.public',
        grant_type: 'authorization_code',
        redirect_uri: 'http://localhost:3000/callback',
      },
    );
    assert.match(String(code), /^aPrx/);
  });

  it('8. the guest token is a JWT that has the UVID in its subject', async () => {
    const { uvid, tokens, identity } = await shop.client.guest();
    const header = decodeProtectedHeader(tokens.accessToken);
    assert.equal(header.alg, 'RS256');
    assert.equal(header['tty'], 'sfdc-core-token');
    assert.equal(decodeJwt(tokens.accessToken).sub, `uvid:${uvid}`);
    assert.equal(identity.uvid, uvid);
    assert.equal(tokens.refreshToken, undefined);
  });

  it('9. the app creates a guest session that persists the UVID', async () => {
    const agent = request.agent(shop.app);
    const { body } = await agent.post('/save');
    const { sessions } = shop.store as unknown as { sessions: Record<string, string> };
    const blobs = Object.entries(sessions);
    const ofSession = blobs.filter(([key]) => !key.startsWith('sf-headless-'));
    assert.equal(ofSession.length, 1);
    assert.ok(ofSession[0]?.[1].includes(String(body.guest.uvid)));
    for (const [, blob] of blobs) {
      assert.doesNotMatch(blob, /eyJ[\w-]+\.eyJ/, 'no token lies in the store in clear');
    }
  });

  it('10. a return visit has the same UVID', async () => {
    const agent = request.agent(shop.app);
    const { body } = await agent.post('/save');
    emulator.clearLog();
    assert.equal((await agent.get('/me')).body.guest.uvid, body.guest.uvid);
    assert.equal((await agent.post('/save')).body.guest.uvid, body.guest.uvid);
    assert.deepEqual(emulator.log(), []);
  });

  it('11. when the visitor logs in, the UVID goes with the login and stands in the named token', async () => {
    const agent = request.agent(shop.app);
    const { body } = await agent.post('/save');
    await agent
      .post('/login')
      .send({ username: 'alice@example.com', password: 'Passw0rd!' })
      .expect(200);
    const [login] = shop.logins;
    assert.equal(login?.uvid, body.guest.uvid);
    assert.equal(decodeJwt(login?.tokens.accessToken ?? '')['uvid'], body.guest.uvid);
  });
});
