import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import {
  bearer,
  header,
  location,
  members,
  parsed,
  password,
  record,
  send,
  Site,
  textOf,
  uuid,
} from './browserless.js';

const invalidSession = [{ message: 'Session expired or invalid', errorCode: 'INVALID_SESSION_ID' }];

describe('emulator: endpoints behind the login', () => {
  let emulator: Emulator;
  let site: Site;
  let token: string;

  before(async () => {
    emulator = await startEmulator();
    site = new Site(emulator);
  });
  beforeEach(async () => {
    token = textOf(await site.login(), 'access_token');
  });
  afterEach(() => emulator.reset());
  after(() => emulator.close());

  describe('echo', () => {
    it('answers the parameters of the callback, decoded, as JSON', async () => {
      const url = location(await site.named({ state: 'a b' }));
      const reply = await send(url.href);
      assert.equal(reply.status, 200);
      assert.match(header(reply, 'content-type'), /^application\/json/);
      assert.deepEqual(members(reply), {
        code: url.searchParams.get('code'),
        sfdc_community_url: emulator.url,
        sfdc_community_id: '0DBxx0000004C9IGAU',
        state: 'a b',
      });
    });

    it('answers 400 with error and description when the callback is an error', async () => {
      const reply = await site.get(
        '/services/oauth2/echo?error=invalid_grant&error_description=no%20way&code=x',
      );
      assert.equal(reply.status, 400);
      assert.deepEqual(members(reply), { error: 'invalid_grant', error_description: 'no way' });
    });

    it('is for GET only', async () => {
      assert.equal((await site.post('/services/oauth2/echo', { code: 'x' })).status, 405);
    });
  });

  describe('userinfo', () => {
    it('answers GET and POST with the facts about the user', async () => {
      for (const reply of [
        await site.userinfo(token),
        await site.post('/services/oauth2/userinfo', {}, bearer(token)),
        await site.post('/services/oauth2/userinfo', { access_token: token }),
      ]) {
        const info = members(reply);
        assert.equal(reply.status, 200);
        assert.equal(info['preferred_username'], 'alice@example.com');
        assert.equal(info['email_verified'], true);
        assert.equal(info['given_name'], 'Alice');
        assert.equal(info['phone_number'], '+12025550101');
        assert.equal(info['organization_id'], '00Dxx0000001gPLEAY');
        const id = String(info['user_id']);
        assert.equal(info['sub'], `${emulator.url}/id/00Dxx0000001gPLEAY/${id}`);
        assert.equal(id, emulator.state().users['alice@example.com']?.userId);
        assert.match(String(record(info['urls'])['rest']), /\/services\/data\/v\{version\}\//);
      }
    });

    it('answers 403 and a bare word without a token and with a dead one', async () => {
      const none = await site.get('/services/oauth2/userinfo');
      assert.deepEqual([none.status, none.text], [403, 'Missing_OAuth_Token']);
      assert.match(header(none, 'content-type'), /^text\/plain/);
      const bad = await site.userinfo('00D!bad');
      assert.deepEqual([bad.status, bad.text], [403, 'Bad_OAuth_Token']);
      emulator.clock(1801);
      assert.equal((await site.userinfo(token)).text, 'Bad_OAuth_Token');
    });

    it('knows nobody who is gone or inactive', async () => {
      emulator.user('alice@example.com', { password, isActive: false });
      assert.equal((await site.userinfo(token)).status, 403);
      emulator.deleteUser('alice@example.com');
      assert.equal((await site.userinfo(token)).status, 403);
    });
  });

  describe('the identity URL', () => {
    it('answers the user of the token in the older spelling', async () => {
      const id = textOf(await site.login(), 'id');
      const reply = await send(id, { headers: bearer(token) });
      const facts = members(reply);
      assert.equal(facts['id'], id);
      assert.equal(facts['username'], 'alice@example.com');
      assert.equal(facts['display_name'], 'Alice Example');
      assert.match(String(record(facts['urls'])['rest']), /v\{version\}/);
      const latest = members(await send(`${id}?version=latest`, { headers: bearer(token) }));
      assert.match(String(record(latest['urls'])['rest']), /v\d+\.0\//);
    });

    it('answers 403 without a live token, for another org and another user', async () => {
      const id = textOf(await site.login(), 'id');
      const bob = emulator.state().users['bob@example.com']?.userId ?? '';
      assert.equal((await send(id)).text, 'Missing_OAuth_Token');
      const org = id.replace('00Dxx0000001gPLEAY', '00Dxx0000001gPMEAY');
      assert.equal((await send(org, { headers: bearer(token) })).text, 'Wrong_Org');
      const other = await send(id.replace(/[^/]+$/, bob), { headers: bearer(token) });
      assert.equal(other.status, 403);
    });
  });

  describe('revoke', () => {
    const path = '/services/oauth2/revoke';

    it('ends an access token alone, by POST and by GET', async () => {
      const login = await site.login();
      const other = textOf(login, 'access_token');
      const reply = await site.post(path, { token: other, revoke_reason: 'user_logout' });
      assert.deepEqual([reply.status, reply.text], [200, '']);
      assert.equal((await site.userinfo(other)).status, 403);
      assert.equal((await site.refresh(textOf(login, 'refresh_token'))).status, 200);
      assert.equal((await site.get(`${path}?token=${encodeURIComponent(token)}`)).status, 200);
      assert.equal((await site.userinfo(token)).status, 403);
    });

    it('ends a refresh token with the access tokens issued under it', async () => {
      const login = await site.login();
      const refreshToken = textOf(login, 'refresh_token');
      const renewed = textOf(await site.refresh(refreshToken), 'access_token');
      assert.equal((await site.post(path, { token: refreshToken })).status, 200);
      for (const value of [renewed, textOf(login, 'access_token')]) {
        assert.equal((await site.userinfo(value)).status, 403);
      }
      assert.equal((await site.refresh(refreshToken)).status, 400);
      assert.equal((await site.userinfo(token)).status, 200);
    });

    it('ends a guest token', async () => {
      const guest = await site.guestToken(uuid());
      assert.equal((await site.post(path, { token: guest })).status, 200);
      const reply = await site.get('/services/data/v62.0/limits', bearer(guest));
      assert.equal(reply.status, 401);
    });

    it('answers invalid_token to unknown, revoked and expired ones', async () => {
      assert.equal((await site.post(path, { token })).status, 200);
      const expired = textOf(await site.login(), 'access_token');
      emulator.clock(1801);
      for (const value of ['nonsense', token, expired]) {
        const reply = await site.post(path, { token: value });
        assert.deepEqual([reply.status, members(reply)['error']], [400, 'invalid_token']);
      }
    });

    it('answers unsupported_token_type to another hint and invalid_request without a token', async () => {
      const other = await site.post(path, { token, token_type_hint: 'id_token' });
      assert.deepEqual([other.status, members(other)['error']], [400, 'unsupported_token_type']);
      assert.equal((await site.post(path, {})).status, 400);
    });

    it('answers JSONP to callback=, and refuses a callback that is no name', async () => {
      const value = encodeURIComponent(token);
      const bad = await site.get(`${path}?token=${value}&callback=alert(1)//`);
      assert.equal(bad.status, 400);
      const reply = await site.get(`${path}?token=${value}&callback=done`);
      assert.deepEqual([reply.status, reply.text], [200, 'done({})']);
      const again = await site.get(`${path}?token=${value}&callback=done`);
      assert.match(again.text, /^done\(\{"error":"invalid_token"/);
    });
  });

  describe('discovery', () => {
    it('names the origin as issuer and the endpoints of the site, alike under every prefix', async () => {
      const document = await site.get('/.well-known/openid-configuration');
      const {
        issuer,
        token_endpoint: tokenEndpoint,
        jwks_uri: jwksUri,
        ...rest
      } = members(document);
      assert.equal(issuer, emulator.origin);
      assert.equal(tokenEndpoint, `${emulator.url}/services/oauth2/token`);
      assert.equal((await send(String(jwksUri))).status, 200);
      for (const absent of [
        'grant_types_supported',
        'code_challenge_methods_supported',
        'authorization_challenge_endpoint',
      ]) {
        assert.equal(absent in rest, false);
      }
      assert.deepEqual(rest['response_types_supported'], ['code', 'token', 'token id_token']);
      const atOrigin = await send(`${emulator.origin}/.well-known/openid-configuration`);
      assert.equal(atOrigin.text, document.text);
    });

    it('shows the auth configuration, and answers 401 to other well-known documents', async () => {
      const configuration = members(await site.get('/.well-known/auth-configuration'));
      assert.equal(configuration['Url'], emulator.url);
      assert.deepEqual(configuration['AuthProviders'], [
        { Name: 'Google_Customers', SsoUrl: `${emulator.url}/services/auth/sso/Google_Customers` },
      ]);
      assert.equal((await site.get('/.well-known/oauth-authorization-server')).status, 401);
    });

    it('publishes the same keys at both paths: one for id_tokens, one for access tokens', async () => {
      const keys = await site.get('/id/keys');
      assert.equal((await site.get('/services/oauth2/id/keys')).text, keys.text);
      const list = members(keys)['keys'];
      assert.ok(Array.isArray(list));
      const kids = list.map(record).map((key) => {
        assert.deepEqual(
          [key['kty'], key['alg'], key['use'], 'd' in key],
          ['RSA', 'RS256', 'sig', false],
        );
        return key['kid'];
      });
      assert.equal(kids[0], '236');
      assert.match(String(kids[1]), /^CORE_ATJWT\.00Dxx0000001gPL\.\d+$/);
    });
  });

  describe('REST API', () => {
    it('answers a query with the records of the object after FROM, by GET and by POST', async () => {
      const soql = 'select Name from Booking__c where Nights__c > 1';
      const path = '/services/data/v62.0/query';
      const get = await site.get(`${path}?q=${encodeURIComponent(soql)}`, bearer(token));
      const answer = members(get);
      assert.equal(answer['totalSize'], 3);
      assert.equal(answer['done'], true);
      assert.deepEqual((await site.post(path, { q: soql }, bearer(token))).text, get.text);
      const none = await site.get(`${path}?q=SELECT+Id+FROM+Account`, bearer(token));
      assert.deepEqual(members(none), { totalSize: 0, done: true, records: [] });
    });

    it('says at any other path who called it', async () => {
      const reply = await send(`${emulator.url}/services/data/v58.0/sobjects/Cart__c/1`, {
        method: 'PATCH',
        headers: bearer(token),
        body: '{}',
      });
      assert.deepEqual(members(reply), {
        method: 'PATCH',
        path: '/services/data/v58.0/sobjects/Cart__c/1',
        user: 'alice@example.com',
      });
    });

    it('says how many calls of the day are used', async () => {
      for (const path of ['query?q=SELECT+Id+FROM+Account', 'limits']) {
        const reply = await site.get(`/services/data/v62.0/${path}`, bearer(token));
        assert.equal(header(reply, 'sforce-limit-info'), 'api-usage=18/15000');
      }
    });

    it('answers 401 INVALID_SESSION_ID without a live token', async () => {
      for (const path of ['query?q=SELECT+Id+FROM+User', 'limits', 'sobjects/User/005/password']) {
        for (const headers of [{}, bearer('no')]) {
          const reply = await site.get(`/services/data/v62.0/${path}`, headers);
          assert.equal(reply.status, 401);
          assert.deepEqual(parsed(reply), invalidSession);
        }
      }
    });

    it('tells whether a password is expired', async () => {
      const old = emulator.user('old@example.com', { password, passwordExpired: true });
      const alice = emulator.state().users['alice@example.com']?.userId ?? '';
      const status = async (id: string) =>
        site.get(`/services/data/v62.0/sobjects/User/${id}/password`, bearer(token));
      assert.deepEqual(members(await status(old.userId)), {
        method: 'GET',
        path: `/services/data/v62.0/sobjects/User/${old.userId}/password`,
        user: 'alice@example.com',
        isExpired: true,
      });
      assert.equal(members(await status(alice))['isExpired'], false);
      assert.equal('isExpired' in members(await status('005xx0000000000AAA')), false);
    });
  });
});
