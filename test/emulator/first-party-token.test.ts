import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import { basic, members, oauthError, part, password, send, textOf } from './browserless.js';
import { codeOf, FirstPartyApp } from './first-party-app.js';

const alice = 'alice@example.com';

describe('emulator: token endpoint', () => {
  let emulator: Emulator;
  let app: FirstPartyApp;
  const code = async (call: Readonly<Record<string, string>> = {}): Promise<string> =>
    codeOf(await app.first({ username: alice, password, ...call }));

  before(async () => {
    emulator = await startEmulator();
  });
  beforeEach(() => {
    app = new FirstPartyApp(emulator).register();
  });
  afterEach(() => emulator.reset());
  after(() => emulator.close());

  describe('code of the challenge endpoint', () => {
    it('gives the ordinary token answer, with the scopes and nonce asked for', async () => {
      const reply = await app.redeem(await code({ scope: 'openid refresh_token', nonce: 'n-1' }));
      assert.equal(reply.status, 200, reply.text);
      assert.equal(textOf(reply, 'scope'), 'openid refresh_token');
      assert.equal(part(textOf(reply, 'id_token'), 1)['nonce'], 'n-1');
      const again = await app.site.refresh(textOf(reply, 'refresh_token'), {
        client_id: app.id,
        client_secret: 'first-secret',
      });
      assert.equal(again.status, 200, again.text);
    });

    it('needs no redirect_uri and takes a registered one only', async () => {
      const registered = { redirect_uri: 'http://localhost:3000/callback' };
      assert.equal((await app.redeem(await code(), registered)).status, 200);
      const other = await app.redeem(await code(), { redirect_uri: 'http://localhost:3000/' });
      assert.deepEqual(oauthError(other).slice(0, 2), [400, 'redirect_uri_mismatch']);
    });

    it('needs one client authentication of any kind, even where the secret is optional', async () => {
      const without = { client_secret: '' };
      const none = await app.redeem(await code(), without);
      assert.deepEqual(oauthError(none), [400, 'invalid_client', 'invalid client credentials']);
      const assertion = { ...without, client_assertion: await app.assertion() };
      assert.equal((await app.redeem(await code(), assertion)).status, 200);
      const form = { grant_type: 'authorization_code', code_verifier: app.pkce.verifier };
      const inHeader = await send(`${emulator.url}/services/oauth2/token`, {
        method: 'POST',
        headers: basic(app.id, 'first-secret'),
        body: new URLSearchParams({ ...form, code: await code() }).toString(),
      });
      assert.equal(inHeader.status, 200, inHeader.text);
    });

    it('is redeemed once, within codeTtl, by its client', async () => {
      const once = await code();
      assert.equal((await app.redeem(once)).status, 200);
      assert.equal(textOf(await app.redeem(once), 'error'), 'invalid_grant');
      const other = new FirstPartyApp(emulator, '3MVG9.other').register();
      assert.equal(textOf(await other.redeem(await code()), 'error'), 'invalid_grant');
      const late = await code();
      emulator.clock(900);
      assert.equal(textOf(await app.redeem(late), 'error'), 'invalid_grant');
    });

    it('answers invalid_request to a wrong verifier and invalid_grant to a missing one', async () => {
      const wrong = await app.redeem(await code(), { code_verifier: 'x'.repeat(43) });
      assert.deepEqual(oauthError(wrong), [400, 'invalid_request', 'invalid code verifier']);
      const missing = await app.redeem(await code(), { code_verifier: '' });
      assert.equal(textOf(missing, 'error'), 'invalid_grant');
      emulator.settings({ quirks: { pkceMismatchError: 'invalid_grant' } });
      const forced = await app.redeem(await code(), { code_verifier: 'x'.repeat(43) });
      assert.equal(textOf(forced, 'error'), 'invalid_grant');
    });

    it('drops the guest for opaque tokens', async () => {
      app.register({ isNamedUserJwtEnabled: false });
      assert.equal(members(await app.redeem(await code()))['token_format'], 'opaque');
    });
  });
});
