import assert from 'node:assert/strict';
import { createHash, createPrivateKey, randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import {
  basic,
  bearer,
  members,
  oauthError,
  part,
  password,
  publicClient,
  Site,
  textOf,
  type Form,
} from './browserless.js';
import { selfSigned } from './certificate.js';

describe('emulator: further grants', () => {
  let emulator: Emulator;
  let site: Site;

  before(async () => {
    emulator = await startEmulator();
    site = new Site(emulator);
  });
  afterEach(() => emulator.reset());
  after(() => emulator.close());

  const grant = (form: Form, headers = {}) => site.post('/services/oauth2/token', form, headers);

  describe('client_credentials', () => {
    const app = {
      scopes: ['api', 'web', 'refresh_token', 'user_registration_api'],
      secret: 's',
      isClientCredentialsEnabled: true,
      clientCredentialsUser: 'bob@example.com',
    };
    const form = { grant_type: 'client_credentials', client_id: 'cc', client_secret: 's' };

    it('gives a token of the app’s user, without web and without a refresh token', async () => {
      emulator.client('cc', app);
      const reply = await grant(form);
      assert.equal(reply.status, 200, reply.text);
      assert.equal(textOf(reply, 'scope'), 'api user_registration_api');
      assert.equal(textOf(reply, 'token_type'), 'Bearer');
      assert.equal('refresh_token' in members(reply), false);
      const token = textOf(reply, 'access_token');
      assert.match(token, /^00D/);
      const info = members(await site.userinfo(token));
      assert.equal(info['preferred_username'], 'bob@example.com');
      const bridge = await site.post('/services/oauth2/singleaccess', {}, bearer(token));
      assert.equal(bridge.text, 'Invalid_Scope');
    });

    it('takes a Basic header, a subset of the scopes, and gives JWTs to an app for them', async () => {
      emulator.client('cc', { ...app, isNamedUserJwtEnabled: true });
      const asked = { grant_type: 'client_credentials', scope: 'web api' };
      const reply = await grant(asked, basic('cc', 's'));
      assert.equal(textOf(reply, 'scope'), 'api');
      assert.match(String(part(textOf(reply, 'access_token'), 1)['sub']), /^uid:005/);
      for (const scope of ['full', 'web', 'web refresh_token']) {
        const other = await grant({ ...form, scope });
        assert.deepEqual(oauthError(other).slice(0, 2), [400, 'invalid_scope'], scope);
      }
    });

    it('is refused without proof, while it is off, and without a user who may log in', async () => {
      emulator.client('cc', app);
      const bare = { grant_type: 'client_credentials', client_id: 'cc' };
      for (const wrong of [bare, { ...form, client_secret: 'no' }]) {
        assert.deepEqual(oauthError(await grant(wrong)).slice(0, 2), [400, 'invalid_client']);
      }
      emulator.client('open', { ...app, secret: null });
      const open = await grant({ ...bare, client_id: 'open' });
      assert.deepEqual(oauthError(open).slice(0, 2), [400, 'invalid_client']);
      emulator.client('cc', { ...app, isClientCredentialsEnabled: false });
      assert.deepEqual(oauthError(await grant(form))[1], 'unsupported_grant_type');
      for (const clientCredentialsUser of [null, 'nobody@example.com']) {
        emulator.client('cc', { ...app, clientCredentialsUser });
        assert.deepEqual(oauthError(await grant(form)), [
          400,
          'invalid_grant',
          'no client credentials user enabled',
        ]);
      }
      emulator.client('cc', app);
      emulator.user('bob@example.com', { password, isActive: false });
      assert.deepEqual(oauthError(await grant(form))[1], 'invalid_grant');
    });
  });

  describe('urn:ietf:params:oauth:grant-type:jwt-bearer', () => {
    const { key, cert } = selfSigned();

    beforeEach(() => {
      emulator.client('jwt', {
        scopes: ['api', 'openid', 'refresh_token', 'web'],
        clientAssertionCertificate: cert,
        preapprovedUsers: ['alice@example.com'],
      });
    });

    const assertion = (
      claims: Record<string, unknown> = {},
      pem = key,
      alg = 'RS256',
    ): Promise<string> =>
      new SignJWT({
        iss: 'jwt',
        sub: 'alice@example.com',
        aud: emulator.url,
        exp: Math.floor(Date.now() / 1000) + 170,
        ...claims,
      })
        .setProtectedHeader({ alg })
        .sign(createPrivateKey(pem));
    const attempt = async (made: Promise<string>, form: Form = {}) =>
      grant({
        grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
        assertion: await made,
        ...form,
      });

    it('gives a token of the user the app vouches for, without a refresh token', async () => {
      const reply = await attempt(assertion());
      assert.equal(reply.status, 200, reply.text);
      assert.equal(textOf(reply, 'scope'), 'api openid web');
      assert.equal('refresh_token' in members(reply), false);
      const info = members(await site.userinfo(textOf(reply, 'access_token')));
      assert.equal(info['preferred_username'], 'alice@example.com');
    });

    it('takes the scope as a claim or a parameter', async () => {
      assert.equal(textOf(await attempt(assertion(), { scope: 'api' }), 'scope'), 'api');
      const claim = await attempt(assertion({ scope: 'web' }), { scope: 'api' });
      assert.equal(textOf(claim, 'scope'), 'web');
      const other = await attempt(assertion({ scope: 'full' }));
      assert.deepEqual(oauthError(other).slice(0, 2), [400, 'invalid_scope']);
    });

    it('takes the site, its origin, the token endpoint and the challenge endpoint as audience', async () => {
      for (const aud of [
        emulator.origin,
        `${emulator.url}/services/oauth2/token`,
        [`${emulator.url}/services/oauth2/v1/authorization_challenge`],
      ]) {
        assert.equal((await attempt(assertion({ aud }))).status, 200, String(aud));
      }
    });

    it('is refused with another key, algorithm or audience, too old or too long, for nobody, and a second time', async () => {
      const now = Math.floor(Date.now() / 1000);
      const used = await assertion({ jti: randomUUID() });
      assert.equal((await attempt(Promise.resolve(used))).status, 200);
      for (const [name, made] of Object.entries({
        key: assertion({}, selfSigned().key),
        algorithm: assertion({}, key, 'PS256'),
        audience: assertion({ aud: 'https://login.example.com' }),
        age: assertion({ exp: now - 60 }),
        length: assertion({ exp: now + 300 }),
        noExpiry: assertion({ exp: undefined }),
        noSubject: assertion({ sub: undefined }),
        unknownUser: assertion({ sub: 'nobody@example.com' }),
        replay: Promise.resolve(used),
      })) {
        assert.deepEqual(
          oauthError(await attempt(made)),
          [400, 'invalid_grant', 'invalid assertion'],
          name,
        );
      }
    });

    it('is refused by the emulator’s clock, and for clients and users it does not know as approved', async () => {
      const made = assertion();
      emulator.clock(300);
      assert.deepEqual(oauthError(await attempt(made))[1], 'invalid_grant');
      emulator.reset();
      assert.deepEqual(oauthError(await attempt(made))[1], 'invalid_client_id');
      emulator.client('jwt', { clientAssertionCertificate: cert, preapprovedUsers: [] });
      assert.deepEqual(oauthError(await attempt(made))[1], 'invalid_app_access');
      const other = await attempt(made, { client_id: publicClient });
      assert.deepEqual(oauthError(other)[1], 'invalid_client_id');
      assert.deepEqual(oauthError(await attempt(Promise.resolve('')))[1], 'invalid_request');
      assert.deepEqual(oauthError(await attempt(Promise.resolve('a.b.c')))[1], 'invalid_client_id');
    });
  });

  describe('hybrid_auth_code and hybrid_refresh', () => {
    const scopes = ['api', 'web', 'refresh_token', 'content', 'lightning', 'visualforce'];
    const hybrid = async (scope: string) => {
      const code = await site.code(site.named({ client_id: 'hybrid', scope }));
      return site.token({ code, client_id: 'hybrid', grant_type: 'hybrid_auth_code' });
    };
    const added = ['cookie-clientSrc', 'cookie-sid_Client', 'sidCookieName'];
    const extras = (all: Record<string, unknown>): string[] =>
      Object.keys(all)
        .filter((name) => /sid|domain|Client|clientSrc|csrf/.test(name))
        .sort();

    it('add sessions per scope, once web is granted', async () => {
      emulator.client('hybrid', { redirectUris: [site.echo], scopes });
      assert.deepEqual(extras(members(await hybrid('api lightning'))), []);
      assert.deepEqual(extras(members(await hybrid('api web'))), added);
      const all = await hybrid(scopes.join(' '));
      const expected = [
        ...added,
        ...['content', 'lightning', 'visualforce'].flatMap((name) => [
          `${name}_domain`,
          `${name}_sid`,
        ]),
        'csrf_token',
      ].sort();
      assert.deepEqual(extras(members(all)), expected);
      const refreshed = await site.refresh(textOf(all, 'refresh_token'), {
        client_id: 'hybrid',
        grant_type: 'hybrid_refresh',
      });
      assert.deepEqual(extras(members(refreshed)), expected);
    });

    it('are not for an app with both JWT access tokens and rotation', async () => {
      const app = { redirectUris: [site.echo], scopes, isNamedUserJwtEnabled: true };
      emulator.client('hybrid', app);
      const tokens = await hybrid('api web refresh_token');
      assert.equal(tokens.status, 200);
      emulator.client('hybrid', { ...app, isRefreshTokenRotationEnabled: true });
      assert.deepEqual(oauthError(await hybrid('api web')).slice(0, 2), [400, 'invalid_grant']);
      const form = { client_id: 'hybrid', grant_type: 'hybrid_refresh' };
      const refused = await site.refresh(textOf(tokens, 'refresh_token'), form);
      assert.deepEqual(oauthError(refused).slice(0, 2), [400, 'invalid_grant']);
      const plain = await site.refresh(textOf(tokens, 'refresh_token'), { client_id: 'hybrid' });
      assert.equal(plain.status, 200);
    });
  });

  it('pkce/generator makes a verifier and its challenge', async () => {
    const pair = await site.get('/services/oauth2/pkce/generator');
    const verifier = textOf(pair, 'code_verifier');
    assert.match(verifier, /^[\w-]{43,128}$/);
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    assert.equal(textOf(pair, 'code_challenge'), challenge);
  });
});
