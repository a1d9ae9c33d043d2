import assert from 'node:assert/strict';
import { HeadlessClient } from '../../lib/index.js';
import { browse, OidcServer, registered, userId } from './oidc-server.js';

/** What the library sends and reads, held against a server that is built to the standards and by nobody here. */
describe('against oidc-provider', function () {
  this.timeout(20_000);
  let server: OidcServer;
  let client: HeadlessClient;

  before(async () => {
    server = await OidcServer.start();
  });
  after(async () => {
    await server.close();
  });
  beforeEach(() => {
    client = new HeadlessClient({ site: server.origin, ...registered, scope: 'openid api' });
  });
  afterEach(async () => {
    await client.close();
  });

  async function logIn() {
    const { url, ...start } = await client.ssoUrl();
    return client.redeem({ callback: await browse(url), ...start });
  }
  const refreshTokenOf = ({ refreshToken = '' }: { refreshToken?: string | undefined }): string => {
    assert.notEqual(refreshToken, '');
    return refreshToken;
  };

  it('a login by redirect with PKCE, state, nonce and RFC 9207’s issuer succeeds', async () => {
    const { url, ...start } = await client.ssoUrl();
    const callback = await browse(url);
    assert.equal(callback.searchParams.get('iss'), server.origin);
    const { identity, tokens } = await client.redeem({ callback, ...start });
    assert.equal(identity.userId, userId);
    assert.ok(tokens.idToken);
  });

  it('the access token is verified by its signature, issuer, audience, client and subject', async () => {
    const { tokens } = await logIn();
    const { subject, scope, expiresAt } = await client.verifyAccessToken(tokens.accessToken);
    assert.deepEqual(subject, { kind: 'named', userId });
    assert.deepEqual(scope, ['api']);
    assert.ok(expiresAt * 1000 > Date.now());
    assert.equal(tokens.expiresAt && Math.abs(tokens.expiresAt - expiresAt * 1000) < 5_000, true);
  });

  it('a wrong verifier is refused there', async () => {
    const { url, ...start } = await client.ssoUrl();
    const callback = await browse(url);
    const { codeVerifier } = await client.ssoUrl();
    await assert.rejects(client.redeem({ callback, ...start, codeVerifier }), {
      code: 'code_exchange_refused',
    });
  });

  it('a code is good once', async () => {
    const { url, ...start } = await client.ssoUrl();
    const callback = await browse(url);
    await client.redeem({ callback, ...start });
    await assert.rejects(client.redeem({ callback, ...start }), { code: 'code_exchange_refused' });
  });

  it('a nonce of another login is refused here', async () => {
    const { url, ...start } = await client.ssoUrl();
    const callback = await browse(url);
    await assert.rejects(client.redeem({ callback, ...start, nonce: 'another' }), {
      code: 'invalid_token',
    });
  });

  it('an answer of another issuer is refused here', async () => {
    const { url, ...start } = await client.ssoUrl();
    const callback = await browse(url);
    callback.searchParams.set('iss', 'https://evil.example');
    await assert.rejects(client.redeem({ callback, ...start }), { code: 'untrusted_host' });
  });

  it('nobody is logged in where nobody may be asked', async () => {
    const { url, ...start } = await client.ssoUrl({ prompt: 'none' });
    const callback = await browse(url);
    await assert.rejects(client.redeem({ callback, ...start }), { code: 'login_required' });
  });

  it('a key that is new since the last login is fetched', async () => {
    await logIn();
    await server.rotateKeys();
    assert.equal((await logIn()).identity.userId, userId);
  });

  it('a refresh token is spent by its use, and used again it ends the login', async () => {
    const first = refreshTokenOf((await logIn()).tokens);
    const second = await client.refresh({ refreshToken: first, userId });
    const { subject } = await client.verifyAccessToken(second.accessToken);
    assert.deepEqual(subject, { kind: 'named', userId });
    assert.notEqual(refreshTokenOf(second), first);
    await assert.rejects(client.refresh({ refreshToken: first }), { code: 'login_required' });
    await assert.rejects(client.refresh({ refreshToken: refreshTokenOf(second) }), {
      code: 'login_required',
    });
  });

  it('introspection tells a live token from one that was revoked', async () => {
    const token = refreshTokenOf((await logIn()).tokens);
    const live = await client.introspect(token, { hint: 'refresh_token' });
    assert.ok(live.active);
    assert.equal(live.clientId, registered.clientId);
    assert.match(live.sub ?? '', new RegExp(`/${userId}$`));
    assert.ok((live.expiresAt ?? 0) > Date.now());
    await client.revoke(token);
    assert.deepEqual(await client.introspect(token), { active: false });
    await assert.rejects(client.refresh({ refreshToken: token }), { code: 'login_required' });
  });

  it('a client with a wrong secret is refused', async () => {
    const other = new HeadlessClient({
      site: server.origin,
      ...registered,
      clientSecret: 'not-it-1',
    });
    await assert.rejects(other.introspect('anything'), { code: 'invalid_client' });
    await assert.rejects(other.refresh({ refreshToken: 'anything' }), { code: 'invalid_client' });
    await other.close();
  });
});
