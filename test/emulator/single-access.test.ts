import assert from 'node:assert/strict';
import fc from 'fast-check';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import {
  bearer,
  header,
  publicClient,
  send,
  Site,
  textOf,
  uuid,
  type Form,
} from './browserless.js';
import { CookieVisitor } from './cookie-visitor.js';

describe('emulator: singleaccess and frontdoor', () => {
  let emulator: Emulator;
  let site: Site;
  let visitor: CookieVisitor;
  let token: string;

  const path = '/services/oauth2/singleaccess';
  const bridge = (form: Form = {}, headers = bearer(token)) => site.post(path, form, headers);
  const frontdoorUri = async (form: Form = {}) => textOf(await bridge(form), 'frontdoor_uri');
  const tokenFor = async (scope: string) =>
    (await emulator.tokens({ client: publicClient, username: 'alice@example.com', scope }))
      .access_token;

  before(async () => {
    emulator = await startEmulator();
    site = new Site(emulator);
  });
  beforeEach(async () => {
    emulator.reset();
    visitor = new CookieVisitor(emulator);
    token = await tokenFor('api web');
  });
  after(() => emulator.close());

  it('answers a frontdoor URL on the site, with a one-time password and the page wanted', async () => {
    for (const wanted of ['portal/account', '/portal/account']) {
      const url = new URL(await frontdoorUri({ redirect_uri: wanted }));
      assert.equal(url.origin + url.pathname, `${emulator.url}/secur/frontdoor.jsp`);
      assert.match(url.searchParams.get('otp') ?? '', /^\w{20,}$/);
      assert.equal(url.searchParams.get('startURL'), '/portal/account');
    }
    const home = new URL(await frontdoorUri());
    assert.equal(home.searchParams.get('startURL'), '/portal/');
  });

  it('takes GET and POST, and the token in the header or the body', async () => {
    const get = await site.get(`${path}?redirect_uri=portal%2Fa`, bearer(token));
    assert.equal(get.status, 200);
    assert.equal((await bridge({ access_token: token }, {})).status, 200);
  });

  it('takes opaque and JWT tokens, with the scope web or full', async () => {
    emulator.client('opaque', { redirectUris: [site.echo], scopes: ['web'] });
    const login = await site.login({ client_id: 'opaque' });
    assert.equal((await bridge({}, bearer(textOf(login, 'access_token')))).status, 200);
    assert.equal((await bridge({}, bearer(await tokenFor('full')))).status, 200);
  });

  it('refuses with a bare word and status 403', async () => {
    const api = await tokenFor('api openid');
    const guest = await site.guestToken(uuid());
    for (const [word, form, headers] of [
      ['Missing_OAuth_Token', {}, {}],
      ['Bad_OAuth_Token', {}, bearer('00Dno')],
      ['Bad_OAuth_Token', {}, bearer(guest)],
      ['Invalid_Scope', {}, bearer(api)],
      ['Invalid_Param', { redirect_uri: 'https://evil.example.com/' }, bearer(token)],
      ['Invalid_Param', { redirect_uri: '//evil.example.com' }, bearer(token)],
      ['Invalid_Param', { redirect_uri: `//${new URL(emulator.url).host}/` }, bearer(token)],
      ['Invalid_Param', { redirect_uri: `${emulator.url}/account` }, bearer(token)],
    ] as const) {
      const reply = await bridge(form, headers);
      assert.deepEqual([reply.status, reply.text], [403, word]);
      assert.match(header(reply, 'content-type'), /^text\/plain/);
    }
    const query = await site.get(`${path}?access_token=${token}`);
    assert.equal(query.text, 'Missing_OAuth_Token');
    emulator.clock(3600);
    assert.equal((await bridge()).text, 'Bad_OAuth_Token');
  });

  it('makes no page of another host, whatever it is asked for', async () => {
    const piece = fc.constantFrom(
      '/',
      '\\',
      '.',
      ':',
      '@',
      'evil.com',
      'http',
      '\t',
      '\n',
      '?',
      '#',
      '%2f',
      ' ',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 6 }), async (pieces) => {
        const reply = await bridge({ redirect_uri: pieces.join('') });
        if (reply.status === 403) return;
        const front = await visitor.send(textOf(reply, 'frontdoor_uri'));
        assert.ok(header(front, 'location').startsWith(`${emulator.origin}/`));
        const { host } = new URL(header(front, 'location'));
        assert.equal(host, new URL(emulator.origin).host);
      }),
      { numRuns: 150 },
    );
  });

  it('is not for browsers: every other origin is refused', async () => {
    const reply = await bridge({}, { ...bearer(token), origin: 'http://localhost:3000' });
    assert.equal(reply.status, 403);
    assert.equal(reply.headers['access-control-allow-origin'], undefined);
  });

  describe('the frontdoor URL', () => {
    it('logs the browser in on the site as the user of the token', async () => {
      const arrival = await visitor.go(
        await frontdoorUri({ redirect_uri: 'portal/account?tab=2' }),
      );
      assert.equal(arrival.url.href, `${emulator.url}/account?tab=2`);
      assert.match(arrival.reply.text, /logged in on the site as <strong>alice@example\.com</);
    });

    it('works once and within a minute; after that it is the login page, which leads on', async () => {
      const isDead = async (url: string): Promise<void> => {
        const stranger = new CookieVisitor(emulator);
        const { way, reply } = await stranger.go(url);
        assert.deepEqual(way, ['/secur/frontdoor.jsp', '/login']);
        assert.equal(reply.status, 200);
        assert.equal(stranger.cookies.has('sid'), false);
      };
      const used = await frontdoorUri({ redirect_uri: 'portal/account' });
      await visitor.go(used);
      await isDead(used);
      await isDead(`${emulator.url}/secur/frontdoor.jsp?sid=${token}`);
      const late = await frontdoorUri();
      emulator.clock(60);
      await isDead(late);
      const page = await new CookieVisitor(emulator).go(used);
      assert.equal(page.url.searchParams.get('startURL'), '/portal/account');
    });

    it('is worth nothing after a reset, and when the user is no longer active', async () => {
      const first = await frontdoorUri();
      emulator.reset();
      assert.equal((await visitor.go(first)).url.pathname, '/portal/login');
      token = await tokenFor('web');
      const second = await frontdoorUri();
      emulator.user('alice@example.com', { isActive: false });
      assert.equal((await visitor.go(second)).url.pathname, '/portal/login');
    });

    it('leads to no other host, even when somebody changes it', async () => {
      const url = new URL(await frontdoorUri());
      url.searchParams.set('startURL', '//evil.example.com');
      assert.equal(header(await send(url.href), 'location'), `${emulator.url}/`);
    });
  });
});
