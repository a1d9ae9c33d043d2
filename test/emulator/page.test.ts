import assert from 'node:assert/strict';

import { startEmulator, type Emulator } from 'sf-headless-emulator';

import { members, send, Site } from './browserless.js';

describe('emulator: page for people', () => {
  let emulator: Emulator;
  let site: Site;

  before(async () => {
    emulator = await startEmulator();
    site = new Site(emulator);
  });
  after(() => emulator.close());

  it('shows users, sent codes and requests, without scripts', async () => {
    await site.startCode();
    const reply = await site.control('GET', '');
    assert.equal(reply.status, 200);
    const code = emulator.outbox()[0]?.code ?? '';
    for (const text of [
      code,
      'alice@example.com',
      'init/passwordless/login',
      'lang="en"',
      'scope="col"',
    ]) {
      assert.ok(reply.text.includes(text), text);
    }
    assert.doesNotMatch(reply.text, /<script/);
    assert.equal((await send(`${emulator.origin}/__emulator__`)).status, 200);
  });

  it('masks passwords, codes, tokens and headers of requests', async () => {
    const secrets = ['hunter2-body', 'hunter2-query', 'aPrxSecret==', 'hunter2-json', 'aHVudGVyMg'];
    await site.authorize({ username: 'a', password: 'hunter2-body' });
    await site.post('/services/oauth2/token?client_secret=hunter2-query', { code: 'aPrxSecret==' });
    await site.startCode({ recaptchaevent: { token: 'hunter2-json' } });
    await site.get('/services/oauth2/userinfo', { authorization: 'Basic aHVudGVyMg' });
    await site.get('/services/oauth2/userinfo?access_token=hunter2-query');
    const { text } = await site.control('GET', '');
    for (const secret of secrets) assert.equal(text.includes(secret), false, secret);
    assert.match(text, /password=•••/);
  });

  it('shows the newest 50 requests', async () => {
    for (let n = 0; n < 60; n += 1) await site.get(`/nowhere/${String(n)}`);
    const { text } = await site.control('GET', '');
    const shown = [...text.matchAll(/GET \/portal\/nowhere\/(\d+)</g)].map(([, n]) => Number(n));
    assert.deepEqual(
      shown,
      Array.from({ length: 50 }, (_, n) => 59 - n),
    );
  });

  it('needs no icon, as any page for people: the request for one would be logged', async () => {
    for (const path of ['/', '/login']) {
      assert.match((await site.get(path)).text, /<link rel="icon" href="data:,">/, path);
    }
    assert.match((await site.control('GET', '')).text, /<link rel="icon" href="data:,">/);
  });

  it('shows names as text, whatever they hold', async () => {
    emulator.user('<b>"x&y@example.com', {});
    await site.get('/<img>?a=<script>');
    const { text } = await site.control('GET', '');
    assert.ok(text.includes('&lt;b&gt;&quot;x&amp;y@example.com'));
    assert.doesNotMatch(text, /<img>|<script>/);
  });

  it('answers JSON elsewhere', async () => {
    assert.equal(typeof members(await site.control('GET', 'state'))['now'], 'number');
  });
});
