import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import {
  header,
  members,
  oauthError,
  part,
  pkce,
  publicClient,
  send,
  Site,
  textOf,
  type Form,
} from './browserless.js';
import { answered, callback, CookieVisitor, hidden, type Arrival } from './cookie-visitor.js';

describe('emulator: redirect flow', () => {
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

  const isLoginPage = (arrival: Arrival): void => {
    assert.equal(arrival.url.href.split('?')[0], `${emulator.url}/login`);
    assert.equal(arrival.reply.status, 200);
    assert.match(header(arrival.reply, 'content-type'), /^text\/html/);
    assert.match(arrival.reply.text, /<input id="password"/);
  };
  const redeem = (arrival: Arrival, form: Form = {}) =>
    site.token({ code: answered(arrival)['code'] ?? '', redirect_uri: callback, ...form });

  it('goes by the login page to the callback, with code, community and state', async () => {
    const page = await visitor.authorize();
    isLoginPage(page);
    assert.deepEqual(page.way, ['/services/oauth2/authorize', '/login']);
    const { code, ...rest } = answered(await visitor.fillIn(page));
    assert.match(code ?? '', /^aPrx/);
    assert.deepEqual(rest, {
      sfdc_community_url: emulator.url,
      sfdc_community_id: '0DBxx0000004C9IGAU',
      state: 's-1',
    });
  });

  it('takes the request as a form too, from the page of any app', async () => {
    const form = Object.fromEntries(visitor.authorizeUrl().searchParams);
    const reply = await send(`${emulator.url}/services/oauth2/authorize`, {
      method: 'POST',
      headers: { origin: 'https://app.example.com', 'sec-fetch-mode': 'navigate' },
      body: new URLSearchParams(form).toString(),
    });
    assert.equal(reply.status, 302);
    isLoginPage(await visitor.go(header(reply, 'location')));
  });

  it('gives a code that is redeemed once, for the scopes asked and with the nonce in the id_token', async () => {
    const page = await visitor.authorize({ scope: 'api openid', nonce: 'n-1' });
    const arrival = await visitor.fillIn(page);
    const reply = await redeem(arrival);
    assert.equal(reply.status, 200, reply.text);
    assert.equal(textOf(reply, 'scope'), 'api openid');
    assert.equal(part(textOf(reply, 'id_token'), 1)['nonce'], 'n-1');
    assert.equal(members(reply)['refresh_token'], undefined);
    const userId = emulator.state().users['alice@example.com']?.userId ?? '';
    assert.equal(part(textOf(reply, 'access_token'), 1)['sub'], `uid:${userId}`);
    assert.deepEqual(oauthError(await redeem(arrival))[2], 'expired authorization code');
  });

  it('binds the code to the challenge', async () => {
    const { verifier, challenge } = pkce();
    await visitor.logIn();
    const wrong = await visitor.authorize({ code_challenge: challenge });
    assert.deepEqual(oauthError(await redeem(wrong, { code_verifier: pkce().verifier })), [
      400,
      'invalid_grant',
      'invalid code verifier',
    ]);
    const right = await visitor.authorize({ code_challenge: challenge });
    assert.equal((await redeem(right, { code_verifier: verifier })).status, 200);
  });

  describe('a browser that is logged in on the site', () => {
    beforeEach(async () => {
      await visitor.logIn('bob@example.com');
    });

    it('goes straight to the callback', async () => {
      const arrival = await visitor.authorize();
      assert.deepEqual(arrival.way, ['/services/oauth2/authorize']);
      assert.equal((await redeem(arrival)).status, 200);
    });

    it('does so under every prefix', async () => {
      for (const prefix of ['', '/portalvforcesite']) {
        const url = visitor.authorizeUrl();
        url.pathname = `${prefix}/services/oauth2/authorize`;
        assert.notEqual(answered(await visitor.go(url))['code'], undefined, prefix);
      }
    });

    it('sees the login page with prompt=login, and may come back as somebody else', async () => {
      const page = await visitor.authorize({ prompt: 'login consent' });
      isLoginPage(page);
      isLoginPage(await visitor.go(new URL(hidden(page, 'startURL'), emulator.origin)));
      const reply = await redeem(await visitor.fillIn(page, 'alice@example.com'));
      const info = await site.userinfo(textOf(reply, 'access_token'));
      assert.equal(members(info)['preferred_username'], 'alice@example.com');
    });

    it('sees the login page with prompt=select_account as well', async () => {
      isLoginPage(await visitor.authorize({ prompt: 'select_account' }));
    });

    it('sees the login page once the session has timed out, or its user was made inactive', async () => {
      emulator.clock(7201);
      isLoginPage(await visitor.authorize());
      await visitor.logIn('bob@example.com');
      assert.notEqual(answered(await visitor.authorize())['code'], undefined);
      emulator.user('bob@example.com', { isActive: false });
      isLoginPage(await visitor.authorize());
    });

    it('sees the login page after a reset', async () => {
      emulator.reset();
      isLoginPage(await visitor.authorize());
    });
  });

  describe('refusals', () => {
    it('of an unknown client or redirect URI go nowhere', async () => {
      for (const [query, error] of [
        [{ client_id: 'nobody' }, 'invalid_client_id'],
        [{ redirect_uri: 'https://evil.example.com/' }, 'redirect_uri_mismatch'],
        [{ redirect_uri: `${callback}/` }, 'redirect_uri_mismatch'],
      ] as const) {
        const { reply } = await visitor.authorize(query);
        assert.equal(reply.status, 400);
        assert.match(header(reply, 'content-type'), /^text\/plain/);
        assert.ok(reply.text.startsWith(`error=${error}&error_description=`), reply.text);
        assert.equal(reply.headers['location'], undefined);
      }
    });

    const refused = async (query: Form): Promise<unknown[]> => {
      const {
        error,
        error_description: description,
        state,
      } = answered(await visitor.authorize(query));
      assert.equal(state, 's-1');
      assert.notEqual(description ?? '', '');
      return [error, description];
    };

    it('of what is asked go to the callback, before anybody logs in', async () => {
      assert.equal((await refused({ scope: 'api full' }))[0], 'invalid_scope');
      assert.equal((await refused({ prompt: 'none' }))[0], 'login_required');
      assert.equal((await refused({ prompt: 'none login' }))[0], 'invalid_request');
      for (const type of ['token', 'hybrid_token', 'token id_token']) {
        assert.deepEqual(await refused({ response_type: type }), [
          'unsupported_response_type',
          'response type not supported',
        ]);
      }
      emulator.client('pkce', { redirectUris: [callback], isPkceRequired: true });
      assert.deepEqual(await refused({ client_id: 'pkce' }), [
        'invalid_request',
        'missing required code challenge',
      ]);
    });

    it('of a user whom the app is not approved for go to the callback', async () => {
      emulator.client('few', { redirectUris: [callback], preapprovedUsers: ['bob@example.com'] });
      const page = await visitor.authorize({ client_id: 'few' });
      assert.equal(answered(await visitor.fillIn(page))['error'], 'invalid_app_access');
      await visitor.logIn('bob@example.com');
      const arrival = await visitor.authorize({ client_id: 'few', prompt: 'none' });
      assert.notEqual(answered(arrival)['code'], undefined);
    });

    it('keep the query of a redirect URI', async () => {
      const uri = `${callback}?tenant=1`;
      emulator.client(publicClient, { redirectUris: [uri] });
      const { url } = await visitor.authorize({ redirect_uri: uri, prompt: 'none' });
      assert.equal(url.searchParams.get('tenant'), '1');
      assert.equal(url.searchParams.get('error'), 'login_required');
    });
  });

  describe('a pending request', () => {
    it('goes on once', async () => {
      const page = await visitor.authorize();
      const resume = new URL(hidden(page, 'startURL'), emulator.origin);
      answered(await visitor.fillIn(page));
      const { reply } = await visitor.go(resume);
      assert.equal(reply.status, 400);
      assert.match(reply.text, /already done/);
    });

    it('is forgotten after a quarter of an hour', async () => {
      const page = await visitor.authorize();
      emulator.clock(899);
      assert.notEqual(answered(await visitor.fillIn(page))['code'], undefined);
      const late = await visitor.authorize({ prompt: 'login' });
      emulator.clock(901);
      assert.equal((await visitor.fillIn(late)).reply.status, 400);
    });

    it('is forgotten by a reset', async () => {
      const page = await visitor.authorize();
      emulator.reset();
      assert.equal((await visitor.fillIn(page)).reply.status, 400);
    });

    it('goes nowhere when its client or redirect URI is no longer registered', async () => {
      emulator.client('gone', { redirectUris: [callback] });
      const page = await visitor.authorize({ client_id: 'gone' });
      emulator.deleteClient('gone');
      assert.match((await visitor.fillIn(page)).reply.text, /^error=invalid_client_id&/);
    });
  });

  it('is not entered without response_type=code: the page that stands for "not headless" comes as before', async () => {
    for (const type of ['code_credentials', '', 'other']) {
      const { reply } = await visitor.authorize({ response_type: type });
      assert.equal(reply.status, 200);
      assert.match(reply.text, /window\.location\.replace\('[^']*\/login\?ec=302/);
    }
    const headless = await site.named({ response_type: 'code' });
    assert.deepEqual(oauthError(headless).slice(0, 2), [400, 'unsupported_response_type']);
  });
});
