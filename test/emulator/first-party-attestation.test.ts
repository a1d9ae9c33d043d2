import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import { oauthError, password, type Reply } from './browserless.js';
import { selfSigned } from './certificate.js';
import { challenged, codeOf, FirstPartyApp } from './first-party-app.js';

const login = { username: 'alice@example.com', password };
const invalidAssertion = [400, 'invalid_client', 'invalid client assertion'];
const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

describe('emulator: first-party applications', () => {
  let emulator: Emulator;
  let app: FirstPartyApp;
  const seconds = (): number => Math.floor(emulator.state().now / 1000);
  const attested = (assertion: Promise<string> | null): Promise<Reply> =>
    app.first(login, { assertion });

  before(async () => {
    emulator = await startEmulator();
  });
  beforeEach(() => {
    app = new FirstPartyApp(emulator).register();
  });
  afterEach(() => emulator.reset());
  after(() => emulator.close());

  describe('attestation', () => {
    it('takes any of four audiences, no subject, and the right client_assertion_type', async () => {
      const { url, origin } = emulator;
      for (const aud of [
        url,
        [origin],
        `${url}/services/oauth2/token`,
        `${url}/services/oauth2/v1/authorization_challenge`,
      ]) {
        codeOf(await attested(app.assertion({ aud, sub: undefined, jti: undefined })));
      }
      codeOf(await app.first({ ...login, client_assertion_type: assertionType }));
    });

    it('is refused when missing, of another key, algorithm, subject, audience or time, used before, or no JWT', async () => {
      const now = seconds();
      const used = app.assertion();
      codeOf(await attested(used));
      for (const [name, assertion] of Object.entries({
        missing: null,
        key: app.assertion({}, selfSigned().key),
        algorithm: app.assertion({}, undefined, 'RS512'),
        subject: app.assertion({ sub: 'other' }),
        audience: app.assertion({ aud: 'https://login.example.com' }),
        expired: app.assertion({ exp: now - 31 }),
        endless: app.assertion({ exp: undefined }),
        early: app.assertion({ nbf: now + 60 }),
        future: app.assertion({ iat: now + 60 }),
        used,
        nonsense: Promise.resolve('a.b.c'),
      })) {
        assert.deepEqual(oauthError(await attested(assertion)), invalidAssertion, name);
      }
      const otherType = await app.first({ ...login, client_assertion_type: 'saml' });
      assert.deepEqual(oauthError(otherType), invalidAssertion);
    });

    it('counts a jti per client and until the assertion has expired', async () => {
      const jti = 'one';
      codeOf(await attested(app.assertion({ jti })));
      const other = new FirstPartyApp(emulator, '3MVG9.other').register();
      codeOf(await other.first(login, { assertion: other.assertion({ jti }) }));
      emulator.clock(200);
      codeOf(await attested(app.assertion({ jti })));
    });

    it('is wanted again with a session when firstParty.strict is on, and always checked when sent', async () => {
      const wrong = { ...login, password: 'no' };
      const again = {
        auth_session: challenged(await app.first(wrong), 'invalid_credentials'),
        password,
      };
      const bad = await app.challenge(again, { assertion: app.assertion({ aud: 'x' }) });
      assert.deepEqual(oauthError(bad), invalidAssertion);
      emulator.settings({ firstParty: { strict: true } });
      const none = await app.challenge(again, { assertion: null });
      assert.deepEqual(oauthError(none), invalidAssertion);
      codeOf(await app.challenge(again));
    });

    it('names the site or its origin and lives three minutes at most when firstParty.strict is on', async () => {
      emulator.settings({ firstParty: { strict: true } });
      const { url, origin } = emulator;
      for (const aud of [url, origin]) codeOf(await attested(app.assertion({ aud })));
      codeOf(await attested(app.assertion({ exp: seconds() + 180 })));
      for (const claims of [
        { aud: `${url}/services/oauth2/token` },
        { aud: `${url}/services/oauth2/v1/authorization_challenge` },
        { exp: seconds() + 240 },
      ]) {
        assert.deepEqual(oauthError(await attested(app.assertion(claims))), invalidAssertion);
      }
    });

    it('is impossible for an app without a certificate', async () => {
      app.register({ clientAssertionCertificate: null });
      assert.deepEqual(oauthError(await app.first(login)), invalidAssertion);
    });

    it('does not outweigh a wrong client_secret', async () => {
      codeOf(await app.first({ ...login, client_secret: 'first-secret' }));
      const wrong = await app.first({ ...login, client_secret: 'no' });
      assert.deepEqual(oauthError(wrong), [400, 'invalid_client', 'invalid client credentials']);
    });
  });
});
