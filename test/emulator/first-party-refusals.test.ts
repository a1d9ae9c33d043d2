import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import { bearer, oauthError, parsed, password, publicClient, send, textOf } from './browserless.js';
import { challenged, codeOf, FirstPartyApp, type Members } from './first-party-app.js';

const alice = 'alice@example.com';
const login = { username: alice, password };

describe('emulator: first-party applications', () => {
  let emulator: Emulator;
  let app: FirstPartyApp;

  before(async () => {
    emulator = await startEmulator();
  });
  beforeEach(() => {
    app = new FirstPartyApp(emulator).register();
  });
  afterEach(() => emulator.reset());
  after(() => emulator.close());

  describe('refuses', () => {
    const refused = async (call: Members, status = 400): Promise<unknown> => {
      const reply = await app.first(call);
      assert.equal(reply.status, status, reply.text);
      return oauthError(reply)[1];
    };

    it('every app when the site does not allow first-party applications', async () => {
      emulator.settings({ firstParty: { enabled: false } });
      assert.equal(await refused(login), 'unauthorized_client');
    });

    it('unknown clients, and apps that are not first-party', async () => {
      assert.equal(
        await refused({ client_id: publicClient, client_assertion: 'x' }),
        'unauthorized_client',
      );
      assert.equal(
        await refused({ client_id: 'nobody', client_assertion: 'x' }),
        'invalid_client_id',
      );
      const nameless = await app.challenge(login, { assertion: null });
      assert.deepEqual(oauthError(nameless).slice(0, 2), [400, 'invalid_client_id']);
    });

    it('client_id and attestation of different clients', async () => {
      assert.equal(await refused({ ...login, client_id: publicClient }), 'invalid_request');
    });

    it('a first call without code_challenge, unless the app does not require PKCE', async () => {
      const without = { ...login, code_challenge: undefined };
      const reply = await app.first(without);
      const missing = [400, 'invalid_request', 'missing required code challenge'];
      assert.deepEqual(oauthError(reply), missing);
      app.register({ isPkceRequired: false });
      codeOf(await app.first(without));
    });

    it('a later call that changes code_challenge or scope, but not one that repeats them', async () => {
      const scope = 'api openid';
      const wrong = await app.first({ ...login, scope, password: 'no' });
      const session = challenged(wrong, 'invalid_credentials');
      const next = { password, auth_session: session };
      assert.equal(await refused({ ...next, code_challenge: 'other' }), 'invalid_request');
      assert.equal(await refused({ ...next, scope: 'api' }), 'invalid_request');
      codeOf(await app.first({ ...next, scope: 'openid api' }));
    });

    it('a scope that is not on the app, and another response_type', async () => {
      assert.equal(await refused({ ...login, scope: 'api web' }), 'invalid_scope');
      assert.equal(
        await refused({ ...login, response_type: 'token' }),
        'unsupported_response_type',
      );
    });

    it('a user whom the app is not approved for, once the password is right', async () => {
      app.register({ preapprovedUsers: ['bob@example.com'] });
      assert.equal(await refused(login), 'invalid_app_access');
      challenged(await app.first({ ...login, password: 'no' }), 'invalid_credentials');
      codeOf(await app.first({ ...login, username: 'bob@example.com' }));
    });

    it('a password login without a good reCAPTCHA when firstParty.requireRecaptcha is on', async () => {
      emulator.settings({ firstParty: { requireRecaptcha: true } });
      for (const recaptcha of [undefined, 'fail', 'score:0.1']) {
        const reply = await app.first({ ...login, recaptcha });
        const failed = [400, 'invalid_request', 'recaptcha validation failed'];
        assert.deepEqual(oauthError(reply), failed);
      }
      const recaptchaevent = {
        token: 'pass',
        siteKey: 'k',
        expectedAction: 'login',
        projectId: 'p',
      };
      for (const json of [false, true]) {
        codeOf(await app.first({ ...login, recaptcha: 'pass' }, { json }));
        codeOf(await app.first({ ...login, recaptchaevent }, { json }));
      }
    });

    it('a passwordless start without what passwordless settings ask for, but no code', async () => {
      const start = { username: alice };
      assert.equal(await refused(start), 'invalid_request');
      emulator.settings({ passwordless: { requireAuth: true, requireRecaptcha: false } });
      const nobody = await app.first(start);
      assert.deepEqual(oauthError(nobody), [401, 'invalid_request', 'access token required']);
      for (const scope of ['api', 'pwdless_login_api']) {
        emulator.client('integration', { scopes: [scope] });
        const order = { client: 'integration', username: alice, scope };
        const { access_token: token } = await emulator.tokens(order);
        const reply = await app.first(start, { headers: bearer(token) });
        if (scope === 'api') assert.equal(reply.status, 401);
        else {
          const session = challenged(reply, 'login_initialized');
          const otp = emulator.outbox()[0]?.code;
          codeOf(await app.challenge({ auth_session: session, otp }));
        }
      }
      emulator.settings({ passwordless: { enabled: false } });
      assert.equal(await refused(start), 'unauthorized_client');
    });

    it('another verificationmethod, too many codes, and unknown users when passwordless.unknownUser is error', async () => {
      const start = { username: alice, recaptcha: 'pass' };
      assert.equal(await refused({ ...start, verificationmethod: 'totp' }), 'invalid_request');
      emulator.settings({ otp: { maxSendsPerHour: 1 }, passwordless: { unknownUser: 'error' } });
      assert.equal(await refused({ ...start, username: 'nobody' }), 'invalid_request');
      challenged(await app.first(start), 'login_initialized');
      assert.equal(await refused(start), 'invalid_request');
    });

    it('members of the wrong type, and bodies that are not what they say', async () => {
      const typed = await app.first({ ...login, username: 7 }, { json: true });
      assert.deepEqual(oauthError(typed), [400, 'invalid_request', 'username is not text']);
      const text = '{"username":';
      const broken = await send(`${emulator.url}/services/oauth2/v1/authorization_challenge`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: text,
      });
      assert.equal(textOf(broken, 'error'), 'invalid_request');
    });

    it('other media types with 415 when firstParty.strict is on, and otherwise reads them as JSON or form', async () => {
      const headers = { 'content-type': 'text/plain' };
      for (const json of [false, true]) codeOf(await app.first(login, { headers, json }));
      emulator.settings({ firstParty: { strict: true } });
      const reply = await app.first(login, { headers });
      assert.equal(reply.status, 415);
      assert.equal(typeof parsed(reply), 'object');
    });

    it('every method but POST, and every browser', async () => {
      const path = '/services/oauth2/v1/authorization_challenge';
      const got = await app.site.get(path);
      assert.deepEqual([got.status, got.headers['allow']], [405, 'POST']);
      const origin = 'http://localhost:3000';
      const browser = await app.first(login, { headers: { origin } });
      assert.equal(browser.status, 403);
      assert.equal(browser.headers['access-control-allow-origin'], undefined);
    });
  });
});
