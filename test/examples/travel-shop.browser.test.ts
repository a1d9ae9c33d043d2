import assert from 'node:assert/strict';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { EmulatorControl } from './emulator-control.js';
import { needs } from './required.js';
import { startShop, type ShopProcess } from './shop-process.js';

const quietly = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const nora = 'nora@example.com';

describe('travel-shop in a browser', function () {
  this.timeout(60_000);
  let shop: ShopProcess;
  let salesforce: EmulatorControl;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;

  before(async function () {
    const executablePath = needs(this, 'chromium');
    shop = await startShop();
    salesforce = new EmulatorControl(shop.emulator);
    browser = await chromium.launch({ executablePath, headless: true, args: quietly });
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
  async function open(
    path: string,
    options: { scripts?: boolean; width?: number; url?: string } = {},
  ) {
    context = await browser.newContext({
      baseURL: options.url ?? shop.url,
      javaScriptEnabled: options.scripts ?? false,
      viewport: { width: options.width ?? 1280, height: 800 },
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
      assert.match(await page.getByRole('alert').innerText(), /username or the password/);
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

  describe('axe finds nothing', () => {
    async function check(what: string) {
      const { violations } = await new AxeBuilder({ page }).analyze();
      const found = violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`);
      assert.deepEqual(found, [], what);
      assert.equal(await page.locator('h1').count(), 1, what);
      const overflow = await page.evaluate<number>(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      );
      assert.equal(overflow, 0, `${what} is wider than the window`);
    }

    for (const width of [1280, 360]) {
      it(`on any page, ${width} pixels wide`, async () => {
        await open('/', { scripts: true, width });
        for (const path of [
          '/',
          '/trips',
          '/trips/lofoten-light',
          '/saved',
          '/login',
          '/login?ended=1',
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
      await open('/login/first-party', { scripts: true, width: 360, url: other.url });
      await check('the form');
      await press('Go on');
      await check('the form with errors');
      await page.getByLabel('Email address or order number').fill('B-0001');
      await press('Go on');
      await check('the code');
      await press('Log in');
      await check('the code with errors');
      await other.stop();
    });
  });
});
