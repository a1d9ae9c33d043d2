import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import { HeadlessError, type HeadlessClient, type SsoStart } from '../../lib/index.js';
import { CookieVisitor } from '../emulator/cookie-visitor.js';
import { assertNothingSecret, noteError } from '../support/secrets.js';
import { clientFor } from '../support/shop.js';

const provider = 'Google_Customers';

describe('HeadlessClient.ssoUrl and redeem', () => {
  let emulator: Emulator;
  let client: HeadlessClient;
  let visitor: CookieVisitor;

  before(async () => {
    emulator = await startEmulator();
  });
  after(async () => {
    await emulator.close();
  });
  beforeEach(() => {
    emulator.reset();
    client = clientFor(emulator);
    visitor = new CookieVisitor(emulator);
  });
  afterEach(async () => {
    await client.close();
  });

  const alice = (): unknown => emulator.state().users['alice@example.com']?.userId;
  /** A browser's way to the callback. */
  const callbackOf = async ({ url }: SsoStart): Promise<URL> => (await visitor.go(url)).url;
  const refuses = (promise: Promise<unknown>, code: string) =>
    assert.rejects(promise, (error: unknown) => {
      assert.ok(error instanceof HeadlessError);
      noteError(error);
      assert.equal(error.code, code);
      return true;
    });

  it('log a customer in at an identity provider', async () => {
    const { url: _, ...start } = await client.ssoUrl({ provider });
    const callback = await callbackOf({ url: _, ...start });
    const { identity, tokens, uvid, uvidRefused } = await client.redeem({ callback, ...start });
    assert.equal(identity.userId, alice());
    assert.ok(tokens.refreshToken);
    assert.deepEqual({ uvid, uvidRefused }, { uvid: undefined, uvidRefused: false });
    const { subject } = await client.verifyAccessToken(tokens.accessToken);
    assert.deepEqual(subject, { kind: 'named', userId: alice() });
  });

  it('log a customer in on the site’s own login page', async () => {
    const start = await client.ssoUrl();
    const page = await visitor.go(start.url);
    const { url: callback } = await visitor.fillIn(page);
    const { identity } = await client.redeem({ callback, ...start });
    assert.equal(identity.userId, alice());
  });

  it('make a new state, nonce and verifier every time, and take given ones', async () => {
    const [one, other] = await Promise.all([client.ssoUrl(), client.ssoUrl()]);
    for (const name of ['state', 'nonce', 'codeVerifier'] as const) {
      assert.match(one[name], /^[\w-]{43,128}$/);
      assert.notEqual(one[name], other[name]);
    }
    const { state, nonce } = await client.ssoUrl({ state: 'mine', nonce: 'mine-too' });
    assert.deepEqual({ state, nonce }, { state: 'mine', nonce: 'mine-too' });
  });

  it('keep the verifier out of the URL', async () => {
    const { url, codeVerifier } = await client.ssoUrl({ provider });
    assert.ok(!url.includes(codeVerifier));
    assertNothingSecret(url, 'the URL');
  });

  it('read a URL, a path with a query, a query, and the fields of a query', async () => {
    for (const shape of [
      (url: URL) => url,
      (url: URL) => url.href,
      (url: URL) => `${url.pathname}${url.search}`,
      (url: URL) => url.search,
      (url: URL) => url.searchParams,
      (url: URL) => Object.fromEntries(url.searchParams),
    ]) {
      const start = await client.ssoUrl({ provider });
      const callback = shape(await callbackOf(start));
      assert.equal((await client.redeem({ callback, ...start })).identity.userId, alice());
    }
  });

  it('work for a private client', async () => {
    const secret = clientFor(emulator, {
      clientId: '3MVG9.private',
      clientSecret: 'emulator-secret',
    });
    const start = await secret.ssoUrl({ provider });
    const callback = await callbackOf(start);
    assert.equal((await secret.redeem({ callback, ...start })).identity.userId, alice());
    await secret.close();
  });

  it('ask for web sessions too, where the client is told to', async () => {
    const hybrid = clientFor(emulator, { hybrid: true });
    const start = await hybrid.ssoUrl({ provider });
    await hybrid.redeem({ callback: await callbackOf(start), ...start });
    const body = emulator.log().find(({ path }) => path.endsWith('/token'))?.body;
    assert.equal(new URLSearchParams(body).get('grant_type'), 'hybrid_auth_code');
    await hybrid.close();
  });

  it('take another callback URL than the client’s, the same for both calls', async () => {
    const redirectUri = 'http://localhost:3000/sso/callback';
    emulator.client('3MVG9.sso', { redirectUris: [redirectUri], isNamedUserJwtEnabled: true });
    const other = clientFor(emulator, { clientId: '3MVG9.sso' });
    const start = await other.ssoUrl({ provider, redirectUri });
    const callback = await callbackOf(start);
    assert.equal(callback.origin + callback.pathname, redirectUri);
    const { identity } = await other.redeem({ callback, ...start, redirectUri });
    assert.equal(identity.userId, alice());
    await other.close();
  });

  describe('refuse', () => {
    it('a callback whose state is another, empty, missing or there twice, before any call', async () => {
      const start = await client.ssoUrl({ provider });
      const callback = await callbackOf(start);
      emulator.clearLog();
      await refuses(client.redeem({ callback, ...start, state: 'other' }), 'sso_state_unknown');
      await refuses(client.redeem({ callback, ...start, state: '' }), 'sso_state_unknown');
      const twice = `${callback.search}&state=${start.state}`;
      await refuses(client.redeem({ callback: twice, ...start }), 'sso_state_unknown');
      const fields = { code: 'aPrx.1', state: [start.state, start.state] };
      await refuses(client.redeem({ callback: fields, ...start }), 'sso_state_unknown');
      await refuses(client.redeem({ callback: '?code=aPrx.1', ...start }), 'sso_state_unknown');
      await refuses(
        client.redeem({ callback: '?code=aPrx.1&state=', ...start, state: '' }),
        'sso_state_unknown',
      );
      assert.deepEqual(emulator.log(), []);
    });

    it('an address for the token call that only seems to be the site’s, before any call', async () => {
      const start = await client.ssoUrl({ provider });
      const callback = await callbackOf(start);
      emulator.clearLog();
      const { origin } = emulator;
      const others = [`blob:${origin}/portal`, origin.replace('://', '://user@')];
      for (const other of others) {
        callback.searchParams.set('sfdc_community_url', other);
        await refuses(client.redeem({ callback, ...start }), 'untrusted_host');
      }
      assert.deepEqual(emulator.log(), []);
    });

    it('an id token whose nonce is another', async () => {
      const start = await client.ssoUrl({ provider });
      const callback = await callbackOf(start);
      await refuses(client.redeem({ callback, ...start, nonce: 'other' }), 'invalid_token');
    });

    it('a code with the verifier of another start', async () => {
      const start = await client.ssoUrl({ provider });
      const { codeVerifier } = await client.ssoUrl({ provider });
      const callback = await callbackOf(start);
      await refuses(client.redeem({ callback, ...start, codeVerifier }), 'code_exchange_refused');
    });

    it('a code for the second time', async () => {
      const start = await client.ssoUrl({ provider });
      const callback = await callbackOf(start);
      await client.redeem({ callback, ...start });
      await refuses(client.redeem({ callback, ...start }), 'code_exchange_refused');
    });

    it('a person who said no at the provider', async () => {
      emulator.settings({
        sso: { providers: { [provider]: { username: 'alice@example.com', outcome: 'deny' } } },
      });
      const start = await client.ssoUrl({ provider });
      const callback = await callbackOf(start);
      await refuses(client.redeem({ callback, ...start }), 'sso_denied');
    });

    it('to guess where nobody may be asked and nobody is logged in', async () => {
      const start = await client.ssoUrl({ prompt: 'none' });
      const callback = await callbackOf(start);
      await refuses(client.redeem({ callback, ...start }), 'login_required');
    });

    it('further parameters that would undo the protection', async () => {
      await refuses(client.ssoUrl({ parameters: { code_challenge: 'x' } }), 'invalid_argument');
    });
  });
});
