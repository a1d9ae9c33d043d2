import assert from 'node:assert/strict';
import { EmulatorControl } from './emulator-control.js';
import { startInVain, startShop, type ShopProcess } from './shop-process.js';
import { Visitor } from './visitor.js';

const alice = 'alice@example.com';

describe('travel-shop: a site that wants an integration user’s token', function () {
  this.timeout(30_000);
  let shop: ShopProcess;
  let salesforce: EmulatorControl;
  let visitor: Visitor;

  before(async () => {
    shop = await startShop({ PRIVATE: '1' });
    salesforce = new EmulatorControl(shop.emulator);
  });
  after(() => shop.stop());
  beforeEach(async () => {
    visitor = new Visitor(shop.url);
    await salesforce.mend();
    await salesforce.forget();
  });

  it('sends codes for logins, without a reCAPTCHA', async () => {
    assert.doesNotMatch((await visitor.get('/login')).html, /recaptcha/);
    const { location } = await visitor.post('/login/code/send', {
      login_hint: alice,
      method: 'email',
    });
    assert.match(location ?? '', /^\/login\/code/);
    const code = await salesforce.codeFor(alice);
    assert.equal((await visitor.post('/login/code', { code })).location, '/saved');
    assert.match((await visitor.get('/account')).html, /<dd>alice@example\.com<\/dd>/);
  });

  it('sends codes for new passwords', async () => {
    await visitor.post('/forgot-password', { login_hint: 'bob@example.com' });
    const code = await salesforce.codeFor('bob@example.com');
    const fields = { code, newPassword: 'New-Kite-42' };
    assert.equal((await visitor.post('/forgot-password/code', fields)).location, '/saved');
  });

  it('sends codes for registrations', async () => {
    const email = 'nora@example.com';
    const form = { lastName: 'Example', email, password: 'Sunny-day-7', method: 'email' };
    await visitor.post('/register', form);
    const code = await salesforce.codeFor(email);
    assert.equal((await visitor.post('/register/code', { code })).location, '/saved');
  });

  it('says to the operator, and not to the visitor, that the token is not to be had', async () => {
    const other = await startShop({ PRIVATE: '1' });
    await new EmulatorControl(other.emulator).client('3MVG9.integration', {});
    const { status, html } = await new Visitor(other.url).post('/login/code/send', {
      login_hint: alice,
    });
    assert.equal(status, 503);
    assert.match(html, /<h1>Logging in is not possible right now<\/h1>/);
    assert.match(other.output.stderr, /integration_refused/);
    await other.stop();
  });

  const org = { SF_SITE: 'https://x.example', SF_CLIENT_ID: 'x' };
  const integration = { SF_INTEGRATION_CLIENT_ID: 'y', SF_INTEGRATION_CLIENT_SECRET: 'z' };
  const wrong: [string, Record<string, string>, RegExp][] = [
    [
      'an integration user without a secret',
      { ...org, SF_CLIENT_SECRET: 'x', SF_INTEGRATION_CLIENT_ID: 'y' },
      /SF_INTEGRATION_CLIENT_SECRET is needed/,
    ],
    ['an integration user without an org', integration, /SF_SITE is needed/],
    [
      'an integration user of a public client',
      { ...org, ...integration },
      /SF_CLIENT_SECRET is needed/,
    ],
    [
      'an integration user’s token from an address by http',
      {
        ...org,
        SF_CLIENT_SECRET: 'x',
        ...integration,
        SF_INTEGRATION_LOGIN_URL: 'http://x.example',
      },
      /SF_INTEGRATION_LOGIN_URL /,
    ],
    ['a secret of its own for a real org', { ...org, PRIVATE: '1' }, /PRIVATE is for the emulator/],
    ['web sessions by a word', { SF_HYBRID: 'yes' }, /SF_HYBRID must be 1/],
  ];
  for (const [what, environment, message] of wrong) {
    it(`given ${what} says so in one line and ends with 1`, async () => {
      const { code, stdout, stderr } = await startInVain(environment);
      assert.deepEqual([code, stdout], [1, '']);
      assert.match(stderr, message);
      assert.equal(stderr.trim().split('\n').length, 1);
    });
  }
});
