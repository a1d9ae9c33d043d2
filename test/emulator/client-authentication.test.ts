import assert from 'node:assert/strict';
import { createPrivateKey, randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import { basic, oauthError, privateClient, publicClient, Site, type Form } from './browserless.js';
import { selfSigned } from './certificate.js';

const invalidClient = [400, 'invalid_client', 'invalid client credentials'];

describe('emulator: token endpoint', () => {
  let emulator: Emulator;
  let site: Site;

  before(async () => {
    emulator = await startEmulator();
    site = new Site(emulator);
  });
  afterEach(() => emulator.reset());
  after(() => emulator.close());

  describe('client authentication', () => {
    const redeem = async (
      client: string,
      form: Form,
      headers: Record<string, string> = {},
    ): ReturnType<Site['token']> => {
      const code = await site.code(site.named({ client_id: client }));
      return site.token({ code, client_id: client, ...form }, headers);
    };

    it('takes the secret in the body or in a Basic header, also without client_id in the body', async () => {
      const body = await redeem(privateClient, { client_secret: 'emulator-secret' });
      assert.equal(body.status, 200);
      const headers = basic(privateClient, 'emulator-secret');
      assert.equal((await redeem(privateClient, {}, headers)).status, 200);
      assert.equal((await redeem(privateClient, { client_id: '' }, headers)).status, 200);
    });

    it('takes a form-encoded Basic header, as RFC 6749 spells it', async () => {
      const headers = basic('3MVG9%2Eprivate', 'emulator%2Dsecret');
      assert.equal((await redeem(privateClient, { client_id: '' }, headers)).status, 200);
    });

    it('takes a Basic header in the URL-safe alphabet', async () => {
      emulator.client('odd', {
        redirectUris: [site.echo],
        secret: '??>>~~',
        isConsumerSecretOptional: false,
      });
      const encoded = Buffer.from('odd:??>>~~').toString('base64url');
      assert.match(encoded, /[-_]/);
      const reply = await redeem('odd', {}, { authorization: `Basic ${encoded}` });
      assert.equal(reply.status, 200);
    });

    it('refuses a wrong and a missing secret', async () => {
      assert.deepEqual(oauthError(await redeem(privateClient, {})), invalidClient);
      const wrong = await redeem(privateClient, { client_secret: 'no' });
      assert.deepEqual(oauthError(wrong), invalidClient);
    });

    it('lets the secret in the body beat the Basic header', async () => {
      const right = basic(privateClient, 'emulator-secret');
      const wrong = await redeem(privateClient, { client_secret: 'no' }, right);
      assert.deepEqual(oauthError(wrong), invalidClient);
    });

    it('checks an optional secret when one is sent', async () => {
      emulator.client('optional', { redirectUris: [site.echo], secret: 's' });
      assert.equal((await redeem('optional', {})).status, 200);
      assert.equal((await redeem('optional', { client_secret: 's' })).status, 200);
      assert.deepEqual(oauthError(await redeem('optional', { client_secret: 'x' })), invalidClient);
      const toPublic = await redeem(publicClient, { client_secret: 'x' });
      assert.deepEqual(oauthError(toPublic), invalidClient);
    });

    it('answers an unknown client with invalid_client_id', async () => {
      assert.deepEqual(oauthError(await site.token({ client_id: 'nobody' })), [
        400,
        'invalid_client_id',
        'client identifier invalid',
      ]);
    });

    describe('private_key_jwt', () => {
      const { key, cert, publicKey } = selfSigned();
      const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

      beforeEach(() => {
        emulator.client('jwt', {
          redirectUris: [site.echo],
          isConsumerSecretOptional: false,
          clientAssertionCertificate: cert,
        });
      });

      const assertion = (
        claims: Record<string, unknown> = {},
        pem = key,
        alg = 'RS256',
      ): Promise<string> => {
        const now = Math.floor(Date.now() / 1000);
        return new SignJWT({
          iss: 'jwt',
          sub: 'jwt',
          aud: `${emulator.url}/services/oauth2/token`,
          exp: now + 120,
          jti: randomUUID(),
          ...claims,
        })
          .setProtectedHeader({ alg, typ: 'JWT' })
          .sign(createPrivateKey(pem));
      };
      const attempt = async (made: Promise<string>, form: Form = {}) =>
        redeem('jwt', {
          client_assertion: await made,
          client_assertion_type: type,
          ...form,
        });

      it('is checked against a certificate or a public key', async () => {
        assert.equal((await attempt(assertion())).status, 200);
        emulator.client('jwt', {
          redirectUris: [site.echo],
          isConsumerSecretOptional: false,
          clientAssertionCertificate: publicKey,
        });
        assert.equal((await attempt(assertion())).status, 200);
        assert.equal((await attempt(assertion(), { client_id: '' })).status, 200);
      });

      it('takes any of four audiences, and the token endpoint of the origin', async () => {
        for (const aud of [
          emulator.url,
          emulator.origin,
          `${emulator.url}/services/oauth2/token`,
          `${emulator.origin}/services/oauth2/token`,
          [`${emulator.url}/services/oauth2/v1/authorization_challenge`],
        ]) {
          assert.equal((await attempt(assertion({ aud }))).status, 200, String(aud));
        }
      });

      it('is needed when the client has no other proof', async () => {
        assert.deepEqual(oauthError(await redeem('jwt', {})), invalidClient);
      });

      it('is refused with another key, algorithm, issuer, subject, audience, age or type, and a second time', async () => {
        const now = Math.floor(Date.now() / 1000);
        const used = await assertion();
        assert.equal((await attempt(Promise.resolve(used))).status, 200);
        for (const [name, made] of Object.entries({
          key: assertion({}, selfSigned().key),
          algorithm: assertion({}, key, 'PS256'),
          issuer: assertion({ iss: 'other' }),
          subject: assertion({ sub: 'other' }),
          audience: assertion({ aud: 'https://login.example.com' }),
          age: assertion({ exp: now - 60 }),
          noExpiry: assertion({ exp: undefined }),
          future: assertion({ iat: now + 300 }),
          replay: Promise.resolve(used),
          nonsense: Promise.resolve('a.b.c'),
        })) {
          const reply = await attempt(made);
          assert.deepEqual(oauthError(reply).slice(0, 2), [400, 'invalid_client'], name);
        }
        const otherType = await attempt(assertion(), { client_assertion_type: 'saml' });
        assert.deepEqual(oauthError(otherType).slice(0, 2), [400, 'invalid_client']);
      });
    });
  });
});
