import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Strategy } from 'passport';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import { browserFlow, SsoStrategy, type HeadlessClient } from '../../lib/index.js';
import { needs } from '../examples/required.js';
import { clientFor, createShop, type Shop } from '../support/shop.js';
import type { RequestHandler } from '../support/stacks.js';

const quietly = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A real browser, with app and site on two hosts, as they are out there: cookies, redirects and CORS are its own. */
describe('in a browser', function () {
  this.timeout(60_000);
  let emulator: Emulator;
  let client: HeadlessClient;
  let shop: Shop;
  let server: Server;
  let origin: string;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;

  before(async function () {
    const executablePath = needs(this, 'chromium');
    emulator = await startEmulator();
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    origin = `http://localhost:${(server.address() as AddressInfo).port}`;
    browser = await chromium.launch({ executablePath, headless: true, args: quietly });
  });
  after(async () => {
    // Whatever `before` did not reach was not started.
    await (browser as Browser | undefined)?.close();
    (server as Server | undefined)?.closeAllConnections();
    (server as Server | undefined)?.close();
    await (emulator as Emulator | undefined)?.close();
  });

  beforeEach(async () => {
    const callbackURL = `${origin}/code`;
    emulator.client('3MVG9.page', {
      redirectUris: ['{site}/services/oauth2/echo', `${origin}/callback`, callbackURL],
      isNamedUserJwtEnabled: true,
    });
    emulator.settings({ site: { corsOrigins: [origin] } });
    client = clientFor(emulator, { clientId: '3MVG9.page', redirectUri: `${origin}/callback` });
    shop = createShop({ emulator, routes });
    server.on('request', shop.app);
    context = await browser.newContext({ baseURL: origin });
    page = await context.newPage();
    page.setDefaultTimeout(10_000);
    await page.goto('/me');

    function routes(app: Shop['app'], passport: Shop['passport']): void {
      const strategy = new SsoStrategy({ client, providers: ['Google_Customers'] }, (login) => ({
        id: login.identity.userId,
        flow: login.flow,
      }));
      passport.use(strategy as Strategy);
      const authenticate = passport.authenticate('sf-headless-sso') as RequestHandler;
      const byEcho = browserFlow({
        client,
        flow: 'guest',
        callbackURL: `${emulator.url}/services/oauth2/echo`,
      });
      const byCallback = browserFlow({ client, flow: 'password', callbackURL });
      const goOn: RequestHandler = (req, res) => {
        const { authInfo } = req as { authInfo?: { returnTo?: string } };
        res.redirect(authInfo?.returnTo ?? '/me');
      };
      app.get('/sso', authenticate);
      app.get('/callback', authenticate, goOn);
      app.post('/guest/start', byEcho.start() as RequestHandler);
      app.post('/guest/finish', byEcho.finish() as RequestHandler, (req, res) => {
        res.json({ guest: req.headless.guest });
      });
      app.post('/password/start', byCallback.start() as RequestHandler);
      app.all('/code', byCallback.callback() as RequestHandler);
      app.post('/password/finish', authenticate, goOn);
    }
  });
  afterEach(async () => {
    await context.close();
    server.removeAllListeners('request');
    await shop.close();
    await client.close();
    emulator.reset();
  });

  const shown = async (): Promise<{ user?: { flow: string }; guest?: { uvid: string } }> =>
    JSON.parse(await page.locator('body').innerText()) as object;

  /** What the script of a page does: begin, ask Salesforce, hand the code on. */
  const runOnPage = (path: string, credentials: Record<string, string> = {}): Promise<unknown> =>
    page.evaluate(
      async ([flow, more]) => {
        const begun = await fetch(`${flow}/start`, { method: 'POST' });
        const { url, headers, parameters } = (await begun.json()) as {
          url: string;
          headers: Record<string, string>;
          parameters: Record<string, string>;
        };
        const body = new URLSearchParams({ ...parameters, ...more });
        const coded = await fetch(url, { method: 'POST', headers, body });
        const done = await fetch(`${flow}/finish`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: await coded.text(),
        });
        return await done.json();
      },
      [path, credentials] as const,
    );

  it('a customer comes back from an identity provider logged in, to where they wanted to go', async () => {
    await page.goto('/sso?provider=Google_Customers&returnTo=/me?from=google');
    assert.equal(page.url(), `${origin}/me?from=google`);
    assert.equal((await shown()).user?.flow, 'sso');
  });

  it('a guest logs in on the site’s own page and is a user then', async () => {
    await page.evaluate(() => fetch('/save', { method: 'POST' }).then(({ status }) => status));
    await page.goto('/sso');
    assert.ok(page.url().startsWith(emulator.origin));
    await page.getByLabel('Username').fill('bob@example.com');
    await page.getByLabel('Password').fill('Passw0rd!');
    await page.getByRole('button').first().click();
    await page.waitForURL(`${origin}/me`);
    const { user, guest } = await shown();
    assert.equal(user?.flow, 'sso');
    assert.equal(guest, undefined);
  });

  it('a page gets a guest by Salesforce’s echo endpoint', async () => {
    const { guest } = (await runOnPage('/guest')) as { guest: { uvid: string } };
    await page.goto('/me');
    assert.equal((await shown()).guest?.uvid, guest.uvid);
  });

  it('a page logs a customer in by the app’s own callback, with the password seen by Salesforce alone', async () => {
    const seen: string[] = [];
    page.on('request', (request) => {
      if (request.url().startsWith(origin)) seen.push(request.url() + (request.postData() ?? ''));
    });
    await runOnPage('/password', { username: 'alice@example.com', password: 'Passw0rd!' });
    await page.goto('/me');
    assert.equal((await shown()).user?.flow, 'password');
    assert.ok(seen.length > 2);
    assert.ok(!seen.join().includes('Passw0rd'));
  });
});
