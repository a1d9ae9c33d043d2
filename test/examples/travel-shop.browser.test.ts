import assert from 'node:assert/strict';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { chromiumPath, launchChromium } from './chromium.js';
import { EmulatorControl } from './emulator-control.js';
import { startShop, type ShopProcess } from './shop-process.js';

const nora = 'nora@example.com';

describe('travel-shop in a browser', function () {
  this.timeout(60_000);
  let shop: ShopProcess;
  let salesforce: EmulatorControl;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;

  before(async function () {
    const executablePath = chromiumPath(this);
    shop = await startShop();
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

  /** A browser of somebody who has never been here. */
  async function open(path: string, options: { scripts?: boolean } = {}) {
    context = await browser.newContext({
      baseURL: shop.url,
      javaScriptEnabled: options.scripts ?? false,
      viewport: { width: 1280, height: 800 },
    });
    page = await context.newPage();
    page.setDefaultTimeout(10_000);
    await page.goto(path);
  }

  const heading = () => page.getByRole('heading', { level: 1 }).innerText();
  const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
  const savedTitles = () => page.locator('.card h2').allInnerTexts();

  describe('without JavaScript', () => {
    it('a stranger saves two trips, logs in by password, and finds them', async () => {
      await open('/');
      await page.getByRole('link', { name: 'See all trips' }).click();
      assert.deepEqual(await context.cookies(), []);

      await press('Save Lisbon by tram');
      await page.getByRole('link', { name: 'Lofoten in the long light' }).click();
      await press('Save Lofoten in the long light');
      assert.match(await page.getByRole('status').innerText(), /is saved/);
      const [cookie] = await context.cookies();
      assert.equal(cookie?.httpOnly, true);
      assert.equal(cookie.sameSite, 'Lax');

      await page.getByRole('link', { name: 'Log in' }).click();
      const form = page.getByRole('region', { name: 'With your password' });
      await form.getByLabel('Email address or order number').fill('alice@example.com');
      await form.getByLabel('Password').fill('not it');
      await press('Log in');
      assert.match(await page.getByRole('alert').innerText(), /number and password do not match/);
      assert.equal(
        await form.getByLabel('Email address or order number').inputValue(),
        'alice@example.com',
      );
      assert.equal(await form.getByLabel('Password').inputValue(), '');

      await form.getByLabel('Password').fill('Passw0rd!');
      await press('Log in');
      assert.match(
        await page.getByRole('status').innerText(),
        /Your 2 saved trips are now in your account/,
      );
      assert.deepEqual(await savedTitles(), ['Lisbon by tram', 'Lofoten in the long light']);

      await page.getByRole('link', { name: 'Bookings' }).click();
      assert.equal(await page.getByRole('main').getByRole('listitem').count(), 3);
      await press('Log out');
      assert.equal(await heading(), 'You are logged out');
      assert.deepEqual(await context.cookies(), []);
    });

    it('a customer who wanted the bookings gets there by a code from the mailbox', async () => {
      await open('/bookings');
      const form = page.getByRole('region', { name: 'With a code' });
      await form.getByLabel('Email address or order number').fill('alice@example.com');
      await press('Send me a code');
      assert.equal(await heading(), 'Type your code');
      await press('Send it again');

      const mailbox = await context.newPage();
      await mailbox.goto((await page.locator('.demo a').getAttribute('href')) ?? '');
      const code = await salesforce.codeFor('alice@example.com');
      assert.match(await mailbox.locator('body').innerText(), new RegExp(code));

      await page.getByLabel('Code').fill(code);
      await press('Log in');
      assert.equal(await heading(), 'Your bookings');
    });
  });

  describe('from the first visit to the account on the site', () => {
    it('a stranger registers, forgets the password, and comes back by single sign-on', async () => {
      await open('/trips');
      await press('Save Lisbon by tram');
      await page.getByRole('link', { name: 'Log in' }).first().click();
      await page.getByRole('link', { name: 'Create an account' }).click();
      await page.getByLabel('First name').fill('Nora');
      await page.getByLabel('Last name').fill('Example');
      await page.getByLabel('Email address').fill(nora);
      await page.getByLabel('Password').fill('Sunny-day-7');
      await press('Send me a code');
      assert.equal(await heading(), 'Confirm your account');
      await page.getByLabel('Code').fill(await salesforce.codeFor(nora));
      await press('Create my account');
      assert.deepEqual(await savedTitles(), ['Lisbon by tram']);
      assert.deepEqual(await page.getByRole('status').allInnerTexts(), [
        'Welcome! Your account is ready.',
        'Your saved trip is now in your account.',
      ]);
      await press('Log out');
      assert.equal(await heading(), 'You are logged out');

      await page.goto('/login');
      await page.getByRole('link', { name: 'Forgot your password?' }).click();
      await page.getByLabel('Email address or order number').fill(nora);
      await press('Send me a code');
      assert.equal(await heading(), 'Choose a new password');
      await page.getByLabel('Code').fill(await salesforce.codeFor(nora));
      await page.getByLabel('New password').fill('Rainy-day-8');
      await press('Set the new password');
      assert.match(await page.getByRole('status').innerText(), /Your new password is set/);
      await press('Log out');

      await page.goto('/login?returnTo=/account');
      const form = page.getByRole('region', { name: 'With your password' });
      await form.getByLabel('Email address or order number').fill(nora);
      await form.getByLabel('Password').fill('Rainy-day-8');
      await press('Log in');
      assert.equal(await heading(), 'Your account');
      await press('Log out');

      await salesforce.change({
        sso: { providers: { Google_Customers: { username: nora, outcome: 'login' } } },
      });
      await page.goto('/login?returnTo=/account');
      await page.getByRole('link', { name: 'Continue with single sign-on' }).click();
      assert.equal(await heading(), 'Your account');
      assert.match(await page.getByRole('main').innerText(), new RegExp(nora));
      await press('Open my account on the site');
      assert.equal(new URL(page.url()).origin, shop.emulator);
      assert.match(await page.locator('body').innerText(), new RegExp(`on the site as ${nora}`));

      await page.goto(shop.url);
      await press('Log out');
      assert.equal(new URL(page.url()).origin, shop.emulator);
      assert.equal(await heading(), 'You are logged out');
      await page.goto(`${shop.emulator ?? ''}/portal/account`);
      assert.match(page.url(), /\/portal\/login/);
      await page.goto(shop.url);
      assert.equal(await page.getByRole('button', { name: 'Log out' }).count(), 0);
    });
  });

  describe('by keyboard alone', () => {
    it('a stranger skips to the content, saves a trip and logs in', async () => {
      await open('/trips', { scripts: true });
      const focused = async () => (await page.locator(':focus').innerText()).trim();
      const tabTo = async (name: RegExp) => {
        for (let step = 0; step < 60; step++) {
          await page.keyboard.press('Tab');
          if (name.test(await focused())) return;
        }
        assert.fail(`no way to ${name.source}`);
      };

      await page.keyboard.press('Tab');
      assert.equal(await focused(), 'Skip to the content');
      await page.keyboard.press('Enter');
      await page.keyboard.press('Tab');
      assert.equal(await focused(), 'Lisbon by tram');
      await tabTo(/^Save\s+Lisbon by tram$/);
      await page.keyboard.press('Enter');
      await page.waitForSelector('.notice');

      await tabTo(/^Log in$/);
      await page.keyboard.press('Enter');
      await page.waitForURL('**/login');
      await tabTo(/^$/);
      assert.equal(await page.locator(':focus').getAttribute('id'), 'username');
      await page.keyboard.type('bob@example.com');
      await page.keyboard.press('Enter');
      await page.waitForSelector('.problems');
      // The browser has gone to the summary by itself; its link leads to the field.
      assert.match(await focused(), /^That did not work/);
      await page.keyboard.press('Tab');
      assert.equal(await focused(), 'Enter your password.');
      await page.keyboard.press('Enter');
      assert.equal(await page.locator(':focus').getAttribute('id'), 'password');
      await page.keyboard.type('Passw0rd!');
      await page.keyboard.press('Enter');
      await page.waitForURL('**/saved');
      assert.deepEqual(await savedTitles(), ['Lisbon by tram']);
    });
  });
});
