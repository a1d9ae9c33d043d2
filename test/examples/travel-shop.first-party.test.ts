import assert from 'node:assert/strict';
import { EmulatorControl } from './emulator-control.js';
import { startShop, type ShopProcess } from './shop-process.js';
import { Visitor, type Page } from './visitor.js';

const alice = 'alice@example.com';
const challenge = 'POST /services/oauth2/v1/authorization_challenge';

describe('travel-shop: a first-party login', function () {
  this.timeout(30_000);
  let shop: ShopProcess;
  let salesforce: EmulatorControl;
  let visitor: Visitor;

  before(async () => {
    shop = await startShop({ FIRST_PARTY: '1' });
    salesforce = new EmulatorControl(shop.emulator);
  });
  after(() => shop.stop());
  beforeEach(async () => {
    visitor = new Visitor(shop.url);
    await salesforce.forget();
  });

  const step = (fields: Record<string, string>): Promise<Page> =>
    visitor.post('/login/first-party', { recaptcha: 'x', returnTo: '/account', ...fields });

  it('takes a password, keeps what the guest had saved, and serves the account', async () => {
    await visitor.save('naxos-slow-week');
    await salesforce.forget();
    assert.equal((await step({ login_hint: alice, password: 'Passw0rd!' })).location, '/account');
    assert.ok((await salesforce.calls()).includes(challenge));
    const { html } = await visitor.get('/account');
    assert.match(html, /B-0001/);
    assert.match(html, /saved trip is now in your account/);
  });

  it('sends a code to whoever enters no password, and once more', async () => {
    const page = await step({ login_hint: 'B-0001', password: '', method: 'email' });
    assert.equal(page.status, 200);
    assert.match(page.html, /<h1>Type your code<\/h1>/);
    assert.match((await step({})).html, /a code is on its way by email/);
    const wrong = await step({ code: 'abcdef' });
    assert.equal(wrong.status, 401);
    assert.match(wrong.html, /<a href="#code">The code is not right, or no longer valid\./);
    const { location } = await step({ code: await salesforce.codeFor(alice) });
    assert.equal(location, '/account');
  });

  it('with a wrong password gives the form back, and takes the right one', async () => {
    const { status, html } = await step({ login_hint: alice, password: 'open-sesame' });
    assert.equal(status, 401);
    assert.match(
      html,
      /<a href="#password">That email address or order number and password do not match\./,
    );
    assert.doesNotMatch(html, /open-sesame/);
    assert.equal((await step({ login_hint: alice, password: 'Passw0rd!' })).location, '/account');
  });

  it('names the field that is empty', async () => {
    const { status, html } = await step({ login_hint: '', password: '' });
    assert.equal(status, 400);
    assert.match(html, /<a href="#username">Enter your email address or order number\./);
  });

  describe('of somebody new', () => {
    const register = (fields: Record<string, string>): Promise<Page> =>
      visitor.post('/register/first-party', { recaptcha: 'x', returnTo: '/account', ...fields });
    const form = (email: string) => ({
      ...{ firstName: 'Nora', lastName: 'Example', email, password: 'Sunny-day-7' },
      ...{ method: 'email', mobilePhone: '' },
    });

    it('registers by a code, keeps what the guest had saved, and logs in', async () => {
      await visitor.save('naxos-slow-week');
      const link = /href="(\/register\/first-party\?[^"]*)"/;
      const [, path = ''] = link.exec((await visitor.get('/login/first-party')).html) ?? [];
      assert.match((await visitor.get(path)).html, /action="\/register\/first-party"/);
      await salesforce.forget();

      const page = await register(form('nora@example.com'));
      assert.equal(page.status, 200);
      assert.match(page.html, /<h1>Confirm your account<\/h1>/);
      assert.doesNotMatch(page.html, /Sunny-day-7/);
      assert.deepEqual(await salesforce.calls(), [challenge]);
      const code = await salesforce.codeFor('nora@example.com');
      assert.equal((await register({ code })).location, '/account');
      const { html } = await visitor.get('/account');
      assert.match(html, /Welcome! Your account is ready\./);
      assert.match(html, /<dd>nora@example\.com<\/dd>/);
      assert.match(html, /saved trip is now in your account/);
    });

    it('takes a wrong code for what it is, and sends another', async () => {
      await register(form('olga@example.com'));
      const wrong = await register({ code: 'abcdef' });
      assert.equal(wrong.status, 401);
      assert.match(wrong.html, /<a href="#code">The code is not right, or no longer valid\./);
      const again = await register({});
      assert.match(again.html, /A code is on its way by email/);
      assert.ok((await salesforce.messagesTo('olga@example.com')) > 1);
      const code = await salesforce.codeFor('olga@example.com');
      assert.equal((await register({ code })).location, '/account');
    });

    it('names the fields that are empty or refused, and shows the rest again', async () => {
      const empty = await register(form(''));
      assert.equal(empty.status, 400);
      assert.match(empty.html, /<a href="#email">Enter your email address\./);
      assert.match(empty.html, /value="Nora"/);
      const weak = await register({ ...form('pia@example.com'), password: 'weak' });
      assert.match(weak.html, /<a href="#password">/);
      assert.match(weak.html, /value="pia@example\.com"/);
    });
  });

  it('leaves the other ways to log in as they are', async () => {
    assert.match((await visitor.get('/login')).html, /href="\/login\/first-party\?/);
    assert.equal((await visitor.logIn(alice)).location, '/saved');
    assert.match((await visitor.get('/bookings')).html, /B-0001/);
  });

  it('is there only when it is switched on', async () => {
    const other = await startShop();
    const stranger = new Visitor(other.url);
    assert.equal((await stranger.get('/login/first-party')).status, 404);
    assert.equal((await stranger.get('/register/first-party')).status, 404);
    assert.doesNotMatch((await stranger.get('/login')).html, /first-party/);
    await other.stop();
  });
});
