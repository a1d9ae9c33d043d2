import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import { basic, header, location, members, oauthError, password, Site } from './browserless.js';

const loginPage = /window\.location\.replace\('[^']*\/login\?ec=302&startURL=/;

describe('emulator: authorize, password login', () => {
  let emulator: Emulator;
  let site: Site;

  before(async () => {
    emulator = await startEmulator();
    site = new Site(emulator);
  });
  afterEach(() => emulator.reset());
  after(() => emulator.close());

  describe('the app', () => {
    const put = (record: Parameters<Emulator['client']>[1]): void => {
      emulator.client('app', { redirectUris: [site.echo], ...record });
    };
    const form = { client_id: 'app' };

    it('answers the login page when isCodeCredFlowEnabled is off', async () => {
      put({ isCodeCredFlowEnabled: false });
      assert.match((await site.named(form)).text, loginPage);
    });

    it('answers the login page to GET, to Basic and to a query when isCodeCredPostOnly is on, and takes the body of a POST', async () => {
      put({ isCodeCredPostOnly: true });
      assert.match((await site.named(form)).text, loginPage);
      const credentials = { username: 'alice@example.com', password };
      const query = new URLSearchParams({
        response_type: 'code_credentials',
        redirect_uri: site.echo,
        ...form,
        ...credentials,
      });
      const get = await site.get(`/services/oauth2/authorize?${query.toString()}`);
      const post = await site.post(`/services/oauth2/authorize?${query.toString()}`, {});
      for (const reply of [get, post]) assert.match(reply.text, loginPage);
      location(await site.authorize({ ...form, ...credentials }));
    });

    it('answers the login page for a scope that is not on the app, commas included', async () => {
      assert.match((await site.named({ scope: 'api full' })).text, loginPage);
      assert.match((await site.named({ scope: 'api,openid' })).text, loginPage);
    });

    it('grants all scopes of the app for an absent or empty scope', async () => {
      for (const scope of [{}, { scope: '' }]) {
        const reply = await site.login(scope);
        assert.equal(members(reply)['scope'], 'api openid refresh_token web');
      }
    });

    it('answers invalid_request without a challenge when isPkceRequired is on', async () => {
      put({ isPkceRequired: true });
      assert.deepEqual(oauthError(await site.named(form)), [
        400,
        'invalid_request',
        'missing required code challenge',
      ]);
      location(await site.named({ ...form, code_challenge: 'x'.repeat(43) }));
    });

    it('redirects to /login instead of showing the page when quirks.notHeadlessStyle is redirect', async () => {
      emulator.settings({ quirks: { notHeadlessStyle: 'redirect' } });
      const reply = await site.named({ scope: 'full' });
      assert.equal(location(reply).href, `${emulator.url}/login`);
    });
  });

  describe('quirks.authorizeErrorStyle', () => {
    const fail = (): ReturnType<Site['named']> =>
      site.named({ state: 's' }, basic('alice@example.com', 'no'));

    it('redirect: to the callback with error, description and state', async () => {
      emulator.settings({ quirks: { authorizeErrorStyle: 'redirect' } });
      const url = location(await fail());
      assert.deepEqual(Object.fromEntries(url.searchParams), {
        error: 'invalid_grant',
        error_description: 'authentication failure',
        state: 's',
      });
    });

    it('text400: urlencoded text', async () => {
      emulator.settings({ quirks: { authorizeErrorStyle: 'text400' } });
      const reply = await fail();
      assert.equal(reply.status, 400);
      assert.match(header(reply, 'content-type'), /^text\/plain/);
      assert.equal(reply.text, 'error=invalid_grant&error_description=authentication%20failure');
    });

    it('html200: the login page', async () => {
      emulator.settings({ quirks: { authorizeErrorStyle: 'html200' } });
      const reply = await fail();
      assert.equal(reply.status, 200);
      assert.match(reply.text, loginPage);
    });
  });
});
