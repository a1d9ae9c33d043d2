import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import { header, members, send, Site, textOf } from './browserless.js';
import { answered, callback, CookieVisitor } from './cookie-visitor.js';

describe('emulator: logout of the site', () => {
  let emulator: Emulator;
  let site: Site;
  let visitor: CookieVisitor;

  before(async () => {
    emulator = await startEmulator();
    site = new Site(emulator);
  });
  beforeEach(async () => {
    emulator.reset();
    visitor = new CookieVisitor(emulator);
    await visitor.logIn();
  });
  after(() => emulator.close());

  it('at the end_session_endpoint ends the session and shows a page, wherever it is asked to go', async () => {
    const sid = visitor.cookies.get('sid') ?? '';
    const { end_session_endpoint: endpoint } = members(
      await site.get('/.well-known/openid-configuration'),
    );
    const reply = await visitor.send(
      `${String(endpoint)}?post_logout_redirect_uri=https://app.example.com/&id_token_hint=x`,
    );
    assert.equal(reply.status, 200);
    assert.match(reply.text, /logged out/);
    assert.match(String(reply.headers['set-cookie']), /sid=; Path=\/portal; HttpOnly; .*Max-Age=0/);
    const replayed = await send(`${emulator.url}/x`, { headers: { cookie: `sid=${sid}` } });
    assert.equal(replayed.status, 302);
    assert.deepEqual((await visitor.authorize()).way.at(-1), '/login');
  });

  it('at secur/logout.jsp goes to the login page, or to retUrl on the site', async () => {
    const end = async (query: string): Promise<string> =>
      header(await visitor.send(`${emulator.url}/secur/logout.jsp${query}`), 'location');
    assert.equal(await end('?retUrl=/portal/bye'), `${emulator.url}/bye`);
    assert.equal(visitor.cookies.has('sid'), false);
    assert.equal(await end(''), `${emulator.url}/login`);
    assert.equal(await end('?retUrl=//evil.example.com'), `${emulator.url}/`);
  });

  it('leaves tokens alive, and revoking them leaves the session', async () => {
    const { code = '' } = answered(await visitor.authorize());
    const token = textOf(await site.token({ code, redirect_uri: callback }), 'access_token');
    await visitor.send(`${emulator.url}/secur/logout.jsp`);
    assert.equal((await site.userinfo(token)).status, 200);
    await visitor.logIn();
    await site.post('/services/oauth2/revoke', { token });
    assert.equal((await visitor.send(`${emulator.url}/x`)).status, 200);
  });

  it('is no matter for a browser that is not logged in', async () => {
    const stranger = new CookieVisitor(emulator);
    for (const path of ['/services/auth/idp/oidc/logout', '/secur/logout.jsp']) {
      assert.equal((await stranger.go(emulator.url + path)).reply.status, 200);
    }
  });
});
