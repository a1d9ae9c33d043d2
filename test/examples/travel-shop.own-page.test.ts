import assert from 'node:assert/strict';
import { EmulatorControl } from './emulator-control.js';
import { SalesforceSite } from './salesforce-site.js';
import { startShop, type ShopProcess } from './shop-process.js';
import { Visitor } from './visitor.js';

for (const kind of ['public', 'private'] as const) {
  describe(`travel-shop: the site’s own page, as a ${kind} client`, function () {
    this.timeout(30_000);
    let shop: ShopProcess;
    let salesforce: EmulatorControl;
    let visitor: Visitor;
    let site: SalesforceSite;

    before(async () => {
      shop = await startShop(kind === 'private' ? { PRIVATE: '1' } : {});
      salesforce = new EmulatorControl(shop.emulator);
    });
    after(() => shop.stop());
    beforeEach(async () => {
      visitor = new Visitor(shop.url);
      site = new SalesforceSite(shop.emulator);
      await salesforce.mend();
    });

    /** Where the link of the login page leads. */
    async function press(returnTo: string): Promise<string> {
      const { html } = await visitor.get(`/login?returnTo=${encodeURIComponent(returnTo)}`);
      const [, link = ''] = /href="([^"]*)">Log in on the site’s own page</.exec(html) ?? [];
      const { location = '' } = await visitor.get(link.replaceAll('&amp;', '&'));
      return location;
    }

    it('logs in there, keeps what the guest had saved, and goes where it was wanted', async () => {
      await visitor.save('kyoto-in-november');
      const login = await site.open(await press('/account'));
      assert.match(login.html, /<input[^>]*type="password"/);
      const back = await site.logIn(login, 'alice@example.com');
      assert.ok(back.startsWith(`${shop.url}/login/sso/callback?`));
      assert.equal((await visitor.get(back.slice(shop.url.length))).location, '/account');
      const { html } = await visitor.get('/account');
      assert.match(html, /<dd>alice@example\.com<\/dd>/);
      assert.match(html, /saved trip is now in your account/);
    });

    it('asks nobody twice who is logged in on the site', async () => {
      await site.logIn(await site.open(await press('/saved')), 'alice@example.com');
      visitor = new Visitor(shop.url);
      const back = await site.through(await press('/bookings'));
      assert.equal((await visitor.get(back.slice(shop.url.length))).location, '/bookings');
      assert.match((await visitor.get('/bookings')).html, /B-0001/);
    });

    it('shows its page again after a wrong password, and the shop learns nothing', async () => {
      const login = await site.open(await press('/account'));
      await assert.rejects(site.logIn(login, 'alice@example.com', 'open-sesame'), /kept/);
      assert.match((await visitor.get('/account')).location ?? '', /^\/login/);
    });
  });
}
