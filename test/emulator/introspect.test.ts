import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import {
  basic,
  header,
  members,
  oauthError,
  password,
  privateClient,
  publicClient,
  Site,
  textOf,
  uuid,
  type Form,
  type Headers,
} from './browserless.js';

const proof = { client_id: privateClient, client_secret: 'emulator-secret' };

describe('emulator: introspect', () => {
  let emulator: Emulator;
  let site: Site;

  before(async () => {
    emulator = await startEmulator();
    site = new Site(emulator);
  });
  afterEach(() => emulator.reset());
  after(() => emulator.close());

  const ask = (token: string, form: Form = proof, headers: Headers = {}) =>
    site.post('/services/oauth2/introspect', { token, ...form }, headers);
  const login = () => site.login({ client_id: privateClient }, {}, proof);
  const inactive = async (token: string, form?: Form): Promise<void> => {
    const reply = await ask(token, form);
    assert.equal(reply.status, 200);
    assert.deepEqual(members(reply), { active: false });
  };

  it('says what an access token is worth', async () => {
    const tokens = await login();
    const { iat, exp, nbf, ...rest } = members(await ask(textOf(tokens, 'access_token')));
    assert.deepEqual(rest, {
      active: true,
      scope: 'api openid refresh_token web',
      client_id: privateClient,
      username: 'alice@example.com',
      sub: textOf(tokens, 'id'),
      token_type: 'access_token',
    });
    assert.equal(iat, Math.floor(Number(textOf(tokens, 'issued_at')) / 1000));
    assert.equal(nbf, iat);
    assert.equal(Number(exp) - iat, 1800);
  });

  it('says what a refresh token is worth, whatever the hint, and changes nothing by it', async () => {
    const tokens = await login();
    const refreshToken = textOf(tokens, 'refresh_token');
    for (const hint of ['refresh_token', 'access_token', 'other', '']) {
      const found = members(await ask(refreshToken, { ...proof, token_type_hint: hint }));
      assert.equal(found['token_type'], 'refresh_token');
      assert.equal(found['username'], 'alice@example.com');
      assert.equal(found['sub'], textOf(tokens, 'id'));
      assert.equal('exp' in found, false);
    }
  });

  it('tells the end of a refresh token that has one', async () => {
    emulator.client('brief', {
      redirectUris: [site.echo],
      refreshTokenPolicyType: 'specific_lifetime:2:HOURS',
    });
    const tokens = await site.login({ client_id: 'brief' });
    const refreshToken = textOf(tokens, 'refresh_token');
    const { iat, exp } = members(await ask(refreshToken, { client_id: 'brief' }));
    assert.equal(Number(exp) - Number(iat), 7200);
    emulator.clock(7201);
    await inactive(refreshToken, { client_id: 'brief' });
  });

  it('knows a guest by the visitor id', async () => {
    const uvid = uuid();
    const found = members(await ask(await site.guestToken(uvid), { client_id: publicClient }));
    assert.equal(found['active'], true);
    assert.equal(found['sub'], `uvid:${uvid}`);
    assert.equal('username' in found, false);
  });

  it('calls unknown, expired, revoked and spent tokens inactive, and those of inactive users', async () => {
    emulator.client(privateClient, {
      redirectUris: [site.echo],
      secret: 'emulator-secret',
      isRefreshTokenRotationEnabled: true,
    });
    const tokens = await login();
    const accessToken = textOf(tokens, 'access_token');
    const spent = textOf(tokens, 'refresh_token');
    await inactive('nonsense');
    await inactive(textOf(tokens, 'id_token'));
    const renewed = await site.refresh(spent, proof);
    const current = textOf(renewed, 'refresh_token');
    await inactive(spent);
    assert.equal(members(await ask(current))['active'], true);
    emulator.user('alice@example.com', { password, isActive: false });
    await inactive(accessToken);
    await inactive(current);
    emulator.user('alice@example.com', { password });
    assert.equal(members(await ask(accessToken))['active'], true);
    emulator.clock(7201);
    await inactive(accessToken);
    await site.post('/services/oauth2/revoke', { token: current });
    await inactive(current);
  });

  it('shows the tokens of other apps to an app with isIntrospectAllTokens only', async () => {
    const tokens = await site.login();
    for (const name of ['access_token', 'refresh_token']) await inactive(textOf(tokens, name));
    emulator.client('all', { isIntrospectAllTokens: true });
    for (const name of ['access_token', 'refresh_token']) {
      const found = members(await ask(textOf(tokens, name), { client_id: 'all' }));
      assert.equal(found['client_id'], publicClient);
    }
  });

  it('wants a client with a secret to prove itself, by body or Basic header', async () => {
    const token = textOf(await login(), 'access_token');
    const byHeader = await ask(token, {}, basic(privateClient, 'emulator-secret'));
    assert.equal(members(byHeader)['active'], true);
    const unknown = { client_id: 'no' };
    for (const form of [{ client_id: privateClient }, { ...proof, client_secret: 'no' }, unknown]) {
      const reply = await ask(token, form);
      assert.deepEqual(oauthError(reply), [401, 'invalid_client', 'invalid client credentials']);
      assert.match(header(reply, 'www-authenticate'), /^Basic /);
    }
  });

  it('wants a token, and POST', async () => {
    assert.deepEqual(oauthError(await ask('')), [400, 'invalid_request', 'token is missing']);
    assert.equal((await site.get('/services/oauth2/introspect')).status, 405);
  });
});
