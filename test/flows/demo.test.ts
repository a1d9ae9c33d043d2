import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import type { BrowserRequest } from '../../lib/index.js';
import { SalesforceSite } from '../examples/salesforce-site.js';
import { startShop, type ShopProcess } from '../examples/shop-process.js';
import { Visitor } from '../examples/visitor.js';
import { newcomer, newcomersPassword } from './begin.js';
import { readCallback, sendToSalesforce } from './page-call.js';
import { clientId, clientSecret, protectSite, registerApp, robotSecret } from './site.js';

const alice = 'alice@example.com';
const phone = '+12025550101';
const provider = 'Google_Customers';
const trip = 'lisbon-by-tram';
const pageCallback = '/login/in-browser/code';

for (const kind of ['public', 'private'] as const) {
  for (const hint of ['', 'Email or phone']) {
    describe(`the demo, as a ${kind} client, ${hint ? 'with any identifier' : 'with usernames'}`, function () {
      this.timeout(30_000);
      let emulator: Emulator;
      let shop: ShopProcess;
      let visitor: Visitor;
      before(async () => {
        emulator = await startEmulator();
        shop = await startShop({
          SF_SITE: emulator.url,
          SF_CLIENT_ID: clientId,
          ...(kind === 'private' && {
            SF_CLIENT_SECRET: clientSecret,
            SF_INTEGRATION_CLIENT_ID: 'robot',
            SF_INTEGRATION_CLIENT_SECRET: robotSecret,
          }),
          SF_SCOPE: 'api openid refresh_token web',
          SF_SSO_PROVIDERS: `${provider}=Single sign-on`,
          SF_LOGIN_HINT: hint,
        });
      });
      after(async () => {
        await shop.stop();
        await emulator.close();
      });
      beforeEach(() => {
        emulator.reset();
        const app = registerApp(emulator, kind, 'secret in the body');
        const callbacks = ['/login/sso/callback', pageCallback].map((path) => shop.url + path);
        emulator.client(clientId, {
          ...app,
          redirectUris: [...(app.redirectUris ?? []), ...callbacks],
        });
        protectSite(emulator, 'public');
        const discovery = hint !== '';
        emulator.settings({ login: { discovery }, forgotPassword: { discovery } });
        visitor = new Visitor(shop.url);
      });

      const who = hint ? { login_hint: phone } : { username: alice };
      const sent = (to: string): string => emulator.outbox(to)[0]?.code ?? 'none';
      /** Asserts that the guest of this browser has become a customer, who has the guest's trip. */
      async function isCustomer(username: string): Promise<void> {
        assert.match((await visitor.get('/account')).html, new RegExp(`<dd>${username}</dd>`));
        assert.ok((await visitor.savedTrips()).includes(trip));
      }
      beforeEach(async () => {
        await visitor.save(trip);
      });

      it('makes a stranger a guest, who is no customer', async () => {
        assert.deepEqual(await visitor.savedTrips(), [trip]);
        assert.match((await visitor.get('/account')).location ?? '', /^\/login/);
      });

      it('logs in by password', async () => {
        await visitor.post('/login', { ...who, password: 'Passw0rd!' });
        await isCustomer(alice);
      });

      for (const [method, to] of [
        ['email', alice],
        ['sms', phone],
      ] as const) {
        it(`logs in by a code, by ${method}`, async () => {
          await visitor.post('/login/code/send', { ...who, method, recaptcha: 'pass' });
          await visitor.post('/login/code', { code: sent(to) });
          await isCustomer(alice);
        });

        if (hint) continue;
        it(`registers, by ${method}`, async () => {
          const mobilePhone = '+12025550142';
          const form = { ...newcomer, password: newcomersPassword, mobilePhone, method };
          await visitor.post('/register', { ...form, recaptcha: 'pass' });
          const code = sent(method === 'sms' ? mobilePhone : newcomer.email);
          await visitor.post('/register/code', { code });
          await isCustomer(newcomer.email);
        });
      }

      it('replaces a forgotten password', async () => {
        await visitor.post('/forgot-password', { ...who, method: 'email', recaptcha: 'pass' });
        const newPassword = 'New-Kite-42';
        await visitor.post('/forgot-password/code', { code: sent(alice), newPassword });
        await isCustomer(alice);
      });

      if (kind === 'private') {
        it('has codes sent by an integration user’s token, where the site wants one', async () => {
          protectSite(emulator, 'private');
          await visitor.post('/login/code/send', { ...who, method: 'email' });
          await visitor.post('/login/code', { code: sent(alice) });
          await isCustomer(alice);
          const [call] = emulator.log().filter(({ body }) => body.includes('client_credentials'));
          assert.match(call?.body ?? '', /client_id=robot/);
        });
      }

      if (hint) return;

      /** What the page does with Salesforce, and what it hands over to the shop then. */
      async function runByPage(start: string, entered: Record<string, string>) {
        const begun = JSON.parse((await visitor.post(start)).html) as BrowserRequest;
        return readCallback(await sendToSalesforce(begun, entered));
      }

      for (const [by, start] of [
        ['echo endpoint', '/login/in-browser/start'],
        ['own callback', '/login/in-browser/start-callback'],
      ] as const) {
        it(`logs in by the page itself, by the ${by}`, async () => {
          const said = await runByPage(start, { username: alice, password: 'Passw0rd!' });
          await visitor.post('/login/in-browser', said);
          await isCustomer(alice);
        });
      }

      it('takes a guest whom the page has made', async () => {
        visitor = new Visitor(shop.url);
        const said = await runByPage('/guest/in-browser/start', {});
        await visitor.post('/guest/in-browser', said);
        emulator.clearLog();
        await visitor.save(trip);
        assert.deepEqual(emulator.log(), []);
        await visitor.logIn(alice);
        await isCustomer(alice);
      });

      it('logs in on the site’s own page', async () => {
        const { location = '' } = await visitor.get('/login/sso');
        const site = new SalesforceSite(emulator.origin);
        const back = await site.logIn(await site.open(location), alice);
        await visitor.get(back.slice(shop.url.length));
        await isCustomer(alice);
      });

      it('asks userinfo and the identity URL, and a private client introspection', async () => {
        await visitor.logIn(alice);
        emulator.clearLog();
        const { html } = await visitor.get('/account/salesforce');
        assert.match(html, /<dd>Alice Example<\/dd>/);
        const asked = emulator.log().map(({ path }) => path.replace(/^\/portal/, ''));
        assert.ok(asked.includes('/services/oauth2/userinfo'));
        assert.ok(asked.some((path) => path.startsWith('/id/')));
        assert.equal(asked.includes('/services/oauth2/introspect'), kind === 'private');
      });

      it('renews an access token that Salesforce no longer takes', async () => {
        await visitor.logIn(alice);
        emulator.clearLog();
        const query = 'GET /services/data/v62.0/query';
        emulator.faults([{ match: query, fault: 'status', status: 401, times: 1 }]);
        assert.match((await visitor.get('/bookings')).html, /B-0001/);
        assert.ok(emulator.log().some(({ body }) => body.includes('grant_type=refresh_token')));
      });

      it('logs in by single sign-on', async () => {
        const { location = '' } = await visitor.get(`/login/sso?provider=${provider}`);
        const back = await new SalesforceSite(emulator.origin).through(location);
        await visitor.get(back.slice(shop.url.length));
        await isCustomer(alice);
      });

      it('opens the site, and ends the login at Salesforce', async () => {
        await visitor.logIn(alice);
        const { location = '' } = await visitor.post('/account/site');
        const { html } = await new SalesforceSite(emulator.origin).open(location);
        assert.match(html, /alice@example\.com/);
        await visitor.post('/logout');
        assert.ok(emulator.log().some(({ path }) => path.endsWith('/oauth2/revoke')));
        assert.match((await visitor.get('/account')).location ?? '', /^\/login/);
      });
    });
  }
}
