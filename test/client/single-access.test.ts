import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import { request as send } from 'undici';
import { HeadlessClient, type HeadlessClientOptions } from '../../lib/index.js';
import { Issuer } from '../support/issuer.js';
import { clientFor } from '../support/shop.js';
import { rejects } from './rejects.js';

const alice = { username: 'alice@example.com', password: 'Passw0rd!' };
const endpoint = '/services/oauth2/singleaccess';
const token = '00Dxx0000001gPL!AQEAQ.alive';

describe('the link into the site', () => {
  let emulator: Emulator;
  let issuer: Issuer;
  const clients: HeadlessClient[] = [];
  before(async () => {
    [emulator, issuer] = await Promise.all([startEmulator(), Issuer.start()]);
  });
  after(async () => {
    await Promise.all([emulator.close(), issuer.close()]);
  });
  beforeEach(() => {
    emulator.reset();
    issuer.requests.length = 0;
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) await client.close();
  });
  const clientWith = (options: Partial<HeadlessClientOptions> = {}): HeadlessClient => {
    const client = clientFor(emulator, { scope: 'api openid web', ...options });
    clients.push(client);
    return client;
  };
  /** A client of a made-up site, which answers as told. */
  const against = (status: number, body: object | string): HeadlessClient => {
    if (typeof body === 'string') issuer.text(endpoint, status, body);
    else issuer.json(endpoint, status, body);
    return clientWith({ site: issuer.origin, issuers: ['https://acme.my.salesforce.com'] });
  };

  it('logs a browser in on the site, once, at the page that was asked for', async () => {
    const client = clientWith();
    const { tokens } = await client.login(alice);
    const link = await client.singleAccess(tokens.accessToken, '/account', { scope: tokens.scope });
    const { headers, statusCode } = await send(link);
    assert.equal(statusCode, 302);
    assert.equal(headers['location'], `${emulator.url}/account`);
    assert.match(String(headers['set-cookie']), /,sid=00D/);
    const again = await send(link);
    assert.doesNotMatch(String(again.headers['set-cookie']), /,sid=/);
  });

  const leads = (path: string | undefined, to: string): void => {
    it(`leads from ${String(path)} to {site}${to}`, async () => {
      const client = clientWith();
      const { tokens } = await client.login(alice);
      const link = await client.singleAccess(tokens.accessToken, path);
      const { headers } = await send(link);
      assert.equal(headers['location'], emulator.url + to);
    });
  };
  leads(undefined, '/');
  leads('', '/');
  leads('/', '/');
  leads('account', '/account');
  leads(
    '/a/../b?tab=1&to=https%3A%2F%2Fexample.com#top',
    '/b?tab=1&to=https%3A%2F%2Fexample.com#top',
  );
  leads('/portal/account', '/portal/account');
  leads('/Größe und Maß', '/Gr%C3%B6%C3%9Fe%20und%20Ma%C3%9F');

  it('is asked for by POST, with the token in a header and nowhere else', async () => {
    const client = clientWith();
    const { tokens } = await client.login(alice);
    await client.singleAccess(tokens.accessToken, '/account');
    const call = emulator.log().at(-1);
    assert.equal(call?.path, `/portal${endpoint}`);
    assert.equal(call.headers['authorization'], `Bearer ${tokens.accessToken}`);
    assert.equal(call.query, '');
    assert.deepEqual([...new URLSearchParams(call.body)], [['redirect_uri', '/portal/account']]);
  });

  it('is asked for where the tokens say the site is', async () => {
    const client = clientWith({ site: emulator.origin });
    const { tokens } = await client.login(alice);
    const base = tokens.communityUrl;
    const link = await client.singleAccess(tokens.accessToken, '/account', { base });
    assert.equal(emulator.log().at(-1)?.path, `/portal${endpoint}`);
    assert.equal((await send(link)).headers['location'], `${emulator.url}/account`);
  });

  it('is asked for on no other host', async () => {
    const client = clientWith();
    await rejects(client.singleAccess(token, '/', { base: issuer.origin }), 'untrusted_host');
    await rejects(client.singleAccess(token, '/', { base: 'portal' }), 'invalid_argument');
    assert.deepEqual([issuer.requests, emulator.log()], [[], []]);
  });

  for (const path of [
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    'javascript:alert(1)',
    '/../admin',
    '/%2e%2e/admin',
    '/a/..%2f..%2fadmin',
    '/.//evil.example',
    '/a\r\nb',
    '/\t/evil.example',
    42 as unknown as string,
    null as unknown as string,
  ]) {
    it(`leads nowhere but inside the site: ${JSON.stringify(path)} is refused`, async () => {
      await rejects(clientWith().singleAccess(token, path), 'invalid_argument');
      assert.deepEqual(emulator.log(), []);
    });
  }

  describe('needs the scope `web` or `full`', () => {
    it('which is looked for before any call, when the scopes are known', async () => {
      const client = clientWith({ scope: 'api openid' });
      const { tokens } = await client.login(alice);
      emulator.clearLog();
      const { scope } = tokens;
      const error = await rejects(
        client.singleAccess(tokens.accessToken, '/', { scope }),
        'scope_missing',
      );
      assert.equal(error.fault, 'configuration');
      assert.match(error.hint ?? '', /`web`/);
      assert.deepEqual(emulator.log(), []);
    });
    it('which Salesforce looks for when they are not', async () => {
      const client = clientWith({ scope: 'api openid' });
      const { tokens } = await client.login(alice);
      await rejects(client.singleAccess(tokens.accessToken, '/'), 'scope_missing');
      await rejects(client.singleAccess(tokens.accessToken, '/', { scope: [] }), 'scope_missing');
    });
  });

  it('is refused to a token that has ended, with the known conflict with JWTs in the hint', async () => {
    const client = clientWith();
    const { tokens } = await client.login(alice);
    await client.revoke(tokens.accessToken);
    const error = await rejects(client.singleAccess(tokens.accessToken), 'access_token_refused');
    assert.match(error.hint ?? '', /JWT-based access tokens/);
    await rejects(client.singleAccess(''), 'invalid_argument');
  });

  for (const [word, code] of Object.entries({
    Missing_OAuth_Token: 'access_token_refused',
    Bad_OAuth_Token: 'access_token_refused',
    Invalid_Scope: 'scope_missing',
    Invalid_Param: 'invalid_argument',
    No_Access: 'access_denied',
    Wrong_Org: 'access_denied',
    Something_New: 'unexpected_answer',
  } as const)) {
    it(`means ${code} when Salesforce says ${word}, as bare text or as JSON`, async () => {
      await rejects(against(403, word).singleAccess(token), code);
      await rejects(against(403, { error: word }).singleAccess(token), code);
    });
  }

  describe('is taken only when it leads to a host that is trusted', () => {
    it('the site’s, also without a scheme, and an issuer’s', async () => {
      const { host, origin } = new URL(issuer.origin);
      for (const [given, link] of [
        [`${origin}/secur/frontdoor.jsp?otp=x`, `${origin}/secur/frontdoor.jsp?otp=x`],
        [`${host}/secur/frontdoor.jsp?otp=x`, `${origin}/secur/frontdoor.jsp?otp=x`],
        ['https://acme.my.salesforce.com/x', 'https://acme.my.salesforce.com/x'],
      ]) {
        assert.equal(await against(200, { frontdoor_uri: given }).singleAccess(token), link);
      }
    });
    for (const given of [
      'https://evil.example/secur/frontdoor.jsp?otp=x',
      'evil.example/secur/frontdoor.jsp?otp=x',
      'https://acme.my.salesforce.com@evil.example/',
      'https://user@acme.my.salesforce.com/',
      'http://acme.my.salesforce.com/',
      '/secur/frontdoor.jsp?otp=x',
      '//evil.example/',
      'javascript:alert(1)',
      'blob:https://acme.my.salesforce.com/x',
    ]) {
      it(`${given} is refused`, async () => {
        await rejects(against(200, { frontdoor_uri: given }).singleAccess(token), 'untrusted_host');
      });
    }
    it('and an answer without one is not understood', async () => {
      await rejects(against(200, {}).singleAccess(token), 'unexpected_answer');
      await rejects(against(200, { frontdoor_uri: 1 }).singleAccess(token), 'unexpected_answer');
    });
  });
});
