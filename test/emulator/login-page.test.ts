import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import { header, password, send, type Form } from './browserless.js';
import { CookieVisitor, hidden } from './cookie-visitor.js';
import { selfSigned } from './certificate.js';
import { Agent } from 'undici';

describe('emulator: login page', () => {
  let emulator: Emulator;
  let visitor: CookieVisitor;

  before(async () => {
    emulator = await startEmulator();
  });
  beforeEach(() => {
    emulator.reset();
    visitor = new CookieVisitor(emulator);
  });
  after(() => emulator.close());

  const page = (query = '') => visitor.go(`${emulator.url}/login${query}`);
  const post = (form: Form) => visitor.send(`${emulator.url}/login`, form);

  it('logs in with a cookie that scripts cannot read, and lands where it says who is logged in', async () => {
    const form = await page();
    const reply = await post({
      formToken: hidden(form, 'formToken'),
      startURL: '',
      username: 'Alice@Example.com',
      password,
    });
    assert.equal(reply.status, 302);
    assert.equal(header(reply, 'location'), `${emulator.url}/`);
    const lines = [reply.headers['set-cookie'] ?? []].flat();
    const cookie = lines.find((line) => line.startsWith('sid=')) ?? '';
    assert.match(cookie, /^sid=00Dxx0000001gPL!AQ[\w.]+; Path=\/portal; HttpOnly; SameSite=Lax$/);
    const home = await visitor.send(`${emulator.url}/`);
    assert.match(home.text, /logged in on the site as <strong>alice@example\.com</);
    assert.match((await visitor.send(`${emulator.url}/trips/7`)).text, /alice@example\.com/);
  });

  it('is where every page but the home page sends a stranger, and leads back to it', async () => {
    assert.equal((await visitor.send(`${emulator.url}/`)).status, 200);
    const arrival = await visitor.go(`${emulator.url}/trips/7?from=mail`);
    assert.deepEqual(arrival.way, ['/trips/7', '/login']);
    const back = await visitor.fillIn(arrival);
    assert.equal(back.url.href, `${emulator.url}/trips/7?from=mail`);
    assert.equal(back.reply.status, 200);
  });

  it('leads to no other host', async () => {
    for (const startUrl of [
      'https://evil.example.com/',
      '//evil.example.com/',
      '/\\evil.example.com/',
      '\\\\evil.example.com',
      'javascript:alert(1)',
      '/portal/..//evil.example.com',
      '/\tevil',
      '\n//evil.example.com',
    ]) {
      const form = await page(`?startURL=${encodeURIComponent(startUrl)}`);
      assert.equal((await visitor.fillIn(form)).url.href, `${emulator.url}/`, startUrl);
    }
  });

  it('says the same to everyone who is not let in, and keeps the username but not the password', async () => {
    emulator.user('locked@example.com', { password, isLocked: true });
    emulator.user('gone@example.com', { password, isActive: false });
    emulator.user('mfa@example.com', { password, isMfaRequired: true });
    emulator.user('keyless@example.com', {});
    const texts = new Set<string>();
    for (const [username, secret] of [
      ['alice@example.com', 'wrong-Secret1'],
      ['nobody@example.com', password],
      ['locked@example.com', password],
      ['gone@example.com', password],
      ['mfa@example.com', password],
      ['keyless@example.com', ''],
    ] as const) {
      const { reply, way } = await visitor.fillIn(await page(), username, secret);
      assert.equal(reply.status, 200);
      assert.deepEqual(way, ['/login']);
      assert.match(reply.text, /role="alert"/);
      assert.ok(reply.text.includes(`value="${username}"`));
      if (secret !== '') assert.equal(reply.text.includes(secret), false);
      texts.add(reply.text.replace(username, ''));
    }
    assert.equal(texts.size, 1);
    assert.equal(visitor.cookies.has('sid'), false);
  });

  it('lets an expired password in, unless quirks.enforceExpiredPasswords is on', async () => {
    emulator.user('old@example.com', { password, passwordExpired: true });
    await visitor.logIn('old@example.com');
    assert.equal(visitor.cookies.has('sid'), true);
    emulator.settings({ quirks: { enforceExpiredPasswords: true } });
    const other = new CookieVisitor(emulator);
    await other.logIn('old@example.com');
    assert.equal(other.cookies.has('sid'), false);
  });

  it('takes no form that another site made up', async () => {
    const form = await page();
    const credentials = { username: 'alice@example.com', password };
    const elsewhere = await send(`${emulator.url}/login`, {
      method: 'POST',
      body: new URLSearchParams({
        ...credentials,
        formToken: hidden(form, 'formToken'),
      }).toString(),
    });
    assert.match(elsewhere.text, /role="alert"/);
    assert.match((await post(credentials)).text, /role="alert"/);
    assert.match((await post({ ...credentials, formToken: 'x' })).text, /role="alert"/);
    const fetched = await send(`${emulator.url}/login`, {
      method: 'POST',
      headers: { origin: 'http://localhost:3000' },
    });
    assert.equal(fetched.status, 403);
  });

  it('replaces the session of the browser, so that an older sid is worth nothing', async () => {
    await visitor.logIn();
    const first = visitor.cookies.get('sid') ?? '';
    await visitor.logIn('bob@example.com');
    assert.notEqual(visitor.cookies.get('sid'), first);
    const reply = await send(`${emulator.url}/x`, { headers: { cookie: `sid=${first}` } });
    assert.equal(reply.status, 302);
  });

  it('finds its sid beside one of another app on the same host', async () => {
    await visitor.logIn();
    const cookie = `sid=s%3Aother; a=b; sid=${visitor.cookies.get('sid') ?? ''}`;
    const reply = await send(`${emulator.url}/x`, { headers: { cookie } });
    assert.equal(reply.status, 200);
  });

  it('has a button for every provider, the username of login_hint, no script and no frame', async () => {
    emulator.settings({ sso: { providers: { 'A&B': { username: 'x', outcome: 'login' } } } });
    const { reply } = await visitor.authorize({ login_hint: '"><script>' });
    assert.match(reply.text, />Log in with Google_Customers</);
    assert.match(reply.text, /href="\/portal\/services\/auth\/sso\/A%26B\?startURL=/);
    assert.ok(reply.text.includes('value="&quot;&gt;&lt;script&gt;"'));
    assert.doesNotMatch(reply.text, /<script/);
    assert.equal(header(reply, 'x-frame-options'), 'DENY');
  });

  it('does not take the place of endpoints that do not exist', async () => {
    assert.equal((await visitor.send(`${emulator.url}/services/nothing`)).status, 404);
    assert.equal((await visitor.send(`${emulator.url}//x`)).status, 404);
    assert.equal((await visitor.send(`${emulator.origin}/x`)).status, 404);
  });

  it('sets Secure cookies over HTTPS', async () => {
    const { key, cert } = selfSigned();
    const secure = await startEmulator({ tls: { key, cert } });
    const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
    const reply = await send(`${secure.url}/login`, { dispatcher });
    await dispatcher.close();
    await secure.close();
    assert.match(String(reply.headers['set-cookie']), /HttpOnly; SameSite=None; Secure/);
  });
});
