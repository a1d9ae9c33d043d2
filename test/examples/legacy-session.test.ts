import assert from 'node:assert/strict';
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { EmulatorControl } from './emulator-control.js';
import { Visitor, type Page } from './visitor.js';

const folder = new URL('../../../examples/legacy-session/', import.meta.url);
const alice = 'alice@example.com';
const bob = 'bob@example.com';
const sessionCookie = 'connect.sid';

/** The shop in a process of its own, before or after it has adopted the library. */
class LegacyShop {
  readonly url: string;
  readonly emulator: string | undefined;
  private readonly child: ChildProcessByStdio<null, Readable, Readable>;
  private readonly output: { stdout: string; stderr: string };

  private constructor(child: LegacyShop['child'], output: LegacyShop['output']) {
    this.child = child;
    this.output = output;
    this.url = /Legacy shop: (\S+)/.exec(output.stdout)?.[1] ?? '';
    this.emulator = /Emulator: +(\S+)\/portal/.exec(output.stdout)?.[1];
  }

  /** Starts it and waits for the line that says where it is. */
  static async start(version: 'before' | 'app', environment = {}): Promise<LegacyShop> {
    const parameters = [fileURLToPath(new URL('start.cjs', folder)), version];
    const child = spawn(process.execPath, parameters, {
      env: { PATH: process.env['PATH'], PORT: '0', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
    while (!/Legacy shop: .*\n/.test(output.stdout)) {
      if (child.exitCode !== null) throw new Error(`the shop ended:\n${output.stderr}`);
      await Promise.race([once(child.stdout, 'data'), once(child, 'close')]);
    }
    return new LegacyShop(child, output);
  }

  /** What it has told its operator. */
  get complaints(): string {
    return this.output.stderr;
  }

  async stop(): Promise<void> {
    this.child.kill();
    const { exitCode, signalCode } = this.child;
    if (exitCode === null && signalCode === null) await once(this.child, 'exit');
  }
}

/** A browser of a visitor. */
class Browser extends Visitor {
  private readonly origin: string;

  constructor(origin: string) {
    super(origin);
    this.origin = origin;
  }

  async putIntoCart(...articles: string[]): Promise<void> {
    for (const article of articles) {
      assert.equal((await this.post('/cart', { article })).location, '/cart');
    }
  }

  /** Ids of the articles on the page of the cart. */
  async cart(): Promise<string[]> {
    return articlesOn(await this.get('/cart'));
  }

  /** The same cookies in another jar: what a browser sent before an answer reached it. */
  asItIsNow(): Browser {
    const copy = new Browser(this.origin);
    for (const [name, value] of this.cookies) copy.cookies.set(name, value);
    return copy;
  }

  async logOut(): Promise<void> {
    assert.equal((await this.post('/logout')).location, '/');
  }
}

function articlesOn({ html }: Page): string[] {
  return [...html.matchAll(/data-article="([^"]+)"/g)].map(([, id]) => id ?? '');
}

function messagesOn({ html }: Page, type: 'error' | 'info'): string[] {
  return [...html.matchAll(/<p class="(\w+)">(.*)<\/p>/g)]
    .filter(([, found]) => found === type)
    .map(([, , message]) => message ?? '');
}

function headingOf({ html }: Page): string | undefined {
  return /<h1>(.*)<\/h1>/.exec(html)?.[1];
}

function read(name: string): string {
  return readFileSync(new URL(name, folder), 'utf8');
}

/** The text that a unified diff makes of another. Every line that the diff names must be where it says. */
function patched(text: string, diff: string): string {
  const before = text.split('\n');
  const after: string[] = [];
  let at = 0;
  const keepUntil = (line: number): void => {
    after.push(...before.slice(at, line));
    at = line;
  };
  for (const line of diff.split('\n').filter((each) => !/^(---|\+\+\+) /.test(each))) {
    const hunk = /^@@ -(\d+)/.exec(line)?.[1];
    if (hunk !== undefined) {
      keepUntil(Number(hunk) - 1);
    } else if (line.startsWith('+')) {
      after.push(line.slice(1));
    } else {
      assert.equal(line.slice(1), before[at], `line ${at + 1}`);
      if (line.startsWith('-')) at++;
      else keepUntil(at + 1);
    }
  }
  keepUntil(before.length);
  return after.join('\n');
}

describe('legacy-session', function () {
  this.timeout(20_000);

  it('shows in its README what adopting the library takes, to the letter', () => {
    const diff = /^```diff\n([\s\S]*?)\n```$/m.exec(read('README.md'))?.[1] ?? '';
    assert.match(diff, /^--- before\.cjs\n\+\+\+ app\.cjs\n/);
    assert.equal(patched(read('before.cjs'), diff), read('app.cjs'));
  });

  for (const version of ['before', 'app'] as const) {
    it(`says in one line that its port is no number (${version})`, async () => {
      await assert.rejects(
        LegacyShop.start(version, { PORT: 'abc' }),
        /^Error: the shop ended:\nPORT must be a number from 0 to 65535, and is "abc"\n$/,
      );
    });
  }

  it('says in one line that its port is taken', async () => {
    const shop = await LegacyShop.start('before');
    try {
      const again = LegacyShop.start('before', { PORT: new URL(shop.url).port });
      await assert.rejects(again, /^Error: the shop ended:\nlisten EADDRINUSE[^\n]*\n$/);
    } finally {
      await shop.stop();
    }
  });

  describe('before', () => {
    let shop: LegacyShop;
    let browser: Browser;
    before(async () => {
      shop = await LegacyShop.start('before');
    });
    after(async () => {
      await shop.stop();
    });
    beforeEach(async () => {
      browser = new Browser(shop.url);
      await browser.putIntoCart('teapot', 'mug');
      assert.equal((await browser.logIn(alice)).location, '/account');
      assert.deepEqual(await browser.cart(), ['teapot', 'mug']);
    });

    it('shows the cart to whoever logs in after a logout', async () => {
      await browser.logOut();
      assert.deepEqual(await browser.cart(), ['teapot', 'mug']);
      await browser.logIn(bob);
      const page = await browser.get('/account');
      assert.equal(headingOf(page), 'Account of Bob');
      assert.deepEqual(articlesOn(page), ['teapot', 'mug']);
    });

    it('shows the cart to whoever logs in without one', async () => {
      await browser.logIn(bob);
      assert.deepEqual(articlesOn(await browser.get('/account')), ['teapot', 'mug']);
    });

    it('logs in under a session id that somebody else may know', async () => {
      const stranger = new Browser(shop.url);
      await stranger.get('/');
      const planted = stranger.asItIsNow();
      await stranger.logIn(alice);
      assert.equal(headingOf(await planted.get('/account')), 'Account of Alice');
    });

    it('takes a login form from any site', async () => {
      const stranger = new Browser(shop.url);
      await stranger.putIntoCart('tray');
      const fields = { username: bob, password: 'Passw0rd!' };
      await stranger.post('/login', fields, { origin: 'https://example.org' });
      assert.deepEqual(articlesOn(await stranger.get('/account')), ['tray']);
    });
  });

  describe('after', () => {
    let shop: LegacyShop;
    let salesforce: EmulatorControl;
    let browser: Browser;
    before(async () => {
      shop = await LegacyShop.start('app');
      salesforce = new EmulatorControl(shop.emulator);
    });
    after(async () => {
      await shop.stop();
    });
    beforeEach(() => {
      browser = new Browser(shop.url);
    });
    afterEach(async () => {
      await salesforce.mend();
      await salesforce.forget();
    });

    it('the cart survives the login, once, and says so, once', async () => {
      await browser.putIntoCart('teapot', 'mug', 'mug');
      assert.equal((await browser.logIn(alice)).location, '/account');
      const page = await browser.get('/account');
      assert.match(headingOf(page) ?? '', /^Account of Alice/);
      assert.deepEqual(articlesOn(page), ['teapot', 'mug', 'mug']);
      assert.deepEqual(messagesOn(page, 'info'), ['Your cart has come with you.']);
      const again = await browser.get('/account');
      assert.deepEqual(messagesOn(again, 'info'), []);
      assert.deepEqual(articlesOn(again), ['teapot', 'mug', 'mug']);
    });

    it('logging in once more as the same person changes nothing', async () => {
      await browser.putIntoCart('teapot');
      await browser.logIn(alice);
      await browser.putIntoCart('tray');
      await browser.get('/');
      await browser.logIn(alice);
      const page = await browser.get('/account');
      assert.deepEqual(articlesOn(page), ['teapot', 'tray']);
      assert.deepEqual(messagesOn(page, 'info'), []);
    });

    it('a login without a cart says nothing of one', async () => {
      await browser.logIn(bob);
      const page = await browser.get('/account');
      assert.deepEqual([articlesOn(page), messagesOn(page, 'info')], [[], []]);
    });

    it('a wrong password is said once, and keeps the cart', async () => {
      await browser.putIntoCart('teapot');
      assert.equal((await browser.logIn(alice, 'not it')).location, '/login');
      const [message, ...more] = messagesOn(await browser.get('/login'), 'error');
      assert.match(message ?? '', /password/);
      assert.deepEqual(more, []);
      assert.deepEqual(messagesOn(await browser.get('/login'), 'error'), []);
      assert.deepEqual(await browser.cart(), ['teapot']);
      await browser.logIn(alice);
      assert.deepEqual(await browser.cart(), ['teapot']);
    });

    it('a page for customers sends a stranger to the login', async () => {
      const { location } = await browser.get('/account');
      assert.equal(location, '/login');
      assert.deepEqual(messagesOn(await browser.get('/login'), 'error'), ['Please log in first.']);
    });

    it('a guest is no customer', async () => {
      await browser.putIntoCart('teapot');
      assert.equal((await browser.get('/account')).location, '/login');
    });

    it('logging out leaves nothing behind', async () => {
      await browser.putIntoCart('teapot');
      await browser.logIn(alice);
      const stolen = browser.asItIsNow();
      await browser.logOut();
      assert.deepEqual(messagesOn(await browser.get('/'), 'info'), ['You are logged out.']);
      for (const next of [browser, stolen]) {
        assert.deepEqual(await next.cart(), []);
        assert.equal((await next.get('/account')).location, '/login');
      }
    });

    describe('the next person', () => {
      it('after a logout begins with an empty cart', async () => {
        await browser.putIntoCart('teapot');
        await browser.logIn(alice);
        await browser.logOut();
        await browser.logIn(bob);
        const page = await browser.get('/account');
        assert.match(headingOf(page) ?? '', /^Account of Bob/);
        assert.deepEqual([articlesOn(page), messagesOn(page, 'info')], [[], []]);
      });

      it('without a logout begins with an empty cart', async () => {
        await browser.putIntoCart('teapot');
        await browser.logIn(alice);
        await browser.logIn(bob);
        const page = await browser.get('/account');
        assert.match(headingOf(page) ?? '', /^Account of Bob/);
        assert.deepEqual([articlesOn(page), messagesOn(page, 'info')], [[], []]);
        await browser.putIntoCart('tray');
        await browser.logOut();
        await browser.logIn(alice);
        assert.deepEqual(await browser.cart(), []);
      });

      it('takes along what was put into the cart after the logout', async () => {
        await browser.putIntoCart('teapot');
        await browser.logIn(alice);
        await browser.logOut();
        await browser.putIntoCart('mug');
        await browser.logIn(bob);
        const page = await browser.get('/account');
        assert.deepEqual(articlesOn(page), ['mug']);
        assert.deepEqual(messagesOn(page, 'info'), ['Your cart has come with you.']);
      });
    });

    it('three clicks on "log in" give one session with one cart', async () => {
      // Nobody waits less than this for Salesforce, so the clicks meet.
      await salesforce.breakWith({ match: 'POST /services/oauth2/authorize', delay: 150 });
      for (let round = 0; round < 3; round++) {
        const visitor = new Browser(shop.url);
        await visitor.putIntoCart('teapot', 'mug');
        const clicks = [visitor.asItIsNow(), visitor.asItIsNow(), visitor.asItIsNow()];
        const answers = await Promise.all(clicks.map((click) => click.logIn(alice)));
        assert.deepEqual(
          answers.map(({ location }) => location),
          ['/account', '/account', '/account'],
        );
        assert.equal(new Set(clicks.map(({ cookies }) => cookies.get(sessionCookie))).size, 1);
        let told = 0;
        for (const click of clicks) {
          const page = await click.get('/account');
          assert.deepEqual(articlesOn(page), ['teapot', 'mug']);
          told += messagesOn(page, 'info').length;
        }
        assert.equal(told, 1);
      }
    });

    it('a click that comes in after the answer to an earlier one joins its session', async () => {
      await browser.putIntoCart('teapot', 'mug');
      const late = browser.asItIsNow();
      await browser.logIn(alice);
      await late.logIn(alice);
      assert.equal(late.cookies.get(sessionCookie), browser.cookies.get(sessionCookie));
      assert.deepEqual(await late.cart(), ['teapot', 'mug']);
    });

    it('a session id that somebody else may know is worth nothing after the login', async () => {
      await browser.putIntoCart('teapot');
      const planted = browser.asItIsNow();
      await browser.logIn(alice);
      assert.equal((await planted.get('/account')).location, '/login');
      assert.deepEqual(await planted.cart(), []);
      assert.deepEqual(await browser.cart(), ['teapot']);
    });

    it('a form of another site logs nobody in', async () => {
      await browser.putIntoCart('teapot');
      const fields = { username: bob, password: 'Passw0rd!' };
      const forged = [
        { origin: 'https://example.org' },
        { origin: 'null' },
        { origin: shop.url, 'sec-fetch-site': 'cross-site' },
        {},
      ];
      for (const headers of forged) {
        const page = await browser.post('/login', fields, headers);
        assert.equal(page.status, 403);
        assert.equal(headingOf(page), 'That did not work');
      }
      assert.equal((await browser.get('/account')).location, '/login');
      assert.deepEqual(await browser.cart(), ['teapot']);
    });

    it('Salesforce hears of the visitor at the first article and at the login, not before', async () => {
      await browser.get('/');
      await browser.get('/cart');
      assert.deepEqual(await salesforce.calls(), []);
      await browser.putIntoCart('teapot', 'mug');
      const guest = ['POST /services/oauth2/authorize', 'POST /services/oauth2/token'];
      assert.deepEqual(await salesforce.calls(), guest);
    });

    it('goes on selling while Salesforce is away, and takes an outage for no wrong password', async () => {
      await salesforce.breakWith({ match: 'POST /services/oauth2/authorize', fault: 'reset' });
      await browser.putIntoCart('teapot', 'mug');
      const page = await browser.logIn(alice);
      assert.equal(page.status, 503);
      assert.equal(headingOf(page), 'That did not work');
      assert.deepEqual(messagesOn(await browser.get('/login'), 'error'), []);
      await salesforce.mend();
      await browser.logIn(alice);
      assert.deepEqual(articlesOn(await browser.get('/account')), ['teapot', 'mug']);
      assert.match(shop.complaints, /HeadlessError/);
      assert.doesNotMatch(shop.complaints, /Passw0rd/);
    });
  });
});
