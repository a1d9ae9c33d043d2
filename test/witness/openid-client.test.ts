import assert from 'node:assert/strict';
import * as oidc from 'openid-client';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import { CookieVisitor } from '../emulator/cookie-visitor.js';

const redirectUri = 'http://localhost:3000/callback';
const provider = 'Google_Customers';

/** The emulator, held against a client that is certified by the OpenID Foundation and by nobody here. */
describe('the emulator against openid-client', function () {
  this.timeout(20_000);
  let emulator: Emulator;
  let config: oidc.Configuration;

  before(async () => {
    // Issuer and site differ by the path prefix where there is one; a certified client takes them for two servers.
    emulator = await startEmulator({ sitePath: '' });
    config = await oidc.discovery(
      new URL(emulator.url),
      '3MVG9.private',
      'emulator-secret',
      oidc.ClientSecretPost('emulator-secret'),
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so that nobody uses it in production
      { execute: [oidc.allowInsecureRequests] },
    );
    config.timeout = 10;
  });
  after(async () => {
    await emulator.close();
  });
  afterEach(() => {
    emulator.reset();
  });

  async function begin(more: Record<string, string> = {}) {
    const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
    const expectedState = oidc.randomState();
    const expectedNonce = oidc.randomNonce();
    const url = oidc.buildAuthorizationUrl(config, {
      redirect_uri: redirectUri,
      scope: 'openid api refresh_token',
      code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
      state: expectedState,
      nonce: expectedNonce,
      ...more,
    });
    return { url, checks: { pkceCodeVerifier, expectedState, expectedNonce } };
  }
  async function logIn() {
    const { url, checks } = await begin({ sso_provider: provider });
    const arrival = await new CookieVisitor(emulator).go(url);
    return oidc.authorizationCodeGrant(config, arrival.url, checks);
  }
  const userId = (): string => emulator.state().users['alice@example.com']?.userId ?? '';

  it('has a discovery document whose issuer is itself', () => {
    const { issuer, jwks_uri, code_challenge_methods_supported } = config.serverMetadata();
    assert.equal(issuer, emulator.origin);
    assert.equal(jwks_uri, `${emulator.url}/id/keys`);
    assert.equal(code_challenge_methods_supported, undefined, 'as on live sites');
  });

  it('lets a customer in at an identity provider, with state, nonce and PKCE', async () => {
    const tokens = await logIn();
    const claims = tokens.claims();
    assert.match(claims?.sub ?? '', new RegExp(`/id/00D\\w+/${userId()}$`));
    assert.equal(tokens.expiresIn(), undefined);
    assert.ok(tokens.refresh_token);
  });

  it('lets a customer in on the login page', async () => {
    const { url, checks } = await begin();
    const visitor = new CookieVisitor(emulator);
    const { url: callback } = await visitor.fillIn(await visitor.go(url), 'bob@example.com');
    const tokens = await oidc.authorizationCodeGrant(config, callback, checks);
    const bob = emulator.state().users['bob@example.com']?.userId ?? '';
    assert.ok(tokens.claims()?.sub.endsWith(`/${bob}`));
  });

  it('refuses a wrong verifier, and a code for the second time', async () => {
    const { url, checks } = await begin({ sso_provider: provider });
    const arrival = await new CookieVisitor(emulator).go(url);
    const wrong = { ...checks, pkceCodeVerifier: oidc.randomPKCECodeVerifier() };
    await assert.rejects(oidc.authorizationCodeGrant(config, arrival.url, wrong), {
      error: 'invalid_grant',
    });
    const { url: again, checks: right } = await begin({ sso_provider: provider });
    const second = await new CookieVisitor(emulator).go(again);
    await oidc.authorizationCodeGrant(config, second.url, right);
    await assert.rejects(oidc.authorizationCodeGrant(config, second.url, right), {
      error: 'invalid_grant',
    });
  });

  it('tells of a refusal at the callback as the standard has it', async () => {
    const denied = { username: 'alice@example.com', outcome: 'deny' as const };
    emulator.settings({ sso: { providers: { [provider]: denied } } });
    const { url, checks } = await begin({ sso_provider: provider });
    const arrival = await new CookieVisitor(emulator).go(url);
    await assert.rejects(oidc.authorizationCodeGrant(config, arrival.url, checks), {
      error: 'access_denied',
    });
  });

  it('answers userinfo', async () => {
    const tokens = await logIn();
    const sub = tokens.claims()?.sub ?? '';
    const claims = await oidc.fetchUserInfo(config, tokens.access_token, sub);
    assert.equal(claims['user_id'], userId());
    assert.equal(claims.email, 'alice@example.com');
  });

  it('refreshes, and rotates where the app has rotation on', async () => {
    const { refresh_token: kept = '' } = await logIn();
    const renewed = await oidc.refreshTokenGrant(config, kept);
    assert.ok(renewed.access_token);
    assert.equal(renewed.refresh_token, undefined);

    emulator.client('3MVG9.private', {
      redirectUris: [redirectUri],
      secret: 'emulator-secret',
      isNamedUserJwtEnabled: true,
      isRefreshTokenRotationEnabled: true,
    });
    const { refresh_token: first = '' } = await logIn();
    const { refresh_token: second = '' } = await oidc.refreshTokenGrant(config, first);
    assert.notEqual(second, '');
    assert.notEqual(second, first);
    await assert.rejects(oidc.refreshTokenGrant(config, first), { error: 'invalid_grant' });
    await assert.rejects(oidc.refreshTokenGrant(config, second), { error: 'invalid_grant' });
  });

  it('introspects and revokes', async () => {
    const { access_token: token } = await logIn();
    const live = await oidc.tokenIntrospection(config, token);
    assert.equal(live.active, true);
    assert.equal(live.client_id, '3MVG9.private');
    await oidc.tokenRevocation(config, token);
    assert.equal((await oidc.tokenIntrospection(config, token)).active, false);
  });

  it('signs with keys that can change between two logins', async () => {
    await logIn();
    await emulator.rotateKeys();
    assert.ok((await logIn()).claims()?.sub);
  });
});
