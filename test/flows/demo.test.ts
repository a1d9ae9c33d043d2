import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import { SalesforceSite } from '../examples/salesforce-site.js';
import { startShop, type ShopProcess } from '../examples/shop-process.js';
import { Visitor } from '../examples/visitor.js';
import { newcomer, newcomersPassword } from './begin.js';
import { clientId, clientSecret, protectSite, registerApp } from './site.js';

const alice = 'alice@example.com';
const phone = '+12025550101';
const provider = 'Google_Customers';
const trip = 'lisbon-by-tram';

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
          ...(kind === 'private' && { SF_CLIENT_SECRET: clientSecret }),
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
        const callback = `${shop.url}/login/sso/callback`;
        emulator.client(clientId, {
          ...app,
          redirectUris: [...(app.redirectUris ?? []), callback],
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

      if (hint) return;

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
