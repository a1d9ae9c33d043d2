import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import type { Upgrade } from '../../lib/index.js';
import { Browser, type Answer } from './browser.js';
import { cartOf, itemsOf, openCartShop, type CartShop, type Page } from './cart-shop.js';
import { randomFrom } from './random.js';
import { SlowStore } from './slow-store.js';

const alice = { username: 'alice@example.com', password: 'Passw0rd!' };
const bob = { username: 'bob@example.com', password: 'Passw0rd!' };
const sessionCookie = 'connect.sid';

/** The accounts of the app: what upgrades have put into them, and how often the hook ran for each. */
class Accounts {
  readonly merged = new Map<string, { user: string; items: readonly string[] }>();
  readonly runs: string[] = [];

  /** Idempotent by its key, like a table with a unique column; the count of runs is not. */
  merge(upgrade: Upgrade): void {
    const { upgradeId, user } = upgrade;
    this.runs.push(upgradeId);
    if (this.merged.has(upgradeId)) return;
    this.merged.set(upgradeId, { user: (user as { id: string }).id, items: itemsOf(upgrade) });
  }
}

describe('exactly once', () => {
  const seed = Date.now() % 1_000_000_000;
  const random = randomFrom(seed);
  let emulator: Emulator;
  let shop: CartShop;
  let accounts: Accounts;
  const pause = (most: number): Promise<void> =>
    new Promise((resolve) => setTimeout(resolve, random() * most));

  before(async () => {
    emulator = await startEmulator();
  });
  beforeEach(async () => {
    accounts = new Accounts();
    shop = await openCartShop({
      emulator,
      store: new SlowStore(random),
      headless: {
        onUpgrade: async (upgrade) => {
          await pause(3);
          accounts.merge(upgrade);
        },
      },
    });
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') console.error(`      seed ${seed}`);
    await shop.close();
    emulator.reset();
  });
  after(() => emulator.close());

  const idOf = (username: string): string => emulator.state().users[username]?.userId ?? '';

  /** A guest with two items in its cart. */
  async function guestWithCart(name: string): Promise<{ browser: Browser<Page>; cart: string[] }> {
    const browser = new Browser<Page>(() => shop.origin);
    const cart = [`${name} tent`, `${name} stove`];
    for (const item of cart) assert.equal((await browser.visit('/add', { item })).status, 200);
    return { browser, cart };
  }

  /** Token calls of the next requests take a random time each, so that logins overtake each other. */
  function delayTokens(calls: number): void {
    emulator.clearLog();
    emulator.faults(
      Array.from({ length: calls }, () => ({
        match: 'POST /services/oauth2/token',
        times: 1,
        delay: Math.ceil(random() * 12),
      })),
    );
  }

  /** The page that a browser sees which got this answer last of all. */
  async function pageAfter(guest: Browser<Page>, answer: Answer<Page>): Promise<Page> {
    const browser = guest.copy();
    browser.remember(answer.cookies);
    const { status, body } = await browser.send('/me');
    assert.equal(status, 200);
    return body;
  }

  const statuses = (answers: readonly Answer<Page>[]): number[] =>
    answers.map(({ status }) => status);

  it('20 parallel logins from one guest jar, 50 rounds, random delays in token and store: one upgrade', async () => {
    const user = idOf(alice.username);
    for (let round = 0; round < 50; round += 1) {
      const { browser, cart } = await guestWithCart(`${round}`);
      const runsBefore = accounts.runs.length;
      delayTokens(20);
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => browser.send('/login', alice)),
      );
      assert.deepEqual(statuses(answers), Array<number>(20).fill(200), `round ${round}`);
      assert.equal(accounts.runs.length - runsBefore, 1, `round ${round}: runs of the hook`);
      assert.deepEqual(accounts.merged.get(accounts.runs.at(-1) ?? ''), { user, items: cart });
      // One session for all of them: whichever Set-Cookie arrives last, the browser is where the others are.
      assert.equal(new Set(answers.map(({ cookies }) => cookies.get(sessionCookie))).size, 1);
      for (const { body } of answers) {
        assert.equal(body.identity?.userId, user);
        assert.deepEqual(cartOf(body), cart);
      }
      const [first] = answers;
      assert.ok(first);
      const page = await pageAfter(browser, first);
      assert.deepEqual([page.user?.id, page.identity?.userId], [user, user]);
      assert.deepEqual(cartOf(page), cart);
      assert.equal(page.guest, undefined);
    }
    assert.equal(accounts.merged.size, 50);
  }).timeout(40_000);

  it('clicks that come while earlier ones are being answered: one upgrade, the cart in every answer', async () => {
    const user = idOf(alice.username);
    for (let round = 0; round < 15; round += 1) {
      const { browser, cart } = await guestWithCart(`${round}`);
      const runsBefore = accounts.runs.length;
      delayTokens(8);
      const answers = await Promise.all(
        Array.from({ length: 8 }, async () => {
          await pause(60);
          return browser.send('/login', alice);
        }),
      );
      assert.deepEqual(statuses(answers), Array<number>(8).fill(200), `round ${round}`);
      assert.equal(accounts.runs.length - runsBefore, 1, `round ${round}: runs of the hook`);
      for (const answer of answers) {
        const page = await pageAfter(browser, answer);
        assert.equal(page.user?.id, user);
        assert.deepEqual(cartOf(page), cart, `round ${round}: whichever Set-Cookie arrives last`);
      }
    }
  }).timeout(20_000);

  it('one code, several submits at once: one of them logs in, with one upgrade', async () => {
    const user = idOf(alice.username);
    for (let round = 0; round < 10; round += 1) {
      // A user gets so many codes an hour.
      emulator.reset();
      const { browser, cart } = await guestWithCart(`${round}`);
      const runsBefore = accounts.runs.length;
      const asked = await browser.visit('/code', { username: alice.username, recaptcha: 'pass' });
      assert.equal(asked.status, 200);
      const code = emulator.outbox(alice.username)[0]?.code;
      delayTokens(6);
      const answers = await Promise.all(
        Array.from({ length: 6 }, () => browser.send('/code/login', { code })),
      );
      const won = answers.filter(({ status }) => status === 200);
      assert.equal(won.length, 1, `round ${round}: ${String(statuses(answers))}`);
      assert.ok(answers.every(({ status }) => status < 500));
      assert.equal(accounts.runs.length - runsBefore, 1);
      // The answers that came too late must not take the winner's session away, in whatever order they arrive.
      for (const { cookies } of answers) browser.remember(cookies);
      const { body } = await browser.send('/me');
      assert.equal(body.identity?.userId, user);
      assert.deepEqual(cartOf(body), cart);
    }
  }).timeout(20_000);

  it('20 parallel calls of a plain req.login: one session, one upgrade', async () => {
    for (let round = 0; round < 20; round += 1) {
      const { browser, cart } = await guestWithCart(`${round}`);
      const runsBefore = accounts.runs.length;
      const answers = await Promise.all(
        Array.from({ length: 20 }, async () => {
          await pause(4);
          return browser.send('/plain', { id: 'carol' });
        }),
      );
      assert.deepEqual(statuses(answers), Array<number>(20).fill(200), `round ${round}`);
      assert.equal(accounts.runs.length - runsBefore, 1, `round ${round}: runs of the hook`);
      assert.deepEqual(accounts.merged.get(accounts.runs.at(-1) ?? ''), {
        user: 'carol',
        items: cart,
      });
      for (const answer of answers) {
        assert.deepEqual(cartOf(await pageAfter(browser, answer)), cart, `round ${round}`);
      }
    }
  }).timeout(20_000);

  describe('two people at once from one guest jar', () => {
    const people = [alice, bob];

    /** Every answer is all of one person: user, profile, session and what the session says on the next page. */
    async function belongsTo(
      browser: Browser<Page>,
      answer: Answer<Page>,
      username: string,
    ): Promise<Page> {
      const user = idOf(username);
      const page = await pageAfter(browser, answer);
      for (const { user: named, identity } of [answer.body, page]) {
        assert.deepEqual([named?.id, identity?.userId], [user, user]);
      }
      return page;
    }

    it('two tabs: everything belongs to one of them, and the cart went to exactly one', async () => {
      const owners = new Set<string>();
      for (let round = 0; round < 40; round += 1) {
        const { browser, cart } = await guestWithCart(`${round}`);
        delayTokens(2);
        const answers = await Promise.all(people.map((person) => browser.send('/login', person)));
        assert.deepEqual(statuses(answers), [200, 200]);
        const pages = await Promise.all(
          answers.map((answer, at) => belongsTo(browser, answer, people[at]?.username ?? '')),
        );
        const carts = pages.map(cartOf).filter((each) => each.length > 0);
        assert.deepEqual(carts, [cart], `round ${round}`);
        const owner = pages.find((page) => cartOf(page).length > 0)?.user?.id ?? '';
        const merged = [...accounts.merged.values()].filter(({ items }) => items[0] === cart[0]);
        assert.deepEqual(merged, [{ user: owner, items: cart }]);
        owners.add(owner);
      }
      assert.equal(owners.size, 2, 'the delays let each of them be first at times');
      assert.equal(accounts.runs.length, 40);
    }).timeout(20_000);

    it('many clicks of both: the one who got the cart has it in every answer', async () => {
      for (let round = 0; round < 15; round += 1) {
        const { browser, cart } = await guestWithCart(`${round}`);
        const runsBefore = accounts.runs.length;
        delayTokens(8);
        const clicks = Array.from({ length: 8 }, (_, at) => people[at % 2] ?? alice);
        const answers = await Promise.all(clicks.map((person) => browser.send('/login', person)));
        assert.deepEqual(statuses(answers), Array<number>(8).fill(200));
        assert.equal(accounts.runs.length - runsBefore, 1, `round ${round}: runs of the hook`);
        const pages = await Promise.all(
          answers.map((answer, at) => belongsTo(browser, answer, clicks[at]?.username ?? '')),
        );
        const owner = accounts.merged.get(accounts.runs.at(-1) ?? '')?.user;
        for (const page of pages) {
          assert.deepEqual(
            cartOf(page),
            page.user?.id === owner ? cart : [],
            `round ${round}: owner ${String(owner)}, ${pages.map((p) => `${p.user?.id}:${cartOf(p).length}`).join(' ')}`,
          );
        }
      }
    }).timeout(20_000);
  });
});
