import assert from 'node:assert/strict';
import { EmulatorControl } from './emulator-control.js';
import { startShop, type ShopProcess } from './shop-process.js';
import { Visitor, type Page } from './visitor.js';

const alice = 'alice@example.com';

describe('travel-shop: a login with whatever the customer has at hand', function () {
  this.timeout(30_000);
  let shop: ShopProcess;
  let salesforce: EmulatorControl;
  let visitor: Visitor;

  before(async () => {
    shop = await startShop();
    salesforce = new EmulatorControl(shop.emulator);
    await salesforce.user('two@example.com', {
      password: 'Passw0rd!',
      email: 'shared@example.com',
    });
    await salesforce.user('three@example.com', {
      password: 'Passw0rd!',
      email: 'shared@example.com',
    });
  });
  after(() => shop.stop());
  beforeEach(() => {
    visitor = new Visitor(shop.url);
  });

  const logIn = (name: string, password = 'Passw0rd!'): Promise<Page> =>
    visitor.post('/login', { login_hint: name, password, returnTo: '/bookings' });

  const names = ['B-0001', ' b-0002 ', alice, 'ALICE@example.com', '+12025550101'];
  for (const name of names) {
    it(`takes “${name}” and the password`, async () => {
      assert.equal((await logIn(name)).location, '/bookings');
      assert.match((await visitor.get('/bookings')).html, /Alice Example/);
    });
  }

  it('takes an order number and a code that goes to the address on file', async () => {
    await visitor.save('naxos-slow-week');
    const request = { login_hint: 'B-0001', method: 'email', recaptcha: 'x' };
    const page = await visitor.postAndFollow('/login/code/send', request);
    assert.match(page.html, /a code is on its way by email/);
    assert.doesNotMatch(page.html, /alice/);
    const { location } = await visitor.post('/login/code', {
      code: await salesforce.codeFor(alice),
    });
    assert.equal(location, '/saved');
    assert.ok((await visitor.savedTrips()).includes('naxos-slow-week'));
  });

  it('refuses a number nobody has, and an address of several people, like a wrong password', async () => {
    const wrong = await logIn('B-0001', 'open-sesame');
    assert.equal(wrong.status, 401);
    for (const name of ['B-9999', 'shared@example.com']) {
      const { status, html } = await logIn(name);
      assert.equal(status, 401);
      assert.equal(html.replaceAll(name, 'B-0001'), wrong.html);
    }
  });

  it('says the same for a code to a number nobody has', async () => {
    const request = { login_hint: 'B-9999', method: 'email', recaptcha: 'x' };
    const page = await visitor.postAndFollow('/login/code/send', request);
    assert.match(page.html, /If there is such an account, a code is on its way by email/);
    assert.equal((await visitor.post('/login/code', { code: '123456' })).status, 401);
  });

  it('takes a username, and calls it that, where the site has no discovery handler', async () => {
    const org = { SF_SITE: `${shop.emulator ?? ''}/portal`, SF_CLIENT_ID: '3MVG9.public' };
    const plain = await startShop(org);
    const { html } = await new Visitor(plain.url).get('/login');
    assert.match(html, /<label for="username">Username<\/label>/);
    assert.match(html, /id="username" name="username"/);
    assert.doesNotMatch(html, /login_hint|With another account/);
    assert.equal((await new Visitor(plain.url).logIn(alice)).location, '/saved');
    assert.equal((await new Visitor(plain.url).logIn('B-0001')).status, 401);
    await plain.stop();
  });
});
