import assert from 'node:assert/strict';
import { EmulatorControl } from './emulator-control.js';
import { SalesforceSite } from './salesforce-site.js';
import { startShop, type ShopProcess } from './shop-process.js';
import { Visitor } from './visitor.js';

const alice = 'alice@example.com';
const query = 'GET /services/data/v62.0/query';
const singleAccess = 'POST /services/oauth2/singleaccess';
const revoke = 'POST /services/oauth2/revoke';

describe('travel-shop: the account', function () {
  this.timeout(30_000);
  let shop: ShopProcess;
  let salesforce: EmulatorControl;
  let visitor: Visitor;

  before(async () => {
    shop = await startShop();
    salesforce = new EmulatorControl(shop.emulator);
  });
  after(() => shop.stop());
  beforeEach(async () => {
    visitor = new Visitor(shop.url);
    await salesforce.mend();
    assert.equal((await visitor.logIn(alice)).location, '/saved');
    await salesforce.forget();
  });

  it('says who is logged in, and lists the bookings that Salesforce has', async () => {
    const { status, html, headers } = await visitor.get('/account');
    assert.equal(status, 200);
    assert.equal(headers.get('cache-control'), 'no-store');
    assert.match(html, /<dt>Name<\/dt><dd>Alice Example<\/dd>/);
    assert.match(html, /<dt>Username<\/dt><dd>alice@example\.com<\/dd>/);
    for (const name of ['B-0001', 'B-0002', 'B-0003']) assert.ok(html.includes(name));
    assert.deepEqual(await salesforce.calls(), [query]);
  });

  it('shows a booking that was made after the login', async () => {
    await salesforce.user('eve@example.com', { password: 'Passw0rd!' });
    const eve = new Visitor(shop.url);
    await eve.logIn('eve@example.com');
    assert.match((await eve.get('/account')).html, /You have not booked with us yet/);
    const records = { Booking__c: [{ Name: 'E-0001' }] };
    await salesforce.user('eve@example.com', { password: 'Passw0rd!', records });
    assert.match((await eve.get('/account')).html, /Booking <strong>E-0001<\/strong>/);
  });

  it('is for customers only', async () => {
    const stranger = new Visitor(shop.url);
    for (const path of ['/account', '/bookings']) {
      const { location } = await stranger.get(path);
      assert.equal(location, `/login?${String(new URLSearchParams({ returnTo: path }))}`);
    }
    const { location } = await stranger.post('/account/site');
    assert.equal(location, '/login?returnTo=%2Faccount');
  });

  it('is there although the bookings cannot be read', async () => {
    await salesforce.breakWith({ match: query, fault: 'status' });
    const { status, html } = await visitor.get('/account');
    assert.equal(status, 200);
    assert.match(html, /could not be read right now/);
    assert.match(html, /Alice Example/);
  });

  it('opens the site for the customer, by an address that is good for one visit', async () => {
    const { status, location = '', headers } = await visitor.post('/account/site');
    assert.equal(status, 303);
    assert.equal(headers.get('cache-control'), 'no-store');
    const browser = new SalesforceSite(shop.emulator);
    const { html } = await browser.open(location);
    assert.match(html, /logged in on the site as <strong>alice@example\.com<\/strong>/);
    assert.match(html, /<code>\/portal\/account<\/code>/);
    const thief = new SalesforceSite(shop.emulator);
    assert.doesNotMatch((await thief.open(location)).html, /alice/);
  });

  it('is opened on the site by a button of the shop alone', async () => {
    assert.equal((await visitor.get('/account/site')).status, 404);
    const elsewhere = { 'sec-fetch-site': 'cross-site', origin: 'https://example.org' };
    assert.equal((await visitor.post('/account/site', {}, elsewhere)).status, 403);
    assert.deepEqual(await salesforce.calls(), []);
  });

  it('lets the browser follow that button and the logout to the site, and no other form to it', async () => {
    const policy = String((await visitor.get('/account')).headers.get('content-security-policy'));
    const [, targets] = /form-action ([^;]+)/.exec(policy) ?? [];
    assert.equal(targets, `'self' ${shop.emulator ?? ''}`);
  });

  describe('the logout', () => {
    it('ends the login at Salesforce', async () => {
      const { location } = await visitor.post('/logout');
      assert.equal(location, '/logged-out');
      assert.deepEqual(await salesforce.calls(), [revoke]);
    });

    it('ends the site’s session as well, when the site was opened', async () => {
      const browser = new SalesforceSite(shop.emulator);
      await browser.open((await visitor.post('/account/site')).location ?? '');
      const { location = '' } = await visitor.post('/logout');
      assert.match((await browser.open(location)).html, /You are logged out/);
      const account = await browser.open(`${shop.emulator ?? ''}/portal/account`);
      assert.doesNotMatch(account.html, /alice/);
      assert.deepEqual([...visitor.cookies], []);
    });
  });

  describe('after the access token has ended', () => {
    it('is read with a new one, and nobody notices', async () => {
      await salesforce.breakWith({ match: query, fault: 'status', status: 401, times: 1 });
      const { status, html } = await visitor.get('/account');
      assert.equal(status, 200);
      assert.match(html, /B-0001/);
      assert.deepEqual(await salesforce.calls(), [query, 'POST /services/oauth2/token', query]);
    });

    describe('and no new one is to be had', () => {
      const refused = { error: 'invalid_grant', error_description: 'expired access/refresh token' };
      const renewal = { match: 'POST /services/oauth2/token' };
      const noRenewal = { ...renewal, fault: 'status', status: 400, body: refused };
      const deadForTheApi = { match: query, fault: 'status', status: 401 };
      const deadForTheSite = {
        match: singleAccess,
        fault: 'status',
        status: 403,
        body: 'Bad_OAuth_Token',
      };

      const ends: [string, object][] = [
        ['Salesforce has ended the login', noRenewal],
        ['the answer to the renewal is lost', { ...renewal, fault: 'reset', after: true }],
      ];
      for (const [why, fault] of ends) {
        it(`leads to the login page, kindly, and back, because ${why}`, async () => {
          await salesforce.breakWith(deadForTheApi, fault);
          const { status, location = '' } = await visitor.get('/bookings');
          assert.equal(status, 303);
          assert.equal(location, '/login?returnTo=%2Fbookings&ended=1');
          await salesforce.mend();

          const login = await visitor.get(location);
          assert.match(login.html, /For your safety your login has ended\. Log in again/);
          assert.match(login.html, /name="returnTo" value="\/bookings"/);
          assert.doesNotMatch(login.html, /Log out/);
          const back = await visitor.logIn(alice, 'Passw0rd!', '/bookings');
          assert.equal(back.location, '/bookings');
          assert.match((await visitor.get('/bookings')).html, /B-0001/);
        });
      }

      it('leads from a button to the login page too, and from there to the account', async () => {
        await salesforce.breakWith(deadForTheSite, noRenewal);
        const { location } = await visitor.post('/account/site');
        assert.equal(location, '/login?returnTo=%2Faccount&ended=1');
      });
    });
  });
});
