import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import { Browser, type Answer } from './browser.js';
import { cartOf, type CartShop, type Page } from './cart-shop.js';
import {
  accountsOf,
  openShopOver,
  sessionsOf,
  type KillPoint,
  type Orders,
  type Report,
} from './crashing-shop.js';

const script = fileURLToPath(new URL('crashing-process.js', import.meta.url));
const cart = ['tent', 'stove'];
const alice = 'alice@example.com';
const bob = 'bob@example.com';
const hookMoments = ['at its start', 'before it commits', 'after it has committed'] as const;

/** What is left after a process was killed in the login of a guest. */
interface Wreck {
  readonly title: string;
  readonly folder: string;
  /** The browser as it was when it sent the login. */
  readonly browser: Browser<Page>;
  /** The answer, when the process lived long enough to send one. */
  readonly answer: Answer<Page> | undefined;
  /** Whether the ledger knew of the upgrade. */
  readonly begun: boolean;
}

describe('crash points', () => {
  let emulator: Emulator;
  let root: string;
  let spare: ChildProcess;
  let origin = '';
  let folders = 0;

  before(async () => {
    emulator = await startEmulator();
    root = mkdtempSync(join(tmpdir(), 'crash-points-'));
    spare = startChild();
  });
  after(async () => {
    spare.kill('SIGKILL');
    await emulator.close();
    rmSync(root, { recursive: true, force: true });
  });

  const idOf = (username: string): string => emulator.state().users[username]?.userId ?? '';
  const newFolder = (): string => join(root, String((folders += 1)));
  const startChild = (): ChildProcess =>
    fork(script, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });

  /** The shop in this process: a new one, that knows nothing but what is in the folder. */
  async function withShop<T>(folder: string, work: () => Promise<T>): Promise<T> {
    const shop: CartShop = await openShopOver(folder, emulator);
    ({ origin } = shop);
    try {
      return await work();
    } finally {
      await shop.close();
    }
  }

  /** A way to log in, as the steps before the last and the last. */
  interface Way {
    readonly title: string;
    prepare(browser: Browser<Page>, username: string): Promise<void>;
    submit(browser: Browser<Page>, username: string): Promise<Answer<Page>>;
  }
  const ways: Way[] = [
    {
      title: 'password',
      prepare: () => Promise.resolve(),
      submit: (browser, username) => browser.send('/login', { username, password: 'Passw0rd!' }),
    },
    {
      title: 'one-time code',
      prepare: async (browser, username) => {
        const { status } = await browser.visit('/code', { username, recaptcha: 'pass' });
        assert.equal(status, 200);
      },
      submit: (browser, username) =>
        browser.send('/code/login', { code: emulator.outbox(username)[0]?.code }),
    },
    {
      title: 'plain req.login',
      prepare: () => Promise.resolve(),
      submit: (browser, username) => browser.send('/plain', { id: idOf(username) }),
    },
  ];

  async function answerOf<T>(child: ChildProcess, order: object): Promise<T | undefined> {
    const reported = once(child, 'message') as Promise<[T]>;
    const ended = once(child, 'exit').then(() => undefined);
    child.send(order, () => undefined);
    return (await Promise.race([reported, ended]))?.[0];
  }

  /** Has a process killed in a login; undefined when the login went through without reaching that point. */
  async function crash(way: Way, kill: KillPoint): Promise<Wreck | undefined> {
    emulator.reset();
    const folder = newFolder();
    const browser = new Browser<Page>(() => origin);
    await withShop(folder, async () => {
      for (const item of cart) assert.equal((await browser.visit('/add', { item })).status, 200);
      await way.prepare(browser, alice);
    });
    const child = spare;
    spare = startChild();
    const orders: Orders = { folder, site: emulator.url, kill };
    const ready = await answerOf<Report>(child, orders);
    assert.ok(ready && 'origin' in ready);
    ({ origin } = ready);
    const answer = await way.submit(browser, alice).catch(() => undefined);
    if (answer) assert.equal(answer.status, 200);
    if (child.connected && (await answerOf<Report>(child, {})) !== undefined) {
      child.kill('SIGKILL');
      return undefined;
    }
    assert.equal(child.signalCode ?? 'SIGKILL', 'SIGKILL');
    const begun = readdirSync(sessionsOf(folder)).some((name) =>
      /^sf-headless-visitor-.*\.json$/.test(name),
    );
    const title = `${way.title}, killed ${kill.at === 'hook' ? `in the hook ${kill.moment}` : `${kill.moment} write ${kill.number}`}`;
    return { title, folder, browser, answer, begun };
  }

  /** Every kill point of a way, one after the other. */
  async function wrecksOf(way: Way): Promise<Wreck[]> {
    const wrecks: Wreck[] = [];
    const add = (wreck: Wreck | undefined): boolean => {
      if (wreck) wrecks.push(wreck);
      return wreck !== undefined;
    };
    for (const moment of hookMoments) assert.ok(add(await crash(way, { at: 'hook', moment })));
    for (let number = 1; ; number += 1) {
      if (!add(await crash(way, { at: 'write', moment: 'before', number }))) break;
      assert.ok(add(await crash(way, { at: 'write', moment: 'after', number })));
    }
    return wrecks;
  }

  /** What may happen next, each in a world of its own; `work` gets a browser without the answer. */
  async function afterwards(
    wreck: Wreck,
    work: (browser: Browser<Page>, folder: string) => Promise<void>,
  ): Promise<void> {
    emulator.reset();
    const folder = newFolder();
    cpSync(wreck.folder, folder, { recursive: true });
    await withShop(folder, () => work(wreck.browser.copy(), folder));
  }

  /** Logs in, keeps the cookies, and gives the page after it: the next request of the browser. */
  async function logIn(way: Way, browser: Browser<Page>, username: string): Promise<Page> {
    await way.prepare(browser, username);
    let answer = await way.submit(browser, username);
    if (answer.status === 400) {
      // A code asked for in a session that was just being closed is not waited for; the next one is.
      await way.prepare(browser, username);
      answer = await way.submit(browser, username);
    }
    assert.equal(answer.status, 200);
    browser.remember(answer.cookies);
    const { body } = await browser.visit('/me');
    assert.equal(body.user?.id, idOf(username));
    return body;
  }

  /** Each item is in one account, once. */
  function assertMerged(
    folder: string,
    expected: Readonly<Record<string, readonly string[]>>,
  ): void {
    const merges = accountsOf(folder).merges();
    const guests = merges.map(({ uvid, user }) => `${uvid} ${user}`);
    assert.equal(new Set(guests).size, guests.length, 'one upgrade per guest and user');
    const accounts: Record<string, string[]> = {};
    for (const { user, items } of merges) {
      if (items.length > 0) (accounts[user] ??= []).push(...items);
    }
    assert.deepEqual(accounts, expected);
  }

  for (const way of ways) {
    describe(way.title, () => {
      let wrecks: Wreck[];
      before(async function () {
        this.timeout(60_000);
        wrecks = await wrecksOf(way);
      });

      /** Runs a sequel for every wreck and says for which of them it does not hold. */
      async function forEvery(
        work: (browser: Browser<Page>, folder: string, wreck: Wreck) => Promise<void>,
        concerned: (wreck: Wreck) => boolean = () => true,
      ): Promise<void> {
        const failures: string[] = [];
        const cases = wrecks.filter(concerned);
        assert.ok(cases.length > 0);
        for (const wreck of cases) {
          try {
            await afterwards(wreck, (browser, folder) => work(browser, folder, wreck));
          } catch (error) {
            failures.push(
              `${wreck.title}: ${error instanceof Error ? error.message : String(error)}`,
            );
          }
        }
        assert.equal(failures.length, 0, failures.join('\n'));
      }

      it('was killed before and after every write of the login, and around the hook', () => {
        assert.ok(wrecks.length >= 3 + 2 * 5, `${wrecks.length} kill points`);
        assert.ok(wrecks.some(({ begun }) => begun) && wrecks.some(({ begun }) => !begun));
      });

      it('the same person logs in again: one upgrade, the cart whole', () =>
        forEvery(async (browser, folder) => {
          const page = await logIn(way, browser, alice);
          assert.deepEqual(cartOf(page), cart);
          assertMerged(folder, { [idOf(alice)]: cart });
        }));

      it('the browser got the answer: it is logged in with the cart, and the next request completes the upgrade', () =>
        forEvery(
          async (browser, folder, { answer }) => {
            browser.remember(answer?.cookies ?? new Map());
            const { body } = await browser.visit('/me');
            assert.equal(body.user?.id, idOf(alice));
            assert.deepEqual(cartOf(body), cart);
            assertMerged(folder, { [idOf(alice)]: cart });
          },
          ({ answer }) => answer !== undefined,
        ));

      it('the guest goes on, saves one more item and then logs in: nothing is lost', () =>
        forEvery(async (browser, folder, wreck) => {
          assert.equal((await browser.visit('/me')).status, 200);
          await browser.visit('/add', { item: 'lamp' });
          const page = await logIn(way, browser, alice);
          // Once an answer is on its way the old session is closed: what a browser that never got it adds there is late.
          const isLate = wreck.answer !== undefined;
          const merges = accountsOf(folder).merges();
          assert.ok(merges.every(({ user }) => user === idOf(alice)));
          const merged = merges.flatMap(({ items }) => items).sort();
          const wanted = [...cart, 'lamp'].sort();
          if (!isLate) assert.ok(cartOf(page).includes('lamp'));
          assert.deepEqual(
            isLate ? merged.filter((item) => item !== 'lamp') : merged,
            isLate ? [...cart].sort() : wanted,
          );
        }));

      it('the session expires before the same person logs in again: what was promised arrives', () =>
        forEvery(
          async (browser, folder) => {
            for (const name of readdirSync(sessionsOf(folder))) {
              if (!name.startsWith('sf-headless-')) rmSync(join(sessionsOf(folder), name));
            }
            await logIn(way, browser, alice);
            assertMerged(folder, { [idOf(alice)]: cart });
          },
          ({ begun }) => begun,
        ));

      it('another person logs in there: gets nothing of the first one once the upgrade has begun, all of it before', () =>
        forEvery(async (browser, folder, { begun }) => {
          const page = await logIn(way, browser, bob);
          const owners = new Set(
            accountsOf(folder)
              .merges()
              .map(({ user }) => user),
          );
          if (begun) {
            assert.deepEqual(cartOf(page), []);
            assert.ok(!owners.has(idOf(bob)));
          } else {
            assert.deepEqual(cartOf(page), cart);
            assertMerged(folder, { [idOf(bob)]: cart });
          }
          assert.ok(owners.size <= 1, 'never two owners');
        }));

      it('another person logs in there after one more page as a guest: gets nothing of the first one', () =>
        forEvery(
          async (browser, folder) => {
            await browser.visit('/add', { item: 'lamp' });
            const page = await logIn(way, browser, bob);
            assert.ok(!cart.some((item) => cartOf(page).includes(item)));
            const bobs = accountsOf(folder)
              .merges()
              .filter(({ user }) => user === idOf(bob));
            assert.ok(!bobs.some(({ items }) => items.some((item) => cart.includes(item))));
          },
          ({ begun }) => begun,
        ));
    }).timeout(30_000);
  }
});
