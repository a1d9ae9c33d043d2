import assert from 'node:assert/strict';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { chromiumPath, launchChromium } from './chromium.js';
import { EmulatorControl } from './emulator-control.js';
import { startShop, type ShopProcess } from './shop-process.js';

const alice = 'alice@example.com';
const authorize = 'POST /services/oauth2/authorize';

for (const kind of ['public', 'private'] as const) {
  describe(`travel-shop: flows that the page runs, as a ${kind} client`, function () {
    this.timeout(60_000);
    let shop: ShopProcess;
    let salesforce: EmulatorControl;
    let browser: Browser;
    let context: BrowserContext;
    let page: Page;
    /** Origins that anything has been sent to, with what was sent. */
    let sent: { origin: string; path: string; body: string }[];

    before(async function () {
      const executablePath = chromiumPath(this);
      shop = await startShop(kind === 'private' ? { PRIVATE: '1' } : {});
      salesforce = new EmulatorControl(shop.emulator);
      browser = await launchChromium(executablePath);
    });
    after(async () => {
      // Whatever `before` did not reach was not started.
      await (browser as Browser | undefined)?.close();
      await (shop as ShopProcess | undefined)?.stop();
    });
    afterEach(async () => {
      await context.close();
      await salesforce.mend();
    });

    async function open(path: string, javaScriptEnabled = true): Promise<void> {
      context = await browser.newContext({ baseURL: shop.url, javaScriptEnabled });
      page = await context.newPage();
      page.setDefaultTimeout(10_000);
      sent = [];
      page.on('request', (request) => {
        const { origin, pathname } = new URL(request.url());
        sent.push({ origin, path: pathname, body: request.postData() ?? '' });
      });
      await page.goto(path);
      await salesforce.forget();
    }
    const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
    const arriveAt = (path: string) => page.waitForURL(({ pathname }) => pathname === path);
    const heading = () => page.getByRole('heading', { level: 1 }).innerText();
    async function fillIn(name: string, password = 'Passw0rd!'): Promise<void> {
      await page.getByLabel('Email address or order number').fill(name);
      await page.getByLabel('Password').fill(password);
    }
    const savedTitles = () => page.locator('.card h2').allInnerTexts();

    const variants = [
      ['Salesforce’s echo endpoint', 'Log in', '/portal/services/oauth2/echo'],
      ['the shop’s own callback', 'Log in by our callback', '/login/in-browser/code'],
    ] as const;
    for (const [by, button, callback] of variants) {
      it(`log in by ${by}: the guest’s trips come along, and the password does not pass the shop`, async () => {
        await open('/trips');
        await press('Save Lisbon by tram');
        await page.goto('/login?returnTo=/account');
        await page.getByRole('link', { name: 'Log in without your password' }).click();
        await fillIn('B-0001');
        await press(button);
        await arriveAt('/account');
        assert.equal(await heading(), 'Your account');
        assert.match(await page.getByRole('main').innerText(), /alice@example\.com/);
        assert.match(await page.getByRole('status').innerText(), /now in your account/);

        const withPassword = sent.filter(({ body }) => body.includes('Passw0rd'));
        assert.deepEqual(
          new Set(withPassword.map(({ origin }) => origin)),
          new Set([shop.emulator]),
        );
        assert.ok(sent.some(({ path }) => path === callback));
        const text = sent.map(({ body }) => body).join('\n');
        assert.doesNotMatch(text, /code_verifier|client_secret|access_token/);
        assert.doesNotMatch(await page.content(), /eyJ|access_token/);
        assert.ok((await salesforce.calls()).includes('POST /services/oauth2/token'));
        await page.goto('/saved');
        assert.ok((await savedTitles()).includes('Lisbon by tram'));
      });
    }

    it('say what is wrong with a password on the page, and take the right one', async () => {
      await open('/login/in-browser?returnTo=/bookings');
      assert.equal(await page.getByText('This page needs JavaScript.').count(), 0);
      await fillIn(alice, 'open-sesame');
      await press('Log in');
      await page
        .getByText('That email address or order number and password do not match.')
        .waitFor();
      assert.deepEqual(
        (await salesforce.calls()).filter((call) => call.endsWith('/token')),
        [],
      );
      await fillIn(alice);
      await page.keyboard.press('Enter');
      await arriveAt('/bookings');
      assert.equal(await heading(), 'Your bookings');
    });

    it('are run once by a double click, and again after a refusal', async () => {
      await open('/login/in-browser?returnTo=/bookings');
      await salesforce.breakWith({ match: authorize, delay: 300 });
      await fillIn(alice, 'open-sesame');
      const button = page.getByRole('button', { name: 'Log in', exact: true });
      await button.dblclick();
      await page
        .getByText('That email address or order number and password do not match.')
        .waitFor();
      assert.equal(await page.locator(':focus').innerText(), 'Log in');
      await fillIn(alice);
      await button.dblclick();
      await arriveAt('/bookings');
      assert.equal(await heading(), 'Your bookings');
      assert.equal((await salesforce.calls()).filter((call) => call === authorize).length, 2);
    });

    it('say that Salesforce is away, and do not call the password wrong', async () => {
      await open('/login/in-browser');
      await salesforce.breakWith({ match: authorize, fault: 'reset' });
      await fillIn(alice);
      await press('Log in');
      await page.getByText('That is not possible right now.').waitFor();
      assert.equal(await page.getByText('do not match').count(), 0);
    });

    it('make a guest, who is remembered, saves a trip and takes it to the account', async () => {
      await open('/login/in-browser?returnTo=/trips');
      await press('Remember this browser');
      await arriveAt('/trips');
      assert.equal(await page.getByRole('status').innerText(), 'This browser is remembered.');
      const cookies = (await context.cookies()).map(({ name }) => name).sort();
      assert.deepEqual(cookies, ['shop.sid', 'shop.visitor']);
      const calls = await salesforce.calls();
      assert.deepEqual(calls.filter((call) => call === authorize).length, 1, calls.join());
      await salesforce.forget();
      await press('Save Lisbon by tram');
      await page.waitForSelector('.notice');
      assert.deepEqual(await salesforce.calls(), [], 'it is the same guest');
      await page.goto('/login/in-browser');
      await fillIn('bob@example.com');
      await press('Log in');
      await arriveAt('/saved');
      assert.deepEqual(await savedTitles(), ['Lisbon by tram']);
      await press('Remove Lisbon by tram');
    });

    it('refuse a code that this browser did not ask for', async () => {
      await open('/login/in-browser');
      const foreign = { method: 'post', action: '/login/in-browser' };
      await page.evaluate(
        `(() => { const form = Object.assign(document.createElement('form'), ${JSON.stringify(foreign)});
          form.innerHTML = '<input name="code" value="x"><input name="state" value="y">';
          document.body.append(form); form.submit(); })()`,
      );
      await page.waitForSelector('.problems');
      assert.match(await page.getByRole('alert').first().innerText(), /not begun in this browser/);
    });

    it('are run by a script of the shop, on this one page', async () => {
      await open('/login/in-browser');
      const policies = new Map<string, string>();
      for (const path of ['/login/in-browser', '/login']) {
        const { headers } = await fetch(shop.url + path);
        policies.set(path, headers.get('content-security-policy') ?? '');
      }
      const here = policies.get('/login/in-browser') ?? '';
      assert.match(here, /script-src 'self';/);
      assert.match(here, new RegExp(`connect-src 'self' ${shop.emulator ?? ''}(;|$)`));
      assert.doesNotMatch(policies.get('/login') ?? '', /script-src|connect-src/);
    });

    it('are not begun without JavaScript: the buttons are off, and the page says why', async () => {
      await open('/login/in-browser', false);
      assert.equal(
        await page.getByRole('button', { name: 'Log in', exact: true }).isDisabled(),
        true,
      );
      await page.getByText('This page needs JavaScript.').waitFor();
      await fillIn(alice);
      await page.keyboard.press('Enter');
      assert.ok(sent.every(({ body }) => !body.includes('Passw0rd')));
    });
  });
}
