import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import {
  basic,
  header,
  location,
  members,
  oauthError,
  password,
  publicClient,
  send,
  Site,
} from './browserless.js';

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

  describe('success', () => {
    it('redirects to the callback with code, community url, community id and state, in that order', async () => {
      const url = location(await site.named({ state: 'Zm9v +/&' }));
      assert.equal(url.origin + url.pathname, site.echo);
      assert.deepEqual(
        [...url.searchParams.keys()],
        ['code', 'sfdc_community_url', 'sfdc_community_id', 'state'],
      );
      assert.match(url.searchParams.get('code') ?? '', /^aPrx[\w.]+==$/);
      assert.equal(url.searchParams.get('sfdc_community_url'), emulator.url);
      assert.equal(url.searchParams.get('sfdc_community_id'), '0DBxx0000004C9IGAU');
      assert.equal(url.searchParams.get('state'), 'Zm9v +/&');
    });

    it('percent-encodes the equals signs of the code', async () => {
      assert.match(header(await site.named(), 'location'), /code=aPrx[\w.]+%3D%3D&/);
    });

    it('leaves state out when none was sent', async () => {
      assert.equal(location(await site.named()).searchParams.has('state'), false);
    });

    it('appends to a callback that has a query of its own', async () => {
      emulator.client('query', { redirectUris: ['https://app.example.com/cb?a=1'] });
      const reply = await site.named({
        client_id: 'query',
        redirect_uri: 'https://app.example.com/cb?a=1',
      });
      assert.match(header(reply, 'location'), /^https:\/\/app\.example\.com\/cb\?a=1&code=/);
    });

    it('answers JSON when quirks.authorizeSuccessStyle is json200', async () => {
      emulator.settings({ quirks: { authorizeSuccessStyle: 'json200' } });
      const reply = await site.named({ state: 's' });
      assert.equal(reply.status, 200);
      assert.deepEqual(Object.keys(members(reply)), [
        'code',
        'sfdc_community_url',
        'sfdc_community_id',
        'state',
      ]);
    });
  });

  describe('where credentials and parameters may stand', () => {
    const username = 'ada+shop@example.com';
    const secret = 'p:a ss?~1>ÿ';
    beforeEach(() => emulator.user(username, { password: secret }));

    it('takes the standard Base64 alphabet', async () => {
      const authorization = 'Basic YWRhK3Nob3BAZXhhbXBsZS5jb206cDphIHNzP34xPsO/';
      location(await site.named({}, { authorization }));
    });

    it('takes the URL-safe Base64 alphabet', async () => {
      const authorization = 'Basic YWRhK3Nob3BAZXhhbXBsZS5jb206cDphIHNzP34xPsO_';
      location(await site.named({}, { authorization }));
    });

    it('takes Base64 with and without padding', async () => {
      emulator.user('b@example.com', { password: 'x1' });
      const padded = Buffer.from('b@example.com:x1').toString('base64');
      assert.match(padded, /=$/);
      location(await site.named({}, { authorization: `Basic ${padded}` }));
      location(await site.named({}, { authorization: `Basic ${padded.replace(/=+$/, '')}` }));
    });

    it('takes username and password in the body', async () => {
      const reply = await site.authorize(
        { username, password: secret },
        { 'auth-request-type': 'Named-User' },
      );
      location(reply);
    });

    it('lets credentials in the body beat a Basic header', async () => {
      location(await site.named({ username, password: secret }, basic(username, 'wrong')));
      const wrong = await site.named({ username, password: 'wrong' }, basic(username, secret));
      assert.equal(wrong.status, 400);
    });

    it('takes every parameter from the query of a POST without a body', async () => {
      const query = new URLSearchParams({
        response_type: 'code_credentials',
        client_id: publicClient,
        redirect_uri: site.echo,
        username,
        password: secret,
      });
      const reply = await send(`${emulator.url}/services/oauth2/authorize?${query.toString()}`, {
        method: 'POST',
        headers: { 'auth-request-type': 'Named-User' },
      });
      location(reply);
    });

    it('lets the body win over the query', async () => {
      const reply = await site.post(
        '/services/oauth2/authorize?state=query&client_id=nobody',
        {
          response_type: 'code_credentials',
          client_id: publicClient,
          redirect_uri: site.echo,
          state: 'body',
        },
        { 'auth-request-type': 'Named-User', ...basic(username, secret) },
      );
      assert.equal(location(reply).searchParams.get('state'), 'body');
    });

    it('takes unencoded values in the body, whatever the Content-Type', async () => {
      const body = `response_type=code_credentials&client_id=${publicClient}&redirect_uri=${site.echo}&username=alice@example.com&password=${password}`;
      const reply = await send(`${emulator.url}/services/oauth2/authorize`, {
        method: 'POST',
        headers: { 'auth-request-type': 'Named-User' },
        body,
      });
      location(reply);
    });

    it('reads a raw plus sign in a form body as a blank', async () => {
      const body = `response_type=code_credentials&client_id=${publicClient}&redirect_uri=${site.echo}&username=ada+shop@example.com&password=${encodeURIComponent(secret)}`;
      const reply = await send(`${emulator.url}/services/oauth2/authorize`, {
        method: 'POST',
        headers: { 'auth-request-type': 'Named-User' },
        body,
      });
      assert.equal(reply.status, 400);
    });

    it('answers GET as well', async () => {
      const query = new URLSearchParams({
        response_type: 'code_credentials',
        client_id: publicClient,
        redirect_uri: site.echo,
      });
      const reply = await site.get(`/services/oauth2/authorize?${query.toString()}`, {
        'auth-request-type': 'Named-User',
        ...basic(username, secret),
      });
      location(reply);
    });

    it('takes a code_credentials request with credentials for Named-User when no type is named', async () => {
      location(await site.authorize({ username, password: secret }));
    });

    it('compares usernames without regard to case, and passwords with it', async () => {
      location(await site.named({}, basic('ALICE@Example.com', password)));
      assert.equal((await site.named({}, basic('alice@example.com', 'passw0rd!'))).status, 400);
    });
  });

  describe('failure', () => {
    const wrong = [400, 'invalid_grant', 'authentication failure'];

    it('answers wrong password and unknown user alike', async () => {
      const bad = await site.named({}, basic('alice@example.com', 'no'));
      const unknown = await site.named({}, basic('nobody@example.com', password));
      assert.deepEqual(oauthError(bad), wrong);
      assert.equal(bad.text, unknown.text);
      assert.match(header(bad, 'content-type'), /^application\/json/);
    });

    it('answers locked, inactive and MFA users and those without a password like a wrong password', async () => {
      for (const state of [
        { isLocked: true },
        { isActive: false },
        { isMfaRequired: true },
        { password: null },
      ]) {
        emulator.user('eve@example.com', { password, ...state });
        const reply = await site.named({}, basic('eve@example.com', password));
        assert.deepEqual(oauthError(reply), wrong, JSON.stringify(state));
      }
    });

    it('tells locked and inactive users so when quirks.inactiveUserError is on, with the right password only', async () => {
      emulator.settings({ quirks: { inactiveUserError: true } });
      emulator.user('eve@example.com', { password, isActive: false });
      const right = await site.named({}, basic('eve@example.com', password));
      assert.deepEqual(oauthError(right), [400, 'inactive_user', 'user is inactive']);
      const bad = await site.named({}, basic('eve@example.com', 'no'));
      assert.deepEqual(oauthError(bad), wrong);
    });

    it('lets users with an expired password in, unless quirks.enforceExpiredPasswords is on', async () => {
      emulator.user('old@example.com', { password, passwordExpired: true });
      location(await site.named({}, basic('old@example.com', password)));
      emulator.settings({ quirks: { enforceExpiredPasswords: true } });
      assert.deepEqual(oauthError(await site.named({}, basic('old@example.com', password))), wrong);
    });

    it('answers invalid_app_access to users the app is not approved for', async () => {
      emulator.client('approved', {
        redirectUris: [site.echo],
        preapprovedUsers: ['Alice@example.com'],
      });
      location(await site.named({ client_id: 'approved' }));
      const bob = await site.named({ client_id: 'approved' }, basic('bob@example.com', password));
      assert.deepEqual(oauthError(bob), [
        400,
        'invalid_app_access',
        'user is not admin approved to access this app',
      ]);
    });

    it('says in a header why, and holds no credential there', async () => {
      const reply = await site.named({}, basic('alice@example.com', 's3cr3t-try'));
      assert.equal(header(reply, 'x-emulator-reason'), 'wrong password');
    });

    it('answers an unknown client and an unregistered redirect URI as text on every flow, never by a redirect', async () => {
      emulator.settings({ quirks: { authorizeErrorStyle: 'redirect' } });
      for (const type of ['Named-User', 'guest', 'passwordless-login', 'nonsense']) {
        const headers = { 'auth-request-type': type };
        const client = await site.authorize({ client_id: 'nobody' }, headers);
        assert.equal(client.status, 400);
        assert.match(header(client, 'content-type'), /^text\/plain/);
        assert.equal(
          client.text,
          'error=invalid_client_id&error_description=client%20identifier%20invalid',
        );
        const uri = await site.authorize({ redirect_uri: `${site.echo}/` }, headers);
        assert.equal(uri.status, 400);
        assert.equal(
          uri.text,
          'error=redirect_uri_mismatch&error_description=redirect_uri%20must%20match%20configuration',
        );
      }
    });

    it('answers invalid headers to an unknown Auth-Request-Type', async () => {
      for (const type of ['Guest-User', 'named-user', 'user_registration']) {
        const reply = await site.named({}, { 'auth-request-type': type });
        assert.deepEqual(oauthError(reply), [400, 'invalid_request', 'invalid headers'], type);
      }
    });

    it('answers the login page when no request type and no credentials in the body are sent', async () => {
      const reply = await site.authorize({}, basic('alice@example.com', password));
      assert.equal(reply.status, 200);
      assert.match(header(reply, 'content-type'), /^text\/html/);
      assert.match(reply.text, loginPage);
    });

    it('answers another response_type with unsupported_response_type', async () => {
      const reply = await site.named({ response_type: 'code' });
      assert.deepEqual(oauthError(reply).slice(0, 2), [400, 'unsupported_response_type']);
    });

    it('refuses other methods', async () => {
      const url = `${emulator.url}/services/oauth2/authorize`;
      const reply = await send(url, { method: 'PUT' });
      assert.equal(reply.status, 405);
      assert.equal(header(reply, 'allow'), 'GET, POST');
    });
  });
});
