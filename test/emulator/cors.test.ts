import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import { header, send } from './browserless.js';

describe('emulator: CORS', () => {
  const listed = 'http://localhost:3000';
  let emulator: Emulator;

  before(async () => {
    emulator = await startEmulator();
  });
  afterEach(() => emulator.reset());
  after(() => emulator.close());

  const preflight = (path: string, origin: string) =>
    send(emulator.url + path, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'auth-request-type,uvid-hint,x-more',
      },
    });
  const oauth = [
    '/services/oauth2/authorize',
    '/services/oauth2/token',
    '/services/oauth2/revoke',
    '/services/auth/headless/init/passwordless/login',
  ];

  it('answers the preflight of a listed origin with 200, the origin itself and every requested header', async () => {
    for (const path of [...oauth, '/services/oauth2/userinfo']) {
      const reply = await preflight(path, listed);
      assert.equal(reply.status, 200, path);
      assert.equal(header(reply, 'access-control-allow-origin'), listed);
      assert.equal(
        header(reply, 'access-control-allow-headers'),
        'auth-request-type,uvid-hint,x-more',
      );
      assert.match(header(reply, 'access-control-allow-methods'), /POST/);
    }
  });

  it('answers an unlisted origin with 403 and no CORS header, preflight or not', async () => {
    const call = await send(`${emulator.url}/services/oauth2/userinfo`, {
      headers: { origin: 'https://evil.example' },
    });
    for (const reply of [await preflight(oauth[0] ?? '', 'https://evil.example'), call]) {
      assert.equal(reply.status, 403);
      const names = Object.keys(reply.headers).filter((name) => name.startsWith('access-control'));
      assert.deepEqual(names, []);
    }
  });

  it('puts the origin on failures too, and on echo', async () => {
    const headers = { origin: listed };
    const failed = await send(`${emulator.url}/services/oauth2/userinfo`, { headers });
    assert.equal(failed.status, 403);
    assert.equal(failed.text, 'Missing_OAuth_Token');
    assert.equal(header(failed, 'access-control-allow-origin'), listed);
    assert.match(header(failed, 'vary'), /Origin/);
    const echo = await send(`${emulator.url}/services/oauth2/echo?code=x`, { headers });
    assert.equal(header(echo, 'access-control-allow-origin'), listed);
  });

  it('needs site.corsOauthEndpoints for OAuth endpoints, and not for userinfo', async () => {
    emulator.settings({ site: { corsOauthEndpoints: false } });
    for (const path of oauth) assert.equal((await preflight(path, listed)).status, 403, path);
    assert.equal((await preflight('/services/oauth2/userinfo', listed)).status, 200);
  });

  it('follows site.corsOrigins', async () => {
    emulator.settings({ site: { corsOrigins: ['https://shop.example'] } });
    assert.equal((await preflight(oauth[1] ?? '', listed)).status, 403);
    assert.equal((await preflight(oauth[1] ?? '', 'https://shop.example')).status, 200);
  });

  it('lets everyone read discovery, auth configuration and keys', async () => {
    emulator.settings({ site: { corsOrigins: [], corsOauthEndpoints: false } });
    for (const path of [
      '/.well-known/openid-configuration',
      '/.well-known/auth-configuration',
      '/services/oauth2/id/keys',
    ]) {
      const reply = await send(emulator.url + path, { headers: { origin: 'https://any.example' } });
      assert.equal(reply.status, 200);
      assert.equal(header(reply, 'access-control-allow-origin'), '*');
      const asked = await preflight(path, 'https://any.example');
      assert.equal(asked.status, 200);
      assert.equal(header(asked, 'access-control-allow-origin'), 'https://any.example');
    }
  });

  it('has nothing to say to servers', async () => {
    const reply = await send(`${emulator.url}/services/oauth2/userinfo`);
    assert.equal(reply.headers['access-control-allow-origin'], undefined);
  });
});
