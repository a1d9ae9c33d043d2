import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmulatorControl } from './emulator-control.js';
import { startInVain, startShop, type ShopProcess } from './shop-process.js';
import { Visitor, type Page } from './visitor.js';

const alice = 'alice@example.com';
const bob = 'bob@example.com';

/** Creates an account, which logs the visitor in. */
async function register(visitor: Visitor, salesforce: EmulatorControl, email: string) {
  const form = { lastName: 'Example', email, password: 'Sunny-day-7', method: 'email' };
  await visitor.post('/register', { ...form, recaptcha: 'x' });
  const { location } = await visitor.post('/register/code', {
    code: await salesforce.codeFor(email),
  });
  assert.equal(location, '/saved');
}

describe('travel-shop', function () {
  this.timeout(30_000);
  let shop: ShopProcess;
  let salesforce: EmulatorControl;
  let visitor: Visitor;

  before(async () => {
    shop = await startShop();
    salesforce = new EmulatorControl(shop.emulator);
  });
  after(() => shop.stop());
  beforeEach(async () => {
    visitor = new Visitor(shop.url);
    await salesforce.mend();
    await salesforce.forget();
  });

  describe('a stranger', () => {
    it('looks around without a cookie and without a call to Salesforce', async () => {
      for (const path of [
        '/',
        '/trips',
        '/trips/lofoten-light',
        '/saved',
        '/login',
        '/register',
        '/forgot-password',
        '/style.css',
      ]) {
        const { status, headers } = await visitor.get(path);
        assert.equal(status, 200, path);
        assert.deepEqual(headers.getSetCookie(), [], path);
      }
      assert.deepEqual(await salesforce.calls(), []);
    });

    it('becomes exactly one guest with the first save', async () => {
      await visitor.save('lisbon-by-tram');
      await visitor.save('lofoten-light');
      const calls = await salesforce.calls();
      assert.equal(calls.filter((call) => call.endsWith('/oauth2/authorize')).length, 1);
      assert.deepEqual(await visitor.savedTrips(), ['lisbon-by-tram', 'lofoten-light']);
    });

    it('saves a trip once however often the button is pressed, and takes it off again', async () => {
      await visitor.save('tatra-winter');
      await visitor.save('tatra-winter');
      assert.deepEqual(await visitor.savedTrips(), ['tatra-winter']);
      await visitor.post('/trips/tatra-winter/remove');
      assert.deepEqual(await visitor.savedTrips(), []);
    });

    it('stays on the page whose button takes a trip off the list', async () => {
      await visitor.save('tatra-winter');
      assert.match((await visitor.get('/trips')).html, /remove">\s*<input[^>]*value="\/trips"/);
      const { location } = await visitor.post('/trips/tatra-winter/remove', { returnTo: '/trips' });
      assert.equal(location, '/trips');
    });

    it('whose browser refuses cookies is told so where a button had no effect', async () => {
      const opened = async (path: string, from?: string, cookie?: string): Promise<boolean> => {
        const headers = { ...(from && { referer: shop.url + from }), ...(cookie && { cookie }) };
        return (await (await fetch(shop.url + path, { headers })).text()).includes(
          'your browser refuses the cookie of this shop',
        );
      };
      assert.equal(await opened('/trips', '/trips'), true);
      assert.equal(await opened('/saved', '/login'), true);
      assert.equal(await opened('/bookings', '/login'), true);
      assert.equal(await opened('/register/code', '/register'), true);
      assert.equal(await opened('/trips', '/'), false);
      assert.equal(await opened('/saved'), false);
      await visitor.save('tatra-winter');
      const cookies = [...visitor.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      assert.equal(await opened('/trips', '/trips', cookies), false);
    });

    it('who saves a trip that does not exist stays a stranger', async () => {
      const { status } = await visitor.save('atlantis');
      assert.equal(status, 404);
      assert.deepEqual(await salesforce.calls(), []);
    });

    it('sees nothing of what another browser saved', async () => {
      await visitor.save('lisbon-by-tram');
      const other = new Visitor(shop.url);
      assert.deepEqual(await other.savedTrips(), []);
      await other.save('lofoten-light');
      assert.deepEqual(await other.savedTrips(), ['lofoten-light']);
    });

    it('is sent to the login page by a page for customers, and a guest is too', async () => {
      const { location } = await visitor.get('/bookings');
      assert.equal(location, '/login?returnTo=%2Fbookings');
      await visitor.save('lisbon-by-tram');
      assert.equal((await visitor.get('/bookings')).location, '/login?returnTo=%2Fbookings');
    });
  });

  describe('a login by password', () => {
    it('keeps what the guest had saved, once, and says so once', async () => {
      await visitor.save('lisbon-by-tram');
      await visitor.save('lofoten-light');
      const { location } = await visitor.logIn(bob);
      assert.equal(location, '/saved');
      const { html } = await visitor.get('/saved');
      assert.match(html, /Your 2 saved trips are now in your account\./);
      assert.deepEqual(await visitor.savedTrips(), ['lisbon-by-tram', 'lofoten-light']);
      assert.doesNotMatch((await visitor.get('/saved')).html, /now in your account/);

      const again = new Visitor(shop.url);
      await again.save('lofoten-light');
      await again.logIn(bob);
      assert.deepEqual(await again.savedTrips(), ['lisbon-by-tram', 'lofoten-light']);
    });

    it('pressed three times at once moves the trips once', async () => {
      const customer = new Visitor(shop.url);
      await customer.logIn(alice);
      const before = await customer.savedTrips();
      await visitor.save('azores-whales');
      const clicks = [1, 2, 3].map(() => visitor.twin());
      await Promise.all(clicks.map((click) => click.logIn(alice)));
      const pages = await Promise.all(clicks.map((click) => click.get('/saved')));
      assert.equal(pages.filter(({ html }) => html.includes('now in your account')).length, 1);
      assert.deepEqual(await customer.savedTrips(), [...before, 'azores-whales']);
    });

    it('shows the past bookings and leads to the page that was wanted', async () => {
      const { location } = await visitor.logIn(alice, 'Passw0rd!', '/bookings');
      assert.equal(location, '/bookings');
      const { html, headers } = await visitor.get('/bookings');
      assert.match(html, /Booking <strong>B-0001<\/strong>/);
      assert.match(html, /href="\/account">[^]*?Alice Example<\/a>/);
      assert.equal(headers.get('cache-control'), 'no-store');
    });

    it('lets the customer save into the account, without another guest', async () => {
      await visitor.logIn(alice);
      await salesforce.forget();
      await visitor.save('patagonia-on-foot');
      assert.deepEqual(await salesforce.calls(), []);
      const elsewhere = new Visitor(shop.url);
      await elsewhere.logIn(alice);
      assert.ok((await elsewhere.savedTrips()).includes('patagonia-on-foot'));
    });

    it('takes nobody out of the shop', async () => {
      for (const away of [
        'https://example.org/',
        '//example.org',
        '/\\example.org',
        '/.//x',
        'x',
      ]) {
        const { location } = await new Visitor(shop.url).logIn(alice, 'Passw0rd!', away);
        assert.equal(location, '/saved', away);
      }
    });

    it('with a wrong password gives the form back with 401, the username, and no password', async () => {
      const { status, html } = await visitor.logIn('alice@example.com', 'open-sesame', '/bookings');
      assert.equal(status, 401);
      assert.match(
        html,
        /<li><a href="#password">That email address or order number and password do not match\./,
      );
      assert.match(html, /id="username"[^>]* value="alice@example\.com"/);
      assert.match(html, /name="returnTo" value="\/bookings"/);
      assert.doesNotMatch(html, /open-sesame/);
      assert.deepEqual([...visitor.cookies], []);
    });

    it('with empty fields names each of them, and asks Salesforce nothing', async () => {
      const { status, html } = await visitor.logIn('', '');
      assert.equal(status, 400);
      assert.match(html, /<a href="#username">Enter your email address or order number\./);
      assert.match(html, /<a href="#password">Enter your password\./);
      assert.match(html, /aria-invalid="true" aria-describedby="password-problem"/);
      assert.deepEqual(await salesforce.calls(), []);
    });

    it('tells of a name that is too long at its field', async () => {
      const { status, html } = await visitor.logIn('a'.repeat(300));
      assert.equal(status, 400);
      assert.match(html, /<li><a href="#username">What was entered contains/);
    });

    it('shows what was typed as text, never as markup', async () => {
      const { html } = await visitor.logIn('"><script>alert(1)</script>', 'x');
      assert.doesNotMatch(html, /<script>/);
    });

    it('during an outage says so with the right status, and tells the operator why', async () => {
      await salesforce.breakWith({ match: 'POST /services/oauth2/authorize', fault: 'html' });
      const { status, html } = await visitor.logIn(alice);
      assert.equal(status, 503);
      assert.match(html, /<h1>Logging in is not possible right now<\/h1>/);
      assert.match(html, /href="\/login\?returnTo=%2Fsaved">Back to the form/);
      assert.doesNotMatch(html, /not_headless|Setup/);
      assert.match(shop.output.stderr, /POST \/login: not_headless \(503\)[^]*hint: .*Setup/);
      assert.doesNotMatch(shop.output.stderr, /Passw0rd!/);
    });

    it('succeeds although the bookings cannot be read', async () => {
      await salesforce.breakWith({ match: 'GET /services/data/v62.0/query', fault: 'status' });
      const { location } = await visitor.logIn(alice, 'Passw0rd!', '/bookings');
      assert.equal(location, '/bookings');
      const { status, html } = await visitor.get('/bookings');
      assert.equal(status, 503);
      assert.match(html, /could not be read/);
    });
  });

  describe('a login by code', () => {
    it('sends a code, takes it, and keeps what the guest had saved', async () => {
      await visitor.save('naxos-slow-week');
      const request = { username: alice, method: 'email', recaptcha: 'x', returnTo: '/bookings' };
      const page = await visitor.postAndFollow('/login/code/send', request);
      assert.match(page.html, /a code is on its way by email/);
      const code = await salesforce.codeFor(alice);
      const { location } = await visitor.post('/login/code', { code, returnTo: '/bookings' });
      assert.equal(location, '/bookings');
      assert.match((await visitor.get('/bookings')).html, /saved trip is now in your account/);
      assert.ok((await visitor.savedTrips()).includes('naxos-slow-week'));
    });

    it('can be had by SMS, and sent again', async () => {
      const request = { username: alice, method: 'sms', recaptcha: 'x' };
      await visitor.post('/login/code/send', request);
      const page = await visitor.postAndFollow('/login/code/send-again', { recaptcha: 'x' });
      assert.match(page.html, /on its way by SMS/);
      const code = await salesforce.codeFor('+12025550101');
      assert.equal((await visitor.post('/login/code', { code })).location, '/saved');
    });

    it('says the same for somebody who does not exist', async () => {
      const request = { username: 'nobody@example.com', method: 'email', recaptcha: 'x' };
      const page = await visitor.postAndFollow('/login/code/send', request);
      assert.match(page.html, /If there is such an account, a code is on its way by email/);
      assert.equal((await visitor.post('/login/code', { code: '123456' })).status, 401);
    });

    it('with a wrong code gives the form back', async () => {
      const request = { username: bob, method: 'email', recaptcha: 'x' };
      await visitor.post('/login/code/send', request);
      const { status, html } = await visitor.post('/login/code', { code: 'abcdef' });
      assert.equal(status, 401);
      assert.match(html, /<a href="#code">The code is not right, or no longer valid\./);
    });

    it('without a username gives the form of the login page back', async () => {
      const { status, html } = await visitor.post('/login/code/send', {
        username: '',
        method: 'sms',
      });
      assert.equal(status, 400);
      assert.match(html, /<a href="#code-username">Enter your email address or order number\./);
      assert.match(html, /value="sms" checked/);
    });

    it('has no page for codes before one was asked for', async () => {
      assert.equal((await visitor.get('/login/code')).location, '/login?returnTo=%2Fsaved');
    });
  });

  describe('a logout', () => {
    it('ends it, and the next visitor starts with nothing', async () => {
      await visitor.logIn(alice);
      await visitor.save('kyoto-in-november');
      const thief = visitor.twin();
      assert.equal((await visitor.post('/logout')).location, '/logged-out');
      assert.deepEqual([...visitor.cookies], []);

      for (const next of [visitor, thief]) {
        assert.deepEqual(await next.savedTrips(), []);
        assert.equal((await next.get('/bookings')).location, '/login?returnTo=%2Fbookings');
        assert.match((await next.get('/')).html, /href="\/login"/);
      }
    });

    it('is a form and no link', async () => {
      assert.equal((await visitor.get('/logout')).status, 404);
    });
  });

  describe('a request that changes something', () => {
    const elsewhere: [string, Record<string, string>][] = [
      ['another site', { 'sec-fetch-site': 'cross-site', origin: 'https://example.org' }],
      ['a neighbouring subdomain', { 'sec-fetch-site': 'same-site' }],
      ['another site, in an older browser', { origin: 'https://example.org' }],
      ['a sandboxed frame', { origin: 'null' }],
      ['another site, in a very old browser', { referer: 'https://example.org/page' }],
      ['nowhere', {}],
    ];
    for (const [where, headers] of elsewhere) {
      it(`from ${where} is refused`, async () => {
        const { status } = await visitor.post('/trips/lofoten-light/save', {}, headers);
        assert.equal(status, 403);
        assert.deepEqual([...visitor.cookies], []);
        assert.deepEqual(await salesforce.calls(), []);
      });
    }

    it('is taken from a page of the shop, by each of the three headers', async () => {
      const own: Record<string, string>[] = [
        { 'sec-fetch-site': 'same-origin' },
        { origin: shop.url },
        { referer: `${shop.url}/trips` },
      ];
      for (const headers of own) {
        assert.equal((await visitor.post('/trips/lofoten-light/save', {}, headers)).status, 303);
      }
    });
  });

  describe('its process', () => {
    /** A database that is there already starts faster. One shop at a time. */
    let kept: Record<string, string>;
    before(() => {
      const folder = mkdtempSync(join(tmpdir(), 'travel-shop-'));
      kept = { DATABASE_FOLDER: folder, SESSION_SECRET: 's'.repeat(32) };
    });
    after(() => {
      rmSync(kept['DATABASE_FOLDER'] ?? '', { recursive: true, force: true });
    });

    it('stops a visitor who guesses, after twenty failures', async () => {
      const guarded = await startShop(kept);
      const guesser = new Visitor(guarded.url);
      for (let guess = 0; guess < 20; guess++) {
        assert.equal((await guesser.logIn('', '')).status, 400);
      }
      assert.equal((await guesser.logIn(alice)).status, 429);
      await guarded.stop();
    });

    it('sends twenty codes an hour to one address, whichever page asks, and says why not more', async () => {
      const guarded = await startShop({ ...kept, FIRST_PARTY: '1' });
      const send = (
        path: string,
        person: string,
        fields: Record<string, string>,
      ): Promise<Page> => {
        const username = `${person}@example.com`;
        const form = {
          login_hint: username,
          email: username,
          method: 'email',
          recaptcha: 'x',
          ...fields,
        };
        return new Visitor(guarded.url).post(path, form);
      };
      const form = { lastName: 'Example', password: 'Sunny-day-7' };
      const sending: readonly [path: string, fields: Record<string, string>][] = [
        ['/login/code/send', {}],
        ['/forgot-password', {}],
        ['/register', form],
        ['/login/first-party', {}],
        ['/register/first-party', form],
      ];
      const sent: number[] = [];
      const refused: (number | boolean)[] = [];
      for (let round = 0; round < 5; round += 1) {
        for (const [path, fields] of sending) {
          const { status, html } = await send(path, `person${String(round)}`, fields);
          if (round < 4) sent.push(status);
          else refused.push(status, html.includes('Too many codes have been requested.'));
        }
      }
      const login = await new Visitor(guarded.url).logIn(alice);
      await guarded.stop();
      assert.ok(
        sent.every((status) => status < 400),
        sent.join(),
      );
      assert.deepEqual(refused, Array.from({ length: 5 }, () => [429, true]).flat());
      assert.equal(login.status, 303);
    });

    it('does not take an outage for guessing', async () => {
      const guarded = await startShop(kept);
      const org = new EmulatorControl(guarded.emulator);
      await org.breakWith({ match: 'POST /services/oauth2/authorize', fault: 'status' });
      const tries: number[] = [];
      for (let attempt = 0; attempt < 21; attempt += 1) {
        tries.push((await new Visitor(guarded.url).logIn(alice)).status);
      }
      await org.mend();
      const { status } = await new Visitor(guarded.url).logIn(alice);
      await guarded.stop();
      assert.ok(
        tries.every((code) => code >= 500),
        tries.join(),
      );
      assert.equal(status, 303);
    });

    it('marks the cookie Secure when a trusted proxy says that the browser sees https', async () => {
      const proxied = await startShop({ ...kept, TRUST_PROXY: '1' });
      for (const [protocol, secure] of [['https', true] as const, ['http', false] as const]) {
        const origin = proxied.url.replace('http:', `${protocol}:`);
        const page = await new Visitor(proxied.url).post(
          '/trips/tatra-winter/save',
          {},
          { origin, 'x-forwarded-proto': protocol },
        );
        const [cookie = ''] = page.headers.getSetCookie();
        assert.match(cookie, /HttpOnly; (Secure; )?SameSite=Lax/);
        assert.equal(cookie.includes('Secure'), secure);
      }
      await proxied.stop();
    });

    it('lets Google in only when it is told to show its widget', async () => {
      const page = await visitor.get('/login');
      assert.doesNotMatch(
        page.html + String(page.headers.get('content-security-policy')),
        /google/,
      );
      const guarded = await startShop({ ...kept, RECAPTCHA_SITE_KEY: 'a-site-key' });
      const { html, headers } = await new Visitor(guarded.url).get('/login');
      assert.match(html, /class="g-recaptcha" data-sitekey="a-site-key"/);
      assert.match(
        String(headers.get('content-security-policy')),
        /script-src https:\/\/www\.google/,
      );
      await guarded.stop();
    });

    it('goes on after a restart with another secret: an old cookie is a stranger', async () => {
      const first = await startShop(kept);
      const customer = new Visitor(first.url);
      await customer.save('lisbon-by-tram');
      await first.stop();
      const second = await startShop({
        ...kept,
        SESSION_SECRET: 't'.repeat(32),
        PORT: first.port,
      });
      assert.equal((await customer.get('/trips')).status, 200);
      assert.deepEqual(await customer.savedTrips(), []);
      await customer.save('lofoten-light');
      assert.deepEqual(await customer.savedTrips(), ['lofoten-light']);
      await second.stop();
    });

    it('ends cleanly, even when told twice', async () => {
      for (const signals of [['SIGTERM'], ['SIGINT', 'SIGINT'], ['SIGINT', 'SIGTERM']] as const) {
        const other = await startShop(kept);
        assert.equal((await fetch(`${other.url}/healthz`)).status, 200);
        assert.equal(await other.stop(...signals), 0);
        assert.equal(other.output.stderr, '');
      }
    });

    const wrong: [string, Record<string, string>, RegExp][] = [
      ['a port that is no number', { PORT: 'web' }, /PORT must be a number/],
      ['an org without a site', { SF_CLIENT_ID: 'x' }, /SF_SITE is needed/],
      ['a site without an app', { SF_SITE: 'https://x.example' }, /SF_CLIENT_ID is needed/],
      [
        'a site by http',
        { SF_SITE: 'http://x.example', SF_CLIENT_ID: 'x' },
        /SF_SITE must use https/,
      ],
      ['a discovery handler without a site', { SF_LOGIN_HINT: 'x' }, /SF_SITE is needed/],
      ['identity providers without a site', { SF_SSO_PROVIDERS: 'A=a' }, /SF_SITE is needed/],
      ['a short secret', { SESSION_SECRET: 'short' }, /SESSION_SECRET must have/],
      ['Redis without a secret', { REDIS_URL: 'redis://localhost' }, /SESSION_SECRET is needed/],
      [
        'a short secret among several',
        { SESSION_SECRET: `${'s'.repeat(32)},old` },
        /SESSION_SECRET must have .* between commas/,
      ],
      [
        'a database without a secret',
        { DATABASE_FOLDER: 'data' },
        /SESSION_SECRET is needed when DATABASE_FOLDER is set/,
      ],
      ['a database URL that is none', { DATABASE_URL: 'localhost' }, /DATABASE_URL must look like/],
      [
        'a database that is not there',
        { DATABASE_URL: 'postgresql://me:mine@localhost:1/x', SESSION_SECRET: 's'.repeat(32) },
        /^(?!.*mine).*DATABASE_URL: no connection: /,
      ],
      [
        'a folder that cannot be',
        { DATABASE_FOLDER: '/dev/null/data', SESSION_SECRET: 's'.repeat(32) },
        /DATABASE_FOLDER: no database in \/dev\/null\/data: /,
      ],
      ['an address with a path', { SHOP_URL: 'https://x.example/shop' }, /SHOP_URL must look like/],
      [
        'an identity provider without a label',
        {
          SF_SSO_PROVIDERS: 'Google_Customers',
          SF_SITE: 'https://x.example',
          SF_CLIENT_ID: 'x',
        },
        /SF_SSO_PROVIDERS must look like/,
      ],
      ['a switch that is none', { FIRST_PARTY: 'yes' }, /FIRST_PARTY must be 1/],
      [
        'a key of its own for a real org',
        { FIRST_PARTY: '1', SF_SITE: 'https://x.example', SF_CLIENT_ID: 'x' },
        /FIRST_PARTY is for the emulator/,
      ],
      ['a Redis URL that is none', { REDIS_URL: 'localhost' }, /REDIS_URL must look like/],
      [
        'a Redis that is not there',
        { REDIS_URL: 'redis://localhost:1', SESSION_SECRET: 's'.repeat(32) },
        /REDIS_URL: no connection to localhost:1/,
      ],
    ];
    for (const [what, environment, message] of wrong) {
      it(`given ${what} says so in one line and ends with 1`, async () => {
        const { code, stdout, stderr } = await startInVain(environment);
        assert.equal(code, 1);
        assert.equal(stdout, '');
        assert.match(stderr, message);
        assert.equal(stderr.trim().split('\n').length, 1);
      });
    }

    it('gives nobody the trips of somebody from before a restart, and Alice her own', async () => {
      const logged = async (at: ShopProcess, username: string): Promise<Visitor> => {
        const customer = new Visitor(at.url);
        if (username === alice) await customer.logIn(alice);
        else await register(customer, new EmulatorControl(at.emulator), username);
        return customer;
      };
      const first = await startShop(kept);
      await (await logged(first, 'carol@example.com')).save('lisbon-by-tram');
      await (await logged(first, alice)).save('tatra-winter');
      await first.stop();
      const second = await startShop(kept);
      const dave = await (await logged(second, 'dave@example.com')).savedTrips();
      const hers = await (await logged(second, alice)).savedTrips();
      await second.stop();
      assert.deepEqual([dave, hers], [[], ['tatra-winter']]);
    });

    it('does not share the folder of its database with another shop', async () => {
      const first = await startShop(kept);
      const { code, stderr } = await startInVain(kept);
      await first.stop('SIGKILL');
      assert.equal(code, 1);
      assert.match(stderr, /^travel-shop: DATABASE_FOLDER: .* is in use by process \d+; [^\n]*\n$/);
      // Whoever has left without a word keeps nobody out.
      const next = await startShop(kept);
      await next.stop();
    });

    it('says at the start what it will not keep', async () => {
      assert.match(shop.output.stdout, /Not kept: +new accounts, saved trips, logins/);
      const keeping = await startShop(kept);
      await keeping.stop();
      assert.match(keeping.output.stdout, /Not kept: +new accounts, logins/);
    });

    it('is known to its emulator after a reset', async () => {
      const closed = await startShop({ ...kept, PRIVATE: '1' });
      await new EmulatorControl(closed.emulator).reset();
      const customer = new Visitor(closed.url);
      const byPassword = await customer.logIn(alice);
      const byCode = await new Visitor(closed.url).post('/login/code/send', {
        username: alice,
        method: 'email',
      });
      await closed.stop();
      assert.deepEqual([byPassword.status, byCode.status], [303, 303]);
    });

    it('says which port is busy, before it has started anything else', async () => {
      const { code, stderr } = await startInVain({
        ...kept,
        DATABASE_FOLDER: '/dev/null/data',
        PORT: shop.port,
      });
      assert.equal(code, 1);
      assert.match(stderr, new RegExp(`^travel-shop: port ${shop.port} is in use`));
    });
  });
});
