import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import { header, members, password, Site, textOf } from './browserless.js';
import { answered, callback, CookieVisitor, hidden } from './cookie-visitor.js';

const provider = 'Google_Customers';

describe('emulator: native single sign-on', () => {
  let emulator: Emulator;
  let site: Site;
  let visitor: CookieVisitor;

  before(async () => {
    emulator = await startEmulator();
    site = new Site(emulator);
  });
  beforeEach(() => {
    emulator.reset();
    visitor = new CookieVisitor(emulator);
  });
  after(() => emulator.close());

  const outcome = (value: 'login' | 'deny' | 'error', username = 'alice@example.com'): void => {
    emulator.settings({ sso: { providers: { [provider]: { username, outcome: value } } } });
  };
  const single = () => visitor.authorize({ sso_provider: provider });
  const initiate = (query = '', name = provider) =>
    visitor.go(`${emulator.url}/services/auth/sso/${name}${query}`);

  it('goes by redirects alone to the callback and logs in the user of the provider', async () => {
    const arrival = await single();
    assert.deepEqual(arrival.way, [
      '/services/oauth2/authorize',
      `/services/auth/sso/${provider}`,
      `/services/authcallback/${provider}`,
    ]);
    const { code = '', ...rest } = answered(arrival);
    assert.deepEqual(rest, {
      sfdc_community_url: emulator.url,
      sfdc_community_id: '0DBxx0000004C9IGAU',
      state: 's-1',
    });
    const token = textOf(await site.token({ code, redirect_uri: callback }), 'access_token');
    assert.equal(members(await site.userinfo(token))['preferred_username'], 'alice@example.com');
    const home = await visitor.send(`${emulator.url}/`);
    assert.match(home.text, /alice@example\.com/);
  });

  it('asks the provider even when somebody else is logged in on the site', async () => {
    await visitor.logIn('bob@example.com');
    answered(await single());
    assert.match((await visitor.send(`${emulator.url}/`)).text, /alice@example\.com/);
  });

  it('asks nobody with prompt=none', async () => {
    const ask = { sso_provider: provider, prompt: 'none' };
    assert.equal(answered(await visitor.authorize(ask))['error'], 'login_required');
    await visitor.logIn('bob@example.com');
    for (const name of [provider, 'Facebook']) {
      const arrival = await visitor.authorize({ ...ask, sso_provider: name });
      assert.deepEqual(arrival.way, ['/services/oauth2/authorize']);
      assert.notEqual(answered(arrival)['code'], undefined);
    }
  });

  it('tells the app that the user denied, and logs nobody in', async () => {
    outcome('deny');
    const arrival = await single();
    assert.deepEqual(answered(arrival), {
      error: 'access_denied',
      error_description: 'end-user denied authorization',
      state: 's-1',
    });
    assert.equal(visitor.cookies.has('sid'), false);
  });

  it('ends the request of the app with the denial: it cannot be gone on with', async () => {
    outcome('deny');
    const page = await visitor.authorize();
    const link = /href="([^"]*\/sso\/[^"]*)"/.exec(page.reply.text)?.[1] ?? '';
    const arrival = await visitor.go(new URL(link, emulator.origin));
    assert.equal(answered(arrival)['error'], 'access_denied');
    const spent = new URL(hidden(page, 'startURL'), emulator.origin);
    assert.equal((await visitor.go(spent)).reply.status, 400);
  });

  it('ends on the error page of the site when the registration handler fails or the user may not log in', async () => {
    emulator.user('locked@example.com', { password, isLocked: true });
    for (const [what, username] of [
      ['error', 'alice@example.com'],
      ['login', 'nobody@example.com'],
      ['login', 'locked@example.com'],
    ] as const) {
      outcome(what, username);
      const { url, reply } = await single();
      assert.equal(
        url.pathname,
        '/portal/_nc_external/identity/sso/ui/AuthorizationError',
        username,
      );
      assert.equal(url.searchParams.get('ErrorCode'), 'REGISTRATION_HANDLER_ERROR');
      assert.match(reply.text, /registration handler failed/);
      assert.equal(visitor.cookies.has('sid'), false);
    }
  });

  it('answers an unknown provider by the login page, which leads on, whoever is logged in', async () => {
    for (const name of ['Facebook', 'toString', 'Twitter']) {
      if (name === 'Twitter') await visitor.logIn('bob@example.com');
      const page = await visitor.authorize({ sso_provider: name });
      assert.deepEqual(page.way, ['/services/oauth2/authorize', '/login']);
    }
    const page = await visitor.authorize({ sso_provider: 'Facebook' });
    assert.notEqual(answered(await visitor.fillIn(page))['code'], undefined);
  });

  it('may begin on the login page', async () => {
    const page = await visitor.authorize();
    const link = /href="([^"]*\/sso\/[^"]*)"/.exec(page.reply.text)?.[1] ?? '';
    const arrival = await visitor.go(new URL(link, emulator.origin));
    assert.notEqual(answered(arrival)['code'], undefined);
    const spent = new URL(hidden(page, 'startURL'), emulator.origin);
    assert.equal((await visitor.go(spent)).reply.status, 400);
  });

  describe('/services/auth/sso without an app', () => {
    it('logs the browser in on the site and goes to startURL', async () => {
      const { url, reply } = await initiate('?startURL=%2Fportal%2Ftrips%3Fa%3D1');
      assert.equal(url.href, `${emulator.url}/trips?a=1`);
      assert.match(reply.text, /alice@example\.com/);
    });

    it('goes to the home page without startURL, and with one on another host', async () => {
      for (const query of [
        '',
        '?startURL=//evil.example.com',
        '?startURL=https://evil.example.com',
      ]) {
        assert.equal((await initiate(query)).url.href, `${emulator.url}/`, query);
      }
    });

    it('is the login page for an unknown provider, and an error page for a denial', async () => {
      for (const name of ['Facebook', '%zz']) {
        const { url } = await initiate('', name);
        assert.equal(url.href, `${emulator.url}/login`);
      }
      outcome('deny');
      const { url, reply } = await initiate();
      assert.equal(url.searchParams.get('ErrorCode'), 'access_denied');
      assert.match(reply.text, /end-user denied authorization/);
    });
  });

  describe('the callback of the provider', () => {
    it('works once, within a quarter of an hour, and for its own provider', async () => {
      const begin = async (): Promise<string> =>
        header(await visitor.send(`${emulator.url}/services/auth/sso/${provider}`), 'location');
      const isRefused = async (url: string): Promise<void> => {
        const arrival = await visitor.go(url);
        assert.equal(arrival.url.searchParams.get('ErrorCode'), 'NO_STATE');
      };
      const used = await begin();
      assert.equal((await visitor.go(used)).url.href, `${emulator.url}/`);
      await isRefused(used);
      await isRefused((await begin()).replace(provider, 'Other'));
      const late = await begin();
      emulator.clock(901);
      await isRefused(late);
    });

    it('shows what it is told as text', async () => {
      const { reply } = await visitor.go(
        `${emulator.url}/_nc_external/identity/sso/ui/AuthorizationError?ErrorDescription=<script>`,
      );
      assert.doesNotMatch(reply.text, /<script/);
    });
  });
});
