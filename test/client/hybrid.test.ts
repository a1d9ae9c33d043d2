import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import { HeadlessClient, type HeadlessClientOptions } from '../../lib/index.js';
import { assertNothingSecret } from '../support/secrets.js';
import { clientFor } from '../support/shop.js';
import { rejects } from './rejects.js';

const alice = { username: 'alice@example.com', password: 'Passw0rd!' };

describe('hybrid tokens', () => {
  let emulator: Emulator;
  let client: HeadlessClient | undefined;
  before(async () => {
    emulator = await startEmulator();
  });
  after(async () => {
    await emulator.close();
  });
  beforeEach(() => {
    emulator.reset();
    app({});
  });
  afterEach(async () => {
    await client?.close();
  });
  function app(changes: object): void {
    emulator.client('web views', {
      redirectUris: ['http://localhost:3000/callback'],
      scopes: ['api', 'openid', 'web', 'content', 'lightning', 'visualforce', 'refresh_token'],
      isNamedUserJwtEnabled: true,
      ...changes,
    });
  }
  const use = (options: Partial<HeadlessClientOptions> = {}): HeadlessClient =>
    (client = clientFor(emulator, {
      clientId: 'web views',
      hybrid: true,
      scope: 'api openid web content lightning visualforce',
      ...options,
    }));
  const grants = (): (string | null)[] =>
    emulator
      .log()
      .filter(({ path }) => path.endsWith('/oauth2/token'))
      .map(({ body }) => new URLSearchParams(body).get('grant_type'));

  it('bring the web sessions of the granted scopes', async () => {
    const { tokens, identity } = await use().login(alice);
    assert.equal(identity.kind, 'named');
    assert.deepEqual(grants(), ['hybrid_auth_code']);
    const { webSession } = tokens;
    assert.equal(webSession?.sidCookieName, 'sid');
    assert.ok(webSession.sidClient !== undefined && webSession.clientSrc !== undefined);
    const host = new URL(emulator.origin).host;
    for (const session of [webSession.content, webSession.lightning, webSession.visualforce]) {
      assert.equal(session?.domain, host);
      assert.match(session.sid, /^00D\w{12}!/);
    }
    assert.ok((webSession.lightning?.csrfToken ?? '').length > 10);
  });

  it('bring what the scopes allow and no more', async () => {
    const { tokens } = await use({ scope: 'api openid web' }).login(alice);
    assert.equal(tokens.webSession?.sidCookieName, 'sid');
    assert.equal(tokens.webSession.lightning, undefined);
    await client?.close();
    const without = await use({ scope: 'api openid' }).login(alice);
    assert.equal(without.tokens.webSession, undefined);
  });

  it('come with a login by one-time code as well', async () => {
    const ticket = await use().startOtp({ username: alice.username, recaptcha: 'pass' });
    const [message] = emulator.outbox(alice.username);
    const { tokens } = await use().finishOtp({ ...ticket, code: message?.code ?? '' });
    assert.ok(tokens.webSession);
    assert.deepEqual(grants(), ['hybrid_auth_code']);
  });

  it('are not asked for by default, nor for guests', async () => {
    const plain = await use({ hybrid: false }).login(alice);
    assert.equal(plain.tokens.webSession, undefined);
    await client?.close();
    const { tokens } = await use().guest();
    assert.equal(tokens.webSession, undefined);
    assert.deepEqual(grants(), ['authorization_code', 'authorization_code']);
  });

  it('show none of the sessions when the tokens are inspected, spread or stringified', async () => {
    const login = await use().login(alice);
    const { webSession } = login.tokens;
    const secrets = [
      webSession?.lightning?.sid ?? '',
      webSession?.lightning?.csrfToken ?? '',
      webSession?.content?.sid ?? '',
      webSession?.sidClient ?? '',
    ];
    assertNothingSecret(login, 'the login', secrets);
    assert.ok(!Object.keys(login.tokens).includes('webSession'));
    assert.doesNotMatch(inspect(login.tokens, { depth: 9, showHidden: true }), /csrf/i);
  });

  it('are refused where the app has JWTs and rotation, and the hint says so', async () => {
    app({ isRefreshTokenRotationEnabled: true });
    const error = await rejects(use().login(alice), 'code_exchange_refused');
    assert.match(error.hint ?? '', /rotate/);
  });

  it('are a yes or a no', () => {
    assert.throws(() => use({ hybrid: 'yes' as never }), /HeadlessClient: option `hybrid`/);
  });
});
