import assert from 'node:assert/strict';
import { EmulatorControl } from './emulator-control.js';
import { SalesforceSite } from './salesforce-site.js';
import { startShop, type ShopProcess } from './shop-process.js';
import { Visitor, type Page } from './visitor.js';

const provider = 'Google_Customers';

describe('travel-shop: single sign-on', function () {
  this.timeout(30_000);
  let shop: ShopProcess;
  let salesforce: EmulatorControl;
  let visitor: Visitor;
  let site: SalesforceSite;

  before(async () => {
    shop = await startShop();
    salesforce = new EmulatorControl(shop.emulator);
  });
  after(() => shop.stop());
  beforeEach(async () => {
    visitor = new Visitor(shop.url);
    site = new SalesforceSite(shop.emulator);
    await outcome('login');
    await salesforce.mend();
  });

  const outcome = (outcome: 'login' | 'deny') =>
    salesforce.change({
      sso: { providers: { [provider]: { username: 'alice@example.com', outcome } } },
    });

  /** Where the button of the login page leads. */
  async function press(returnTo = '/saved'): Promise<string> {
    const { html } = await visitor.get(`/login?returnTo=${encodeURIComponent(returnTo)}`);
    const [, link = ''] = /href="(\/login\/sso[^"]*)"/.exec(html) ?? [];
    const { location = '' } = await visitor.get(link.replaceAll('&amp;', '&'));
    return location;
  }
  /** Path and query of the callback. */
  async function callback(location: string): Promise<string> {
    const back = await site.through(location);
    assert.ok(back.startsWith(`${shop.url}/login/sso/callback?`));
    return back.slice(shop.url.length);
  }
  const logIn = async (returnTo?: string): Promise<Page> =>
    visitor.get(await callback(await press(returnTo)));

  it('logs in at the provider, keeps what the guest had saved, and goes where it was wanted', async () => {
    await visitor.save('kyoto-in-november');
    const { location } = await logIn('/account');
    assert.equal(location, '/account');
    const { html } = await visitor.get('/account');
    assert.match(html, /<dd>alice@example\.com<\/dd>/);
    assert.match(html, /saved trip is now in your account/);
    assert.ok((await visitor.savedTrips()).includes('kyoto-in-november'));
  });

  it('costs nothing until the button is pressed', async () => {
    await visitor.get('/login');
    assert.deepEqual([...visitor.cookies], []);
  });

  it('takes nobody out of the shop', async () => {
    for (const away of ['https://example.org/', '//example.org', '/\\example.org']) {
      visitor = new Visitor(shop.url);
      const begin = `/login/sso?${String(new URLSearchParams({ provider, returnTo: away }))}`;
      const { location = '' } = await visitor.get(begin);
      const end = await visitor.get(await callback(location));
      assert.equal(end.location, '/saved', away);
    }
  });

  it('asks no provider that is not on the login page', async () => {
    const { status, html, location } = await visitor.get('/login/sso?provider=Other');
    assert.equal(status, 400);
    assert.equal(location, undefined);
    assert.match(html, /<a href="#by-sso">This way to log in is not offered here\./);
  });

  it('that was cancelled is the login page again', async () => {
    await outcome('deny');
    const { status, html } = await logIn('/account');
    assert.equal(status, 403);
    assert.match(html, /<a href="#by-sso">The login was cancelled\./);
    assert.equal((await visitor.get('/account')).location, '/login?returnTo=%2Faccount');
  });

  it('ends in the browser it began in, and once', async () => {
    const back = await callback(await press());
    const other = await new Visitor(shop.url).get(back);
    assert.equal(other.status, 403);
    assert.match(other.html, /<a href="#by-sso">This login was not begun in this browser/);
    assert.equal((await visitor.get(back)).location, '/saved');
    assert.equal((await visitor.twin().get(back)).status, 403);
  });

  it('ends on the site too when the customer logs out, or the next one would be let in unasked', async () => {
    await logIn();
    const { location } = await visitor.post('/logout');
    assert.match(location ?? '', /^http:\/\/127\.0\.0\.1:\d+\/portal\//);
    assert.match((await site.open(location ?? '')).html, /You are logged out/);
  });

  it('during an outage says so', async () => {
    const back = await callback(await press());
    await salesforce.breakWith({ match: 'POST /services/oauth2/token', fault: 'reset' });
    const { status, html } = await visitor.get(back);
    assert.equal(status, 503);
    assert.match(html, /<h1>Logging in is not possible right now<\/h1>/);
  });

  it('is offered for the providers that the operator names, at the address they name', async () => {
    const org = {
      SF_SITE: `${shop.emulator ?? ''}/portal`,
      SF_CLIENT_ID: '3MVG9.public',
      SF_SSO_PROVIDERS: `${provider}=your club, Staff=your company`,
      SHOP_URL: 'https://shop.example/',
    };
    const other = await startShop(org);
    const { html } = await new Visitor(other.url).get('/login');
    assert.match(html, /provider=Google_Customers[^>]*>Continue with your club</);
    assert.match(html, /provider=Staff[^>]*>Continue with your company</);
    const { location = '' } = await new Visitor(other.url).get('/login/sso?provider=Staff');
    const { searchParams } = new URL(location);
    assert.equal(searchParams.get('redirect_uri'), 'https://shop.example/login/sso/callback');
    await other.stop();
  });
});
