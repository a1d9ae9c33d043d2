import assert from 'node:assert/strict';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { chromiumPath, launchChromium } from './chromium.js';
import { EmulatorControl } from './emulator-control.js';
import { startShop, type ShopProcess } from './shop-process.js';

describe('travel-shop: axe finds nothing', function () {
  this.timeout(120_000);
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
  async function open(path: string, { width, url = shop.url }: { width: number; url?: string }) {
    context = await browser.newContext({
      baseURL: url,
      viewport: { width, height: 800 },
    });
    page = await context.newPage();
    page.setDefaultTimeout(10_000);
    await page.goto(path);
  }

  const heading = () => page.getByRole('heading', { level: 1 }).innerText();
  const press = (name: string) => page.getByRole('button', { name, exact: true }).click();

  async function check(what: string) {
    const { violations } = await new AxeBuilder({ page }).analyze();
    const found = violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`);
    assert.deepEqual(found, [], what);
    assert.equal(await page.locator('h1').count(), 1, what);
    const overflow = await page.evaluate<number>(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    );
    assert.equal(overflow, 0, `${what} is wider than the window`);
    const tooLong = await page.evaluate<string[]>(
      `[...document.querySelectorAll('dt')].filter((term) => term.scrollWidth > term.clientWidth)
        .map((term) => term.textContent)`,
    );
    assert.deepEqual(tooLong, [], `${what} has labels that reach into what is beside them`);
  }

  for (const width of [1280, 360]) {
    it(`on any page, ${width} pixels wide`, async () => {
      await open('/', { width });
      for (const path of [
        '/',
        '/trips',
        '/trips/lofoten-light',
        '/saved',
        '/login',
        '/login?ended=1',
        '/login/in-browser',
        '/register',
        '/forgot-password',
        '/nowhere',
      ]) {
        await page.goto(path);
        await check(path);
      }
      await page.goto('/trips/lofoten-light');
      await press('Save Lofoten in the long light');
      await check('a trip that was saved');
      await page.goto('/saved');
      await check('saved trips of a guest');

      await page.goto('/login');
      await press('Log in');
      await check('the login form with errors');
      await page.getByRole('region', { name: 'With a code' }).getByRole('button').click();
      await check('the request for a code with errors');
      await salesforce.breakWith({ match: 'POST /services/oauth2/authorize', fault: 'reset' });
      await page.locator('#username').fill('alice@example.com');
      await page.locator('#password').fill('Passw0rd!');
      await press('Log in');
      assert.equal(await heading(), 'Logging in is not possible right now');
      await check('the error page');
      await salesforce.mend();

      await page.goto('/login?returnTo=/bookings');
      await page.locator('#code-username').fill('alice@example.com');
      await press('Send me a code');
      await check('the form for the code');
      await press('Log in');
      await check('the form for the code with errors');
      await page.getByLabel('Code').fill(await salesforce.codeFor('alice@example.com'));
      await press('Log in');
      assert.equal(await heading(), 'Your bookings');
      await check('the bookings');
      await page.goto('/account');
      await check('the account');
      await page.goto('/account/salesforce');
      await check('what Salesforce knows');
      await page.goto('/saved');
      await check('saved trips of a customer');
      await press('Log out');
      await check('the page after the logout');

      await page.goto('/register');
      await press('Send me a code');
      await check('the registration with errors');
      const email = `width${String(width)}@example.com`;
      await page.getByLabel('Last name').fill('Example');
      await page.getByLabel('Email address').fill(email);
      await page.getByLabel('Password').fill('Sunny-day-7');
      await press('Send me a code');
      await check('the code of a registration');
      await press('Create my account');
      await check('the code of a registration with errors');
      await page.getByLabel('Code').fill(await salesforce.codeFor(email));
      await press('Create my account');
      await press('Log out');

      await page.goto('/forgot-password?returnTo=/account');
      await press('Send me a code');
      await check('the request for a new password with errors');
      await page.getByLabel('Email address or order number').fill(email);
      await press('Send me a code');
      await check('the new password');
      await page.getByLabel('Code').fill(await salesforce.codeFor(email));
      await page.getByLabel('New password').fill('weak');
      await press('Set the new password');
      await check('the new password with errors');
      await page.getByLabel('New password').fill(`Sunny-day-${String(width)}`);
      await press('Set the new password');
      assert.equal(await heading(), 'Your account');
      await check('an account without bookings');
      await press('Log out');
      await page.goto('/login/sso?provider=Other');
      await check('the login page after a failed single sign-on');
    });
  }

  it('on the pages of a first-party login', async () => {
    const other = await startShop({ FIRST_PARTY: '1' });
    await open('/login/first-party', { width: 360, url: other.url });
    await check('the form');
    await press('Go on');
    await check('the form with errors');
    await page.getByLabel('Email address or order number').fill('B-0001');
    await press('Go on');
    await check('the code');
    await press('Log in');
    await check('the code with errors');
    await page.goto('/register/first-party');
    await check('the registration');
    await press('Send me a code');
    await check('the registration with errors');
    await page.getByLabel('Last name').fill('Example');
    await page.getByLabel('Email address').fill('nora@example.com');
    await page.getByLabel('Password').fill('Sunny-day-7');
    await press('Send me a code');
    assert.equal(await heading(), 'Confirm your account');
    await check('the code of a registration');
    await other.stop();
  });
});
