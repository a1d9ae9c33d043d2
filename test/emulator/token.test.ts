import assert from 'node:assert/strict';
import { createHash, createHmac, createPublicKey } from 'node:crypto';
import { jwtVerify } from 'jose';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import {
  header,
  members,
  oauthError,
  part,
  password,
  privateClient,
  publicClient,
  record,
  send,
  Site,
  textOf,
  type Form,
} from './browserless.js';

describe('emulator: token endpoint, codes', () => {
  let emulator: Emulator;
  let site: Site;

  before(async () => {
    emulator = await startEmulator();
    site = new Site(emulator);
  });
  afterEach(() => emulator.reset());
  after(() => emulator.close());

  describe('the answer to a named user', () => {
    it('has the members of a live site and no expires_in', async () => {
      const reply = await site.login();
      assert.match(header(reply, 'content-type'), /^application\/json;charset=UTF-8/);
      assert.match(header(reply, 'cache-control'), /no-store/);
      assert.deepEqual(Object.keys(members(reply)).sort(), [
        'access_token',
        'id',
        'id_token',
        'instance_url',
        'issued_at',
        'refresh_token',
        'scope',
        'sfdc_community_id',
        'sfdc_community_url',
        'signature',
        'token_format',
        'token_type',
      ]);
      assert.equal(textOf(reply, 'token_type'), 'Bearer');
      assert.match(textOf(reply, 'issued_at'), /^\d{13}$/);
      assert.match(textOf(reply, 'refresh_token'), /^5Aep861/);
      assert.equal(textOf(reply, 'instance_url'), emulator.url);
      assert.match(
        textOf(reply, 'id'),
        new RegExp(`^${emulator.url}/id/00Dxx0000001gPLEAY/005[A-Za-z0-9]{15}$`),
      );
    });

    it('is signed with the consumer secret over id and issued_at', async () => {
      const reply = await site.login(
        { client_id: privateClient },
        {},
        {
          client_secret: 'emulator-secret',
        },
      );
      const expected = createHmac('sha256', 'emulator-secret')
        .update(textOf(reply, 'id') + textOf(reply, 'issued_at'))
        .digest('base64');
      assert.equal(textOf(reply, 'signature'), expected);
    });

    it('holds a refresh token for the scope refresh_token only, and an id_token for openid only', async () => {
      const some = members(await site.login({ scope: 'api' }));
      assert.equal(some['refresh_token'], undefined);
      assert.equal(some['id_token'], undefined);
      const both = members(await site.login({ scope: 'openid refresh_token' }));
      assert.equal(both['scope'], 'openid refresh_token');
      assert.notEqual(both['refresh_token'], undefined);
      assert.notEqual(both['id_token'], undefined);
    });

    it('holds no refresh token under the policy zero', async () => {
      emulator.client('zero', { redirectUris: [site.echo], refreshTokenPolicyType: 'zero' });
      assert.equal(members(await site.login({ client_id: 'zero' }))['refresh_token'], undefined);
    });

    it('follows quirks.tokenFormatMember, instanceUrlTrailingSlash and shuffleScopes', async () => {
      emulator.settings({
        quirks: { tokenFormatMember: false, instanceUrlTrailingSlash: true, shuffleScopes: true },
      });
      const reply = members(await site.login({ scope: 'api openid refresh_token' }));
      assert.equal('token_format' in reply, false);
      assert.equal(reply['instance_url'], `${emulator.url}/`);
      assert.equal(reply['scope'], 'refresh_token openid api');
    });
  });

  describe('the named JWT access token', () => {
    it('has the header and claims of a live one and no jti', async () => {
      const token = textOf(await site.login({ scope: 'api web' }), 'access_token');
      const { kid, ...head } = part(token, 0);
      assert.deepEqual(head, {
        alg: 'RS256',
        typ: 'JWT',
        tty: 'sfdc-core-token',
        tnk: 'core/emulator/00Dxx0000001gPLEAY',
        ver: '1.0',
      });
      assert.match(String(kid), /^CORE_ATJWT\.00Dxx0000001gPL\.\d+$/);
      const { iat, nbf, exp, sfi, sub, ...rest } = part(token, 1);
      assert.deepEqual(rest, {
        scp: 'api web',
        aud: [emulator.url],
        iss: emulator.url,
        mty: 'oauth',
        roles: [],
        hsc: false,
        client_id: publicClient,
      });
      assert.match(String(sfi), /^[0-9a-f]{64}$/);
      assert.equal(sub, `uid:${emulator.state().users['alice@example.com']?.userId ?? ''}`);
      assert.equal(Number(iat) - Number(nbf), 15);
      assert.equal(Number(exp) - Number(iat), 1800);
    });

    it('lives as long as namedUserJwtTimeout says, fractions of a minute included', async () => {
      emulator.client('short', {
        redirectUris: [site.echo],
        isNamedUserJwtEnabled: true,
        namedUserJwtTimeout: 0.5,
      });
      const token = textOf(await site.login({ client_id: 'short' }), 'access_token');
      assert.equal(Number(part(token, 1)['exp']) - Number(part(token, 1)['iat']), 30);
      assert.equal((await site.userinfo(token)).status, 200);
      emulator.clock(31);
      assert.equal((await site.userinfo(token)).status, 403);
    });

    it('has text for times when quirks.jwtTimesAsStrings is on, and a jti when namedJwtJti is', async () => {
      emulator.settings({ quirks: { jwtTimesAsStrings: true, namedJwtJti: true } });
      const claims = part(textOf(await site.login(), 'access_token'), 1);
      for (const name of ['iat', 'nbf', 'exp', 'jti']) assert.equal(typeof claims[name], 'string');
    });
  });

  it('issues opaque tokens where isNamedUserJwtEnabled is off, for settings.sessionTimeout seconds', async () => {
    emulator.client('opaque', { redirectUris: [site.echo] });
    const reply = await site.login({ client_id: 'opaque' });
    const token = textOf(reply, 'access_token');
    assert.match(token, /^00Dxx0000001gPL!AQ/);
    assert.equal(textOf(reply, 'token_format'), 'opaque');
    emulator.clock(7100);
    assert.equal((await site.userinfo(token)).status, 200);
    emulator.clock(101);
    assert.equal((await site.userinfo(token)).status, 403);
  });

  describe('the id_token', () => {
    it('has the captured claims, the nonce, and two minutes to live', async () => {
      const reply = await site.login({ nonce: 'n-1' });
      const token = textOf(reply, 'id_token');
      assert.equal(part(token, 0)['kid'], '236');
      const { iat, exp, ...rest } = part(token, 1);
      const half = createHash('sha256').update(textOf(reply, 'access_token')).digest();
      assert.deepEqual(rest, {
        at_hash: half.subarray(0, 16).toString('base64url'),
        sub: textOf(reply, 'id'),
        aud: publicClient,
        iss: emulator.url,
        nonce: 'n-1',
      });
      assert.equal(Number(exp) - Number(iat), 120);
    });

    it('lives as long as idTokenValidityInMinutes says', async () => {
      emulator.client('long', { redirectUris: [site.echo], idTokenValidityInMinutes: 10 });
      const claims = part(textOf(await site.login({ client_id: 'long' }), 'id_token'), 1);
      assert.equal(Number(claims['exp']) - Number(claims['iat']), 600);
    });
  });

  it('signs both tokens with published keys', async () => {
    const reply = await site.login();
    const keys = record(members(await site.get('/id/keys')))['keys'];
    assert.ok(Array.isArray(keys));
    for (const name of ['access_token', 'id_token']) {
      const token = textOf(reply, name);
      const jwk: unknown = keys.map(record).find((key) => key['kid'] === part(token, 0)['kid']);
      const { kty, n, e } = record(jwk);
      const key = createPublicKey({
        key: { kty: String(kty), n: String(n), e: String(e) },
        format: 'jwk',
      });
      await jwtVerify(token, key, { issuer: emulator.url });
    }
  });

  describe('codes', () => {
    const spent = [400, 'invalid_grant', 'expired authorization code'];

    it('work once', async () => {
      const code = await site.code(site.named());
      assert.equal((await site.token({ code })).status, 200);
      assert.deepEqual(oauthError(await site.token({ code })), spent);
    });

    it('expire after settings.codeTtl seconds', async () => {
      const code = await site.code(site.named());
      emulator.clock(800);
      const other = await site.code(site.named());
      emulator.clock(101);
      assert.deepEqual(oauthError(await site.token({ code })), spent);
      assert.equal((await site.token({ code: other })).status, 200);
    });

    it('are invalid when unknown, missing or of another client', async () => {
      const invalid = [400, 'invalid_grant', 'invalid authorization code'];
      const code = await site.code(site.named());
      assert.deepEqual(oauthError(await site.token({ code: 'aPrxNo==' })), invalid);
      assert.deepEqual(oauthError(await site.token({})), invalid);
      emulator.client('other', { redirectUris: [site.echo] });
      assert.deepEqual(oauthError(await site.token({ code, client_id: 'other' })), invalid);
    });

    it('need the redirect URI of the authorize call', async () => {
      const code = await site.code(site.named());
      for (const uri of ['', `${site.echo}/`, 'http://localhost:3000/callback']) {
        assert.deepEqual(oauthError(await site.token({ code, redirect_uri: uri })), [
          400,
          'redirect_uri_mismatch',
          'redirect_uri must match configuration',
        ]);
      }
    });

    it('are redeemed by hybrid_auth_code alike', async () => {
      const code = await site.code(site.named());
      assert.equal((await site.token({ code, grant_type: 'hybrid_auth_code' })).status, 200);
    });

    it('are redeemed by parameters in the query of a POST, and by raw values in a body', async () => {
      const query = async (): Promise<Form> => ({
        grant_type: 'authorization_code',
        client_id: publicClient,
        redirect_uri: site.echo,
        code: await site.code(site.named()),
      });
      const url = `${emulator.url}/services/oauth2/token`;
      const inQuery = new URLSearchParams(await query()).toString();
      assert.equal((await send(`${url}?${inQuery}`, { method: 'POST' })).status, 200);
      const raw = Object.entries(await query()).map(([name, value]) => `${name}=${value}`);
      assert.equal((await send(url, { method: 'POST', body: raw.join('&') })).status, 200);
    });

    it('are worth nothing once the user is gone or inactive', async () => {
      const code = await site.code(site.named());
      emulator.user('alice@example.com', { password, isActive: false });
      assert.deepEqual(oauthError(await site.token({ code })).slice(0, 2), [400, 'invalid_grant']);
      emulator.deleteUser('alice@example.com');
      assert.deepEqual(oauthError(await site.token({ code })).slice(0, 2), [400, 'invalid_grant']);
    });
  });

  it('answers unsupported_grant_type to other grants', async () => {
    for (const grant of ['password', '']) {
      assert.deepEqual(oauthError(await site.token({ grant_type: grant })), [
        400,
        'unsupported_grant_type',
        'grant type not supported',
      ]);
    }
  });
});
