import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import { header, location, send, Site } from './browserless.js';

describe('emulator: the site', () => {
  let emulator: Emulator;
  let site: Site;

  before(async () => {
    emulator = await startEmulator();
    site = new Site(emulator);
  });
  afterEach(() => emulator.reset());
  after(() => emulator.close());

  describe('prefixes', () => {
    const keys = (path: string) => send(`${emulator.origin}${path}`);

    it('serves the endpoints at the origin, under the site path and under its vforcesite companion', async () => {
      for (const prefix of ['', '/portal', '/portalvforcesite']) {
        assert.equal((await keys(`${prefix}/id/keys`)).status, 200, prefix);
      }
    });

    it('answers 404 to other prefixes and to a doubled slash', async () => {
      for (const path of [
        '/shop/id/keys',
        '//id/keys',
        '/portal//services/oauth2/userinfo',
        '/x',
      ]) {
        assert.equal((await keys(path)).status, 404, path);
      }
    });

    it('redirects the companion to the browsable path', async () => {
      const reply = await keys('/portalvforcesite/');
      assert.equal(reply.status, 301);
      assert.equal(header(reply, 'location'), '/portal/');
      assert.equal((await keys('/portal/')).status, 200);
    });

    it('does not mind the case of the prefix unless quirks.caseSensitivePrefix is on', async () => {
      assert.equal((await keys('/Portal/id/keys')).status, 200);
      emulator.settings({ quirks: { caseSensitivePrefix: true } });
      assert.equal((await keys('/Portal/id/keys')).status, 404);
    });

    it('answers with the community URL of the site path, wherever it was called', async () => {
      const body = new URLSearchParams({
        response_type: 'code_credentials',
        client_id: '3MVG9.public',
        redirect_uri: site.echo,
        username: 'alice@example.com',
        password: 'Passw0rd!',
      }).toString();
      const url = `${emulator.origin}/portalvforcesite/services/oauth2/authorize`;
      const reply = await send(url, { method: 'POST', body });
      assert.equal(location(reply).searchParams.get('sfdc_community_url'), emulator.url);
    });

    it('may be another, or none', async () => {
      for (const [sitePath, expected] of [
        ['/shop', '/shop'],
        ['/', ''],
        ['', ''],
      ] as const) {
        const other = await startEmulator({ sitePath });
        const status = (await send(`${other.url}/id/keys`)).status;
        await other.close();
        assert.equal(other.url, other.origin + expected);
        assert.equal(status, 200);
      }
    });
  });

  it('exposes nothing when site.active is off', async () => {
    emulator.settings({ site: { active: false } });
    assert.equal((await site.named()).status, 404);
    assert.equal((await site.get('/.well-known/openid-configuration')).status, 404);
  });

  describe('headers', () => {
    it('are those of a live site, with a new request id each time', async () => {
      const first = await site.named();
      const second = await site.get('/id/keys');
      for (const reply of [first, second]) {
        assert.equal(header(reply, 'server'), 'sfdcedge');
        assert.equal(header(reply, 'x-content-type-options'), 'nosniff');
        assert.equal(header(reply, 'x-robots-tag'), 'none');
        assert.match(header(reply, 'strict-transport-security'), /max-age/);
        assert.match(header(reply, 'cache-control'), /no-store/);
        assert.match(header(reply, 'x-sfdc-request-id'), /^[0-9a-f]{32}$/);
        assert.equal(header(reply, 'x-request-id'), header(reply, 'x-sfdc-request-id'));
        assert.equal(reply.headers['x-emulator-reason'], undefined);
      }
      assert.notEqual(header(first, 'x-request-id'), header(second, 'x-request-id'));
    });

    it('tell the time of the emulator', async () => {
      emulator.clock(86_400);
      const date = Date.parse(header(await site.get('/id/keys'), 'date'));
      assert.ok(Math.abs(date - Date.now() - 86_400_000) < 5000);
    });

    it('set the cookies of a live site, and none when quirks.cookies is off', async () => {
      const cookies = String((await site.get('/id/keys')).headers['set-cookie']);
      assert.match(cookies, /BrowserId=[A-Za-z0-9]{22};/);
      assert.match(cookies, /CookieConsentPolicy=0:1/);
      emulator.settings({ quirks: { cookies: false } });
      assert.equal((await site.get('/id/keys')).headers['set-cookie'], undefined);
    });
  });
});
