import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import { needs } from '../examples/required.js';
import { bearer, members, password, Site, textOf } from './browserless.js';

const quietly = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

describe('emulator: login page in a browser', function () {
  this.timeout(60_000);
  let emulator: Emulator;
  let site: Site;
  let app: Server;
  let callback: string;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;

  before(async function () {
    const executablePath = needs(this, 'chromium');
    emulator = await startEmulator();
    site = new Site(emulator);
    app = createServer((_request, response) => response.end('back at the app'));
    await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
    const address = app.address();
    assert.ok(typeof address === 'object' && address !== null);
    callback = `http://localhost:${address.port}/callback`;
    browser = await chromium.launch({ executablePath, headless: true, args: quietly });
  });
  after(async () => {
    // Whatever `before` did not reach was not started.
    await (browser as Browser | undefined)?.close();
    (app as Server | undefined)?.closeAllConnections();
    (app as Server | undefined)?.close();
    await (emulator as Emulator | undefined)?.close();
  });
  beforeEach(async () => {
    emulator.reset();
    emulator.client('app', { redirectUris: [callback], scopes: ['openid', 'web'] });
    context = await browser.newContext({ javaScriptEnabled: true });
    page = await context.newPage();
    page.setDefaultTimeout(10_000);
  });
  afterEach(() => context.close());

  const authorizeUrl = (query: Record<string, string> = {}): string => {
    const all = { response_type: 'code', client_id: 'app', redirect_uri: callback, ...query };
    return `${emulator.url}/services/oauth2/authorize?${new URLSearchParams(all).toString()}`;
  };
  const arrived = async (): Promise<URLSearchParams> => {
    assert.equal(await page.locator('body').innerText(), 'back at the app');
    return new URL(page.url()).searchParams;
  };
  const logIn = async (secret: string): Promise<void> => {
    await page.getByLabel('Password').fill(secret);
    await page.getByRole('button', { name: 'Log in' }).click();
  };

  it('a person mistypes the password, logs in and is back at the app; the next time nothing is asked', async () => {
    await page.goto(authorizeUrl());
    assert.equal(await page.getByRole('heading', { level: 1 }).innerText(), 'Log in');
    await page.getByLabel('Username').fill('alice@example.com');
    await logIn('not it');
    assert.match(await page.getByRole('alert').innerText(), /did not let you in/);
    assert.equal(await page.getByLabel('Username').inputValue(), 'alice@example.com');
    assert.equal(await page.getByLabel('Password').inputValue(), '');
    await logIn(password);
    const code = (await arrived()).get('code') ?? '';
    assert.equal(
      (await site.token({ code, client_id: 'app', redirect_uri: callback })).status,
      200,
    );

    await page.goto(authorizeUrl({ state: 'again' }));
    assert.equal((await arrived()).get('state'), 'again');
  });

  it('a person chooses the identity provider instead', async () => {
    await page.goto(authorizeUrl());
    await page.getByRole('link', { name: 'Log in with Google_Customers' }).click();
    assert.match((await arrived()).get('code') ?? '', /^aPrx/);
  });

  it('an app hands its user over by singleaccess, and the user logs out', async () => {
    await page.goto(authorizeUrl({ login_hint: 'bob@example.com' }));
    await logIn(password);
    const code = (await arrived()).get('code') ?? '';
    const tokens = await site.token({ code, client_id: 'app', redirect_uri: callback });
    await context.clearCookies();
    const form = { redirect_uri: 'portal/account' };
    const token = bearer(textOf(tokens, 'access_token'));
    const bridge = await site.post('/services/oauth2/singleaccess', form, token);
    await page.goto(String(members(bridge)['frontdoor_uri']));
    assert.equal(page.url(), `${emulator.url}/account`);
    assert.match(
      await page.getByRole('main').innerText(),
      /logged in on the site as bob@example\.com/,
    );
    const sid = (await context.cookies()).find(({ name }) => name === 'sid');
    assert.equal(sid?.httpOnly, true);
    assert.equal(sid.path, '/portal');

    await page.getByRole('link', { name: 'Log out' }).click();
    assert.equal(page.url(), `${emulator.url}/login`);
    await page.goto(`${emulator.url}/account`);
    assert.match(page.url(), /\/portal\/login\?startURL=/);
  });

  it('a person with a phone reads the code in the mailbox without scrolling', async () => {
    await site.startCode();
    await page.setViewportSize({ width: 375, height: 700 });
    await page.goto(`${emulator.origin}/__emulator__/`);
    const code = page.getByText(emulator.outbox()[0]?.code ?? '', { exact: true });
    const box = await code.boundingBox();
    assert.ok(box !== null && box.x + box.width < 375, JSON.stringify(box));
    const overflow = await page.evaluate<number>(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    );
    assert.equal(overflow, 0, 'the page is wider than the window');
  });

  it('axe finds nothing on any page', async () => {
    const check = async (what: string): Promise<void> => {
      const { violations } = await new AxeBuilder({ page }).analyze();
      const found = violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`);
      assert.deepEqual(found, [], what);
    };
    await page.goto(authorizeUrl());
    await check('the login page');
    await page.getByLabel('Username').fill('alice@example.com');
    await logIn('not it');
    await check('the login page with an alert');
    await page.goto(`${emulator.url}/`);
    await check('the home page of a stranger');
    await page.goto(`${emulator.url}/services/auth/sso/Google_Customers`);
    await check('the home page of a user');
    await page.goto(`${emulator.url}/services/auth/idp/oidc/logout`);
    await check('the page after the logout');
    await page.goto(`${emulator.url}/services/authcallback/Google_Customers?state=x`);
    await check('the error page');
    await page.goto(`${emulator.origin}/__emulator__/`);
    await check('the mailbox');
  });
});
