import assert from 'node:assert/strict';
import { MemoryStore } from 'express-session';
import fc from 'fast-check';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import { Browser, type Answer } from './browser.js';
import { cartOf, itemsOf, openCartShop, type CartShop, type Page } from './cart-shop.js';
import { MortalConnection } from './mortal-store.js';

const people = ['alice@example.com', 'bob@example.com'] as const;
const way = fc.constantFrom('password', 'plain');

type Way = 'password' | 'plain';

const step = fc.record({
  does: fc.oneof(
    { weight: 2, arbitrary: fc.constant('visit' as const) },
    { weight: 6, arbitrary: fc.constant('save' as const) },
    { weight: 5, arbitrary: fc.constant('login' as const) },
    { weight: 1, arbitrary: fc.constant('failed login' as const) },
    { weight: 2, arbitrary: fc.constant('logout' as const) },
    { weight: 3, arbitrary: fc.constant('crash in a login' as const) },
    { weight: 2, arbitrary: fc.constant('session expires' as const) },
    { weight: 1, arbitrary: fc.constant('restart' as const) },
  ),
  browser: fc.nat({ max: 1 }),
  person: fc.nat({ max: 1 }),
  /** After how many operations of the store the process dies. */
  operations: fc.integer({ min: 1, max: 14 }),
});

/** A step as a failure shows it. */
const asText = ({ does, browser, person, operations }: Step): string =>
  `${does} [browser ${browser}, person ${person}, after ${operations}]`;

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** What is known of a browser without asking the shop. */
class Visitor {
  readonly browser: Browser<Page>;
  /** Who is logged in. */
  named: string | undefined;
  /** What it has saved as a guest and not handed over. */
  saved: string[] = [];
  /** Who may have been promised that, in a login that a crash cut off. */
  readonly claims = new Set<string>();
  /** Everything that was ever saved here by a guest. */
  readonly everSaved = new Set<string>();
  /** Everybody who has ever logged in here, or tried to in a login that a crash cut off. */
  readonly everNamed = new Set<string>();
  constructor(origin: () => string) {
    this.browser = new Browser(origin);
  }
}

/** One run: a shop over a store that outlives it, two browsers, and the accounts of its users. */
class World {
  private readonly emulator: Emulator;
  private readonly way: Way;
  private readonly store = new MemoryStore();
  private connection = new MortalConnection(this.store);
  private shop: CartShop | undefined;
  private items = 0;
  /** What each upgrade has put into an account: a table with the upgrade's id as its key. */
  private readonly merges = new Map<string, { user: string; uvid: string; items: string[] }>();
  readonly visitors: readonly Visitor[];

  constructor(emulator: Emulator, chosen: Way) {
    this.emulator = emulator;
    this.way = chosen;
    const origin = (): string => this.shop?.origin ?? '';
    this.visitors = [new Visitor(origin), new Visitor(origin)];
  }

  async start(): Promise<void> {
    await this.shop?.close();
    this.connection = new MortalConnection(this.store);
    this.shop = await openCartShop({
      emulator: this.emulator,
      store: this.connection,
      headless: {
        onUpgrade: (upgrade) => {
          const { upgradeId, uvid, user } = upgrade;
          if (this.merges.has(upgradeId)) return;
          const items = [...itemsOf(upgrade)];
          this.merges.set(upgradeId, { user: (user as { id: string }).id, uvid, items });
        },
      },
    });
  }

  async stop(): Promise<void> {
    await this.shop?.close();
  }

  private idOf(person: number): string {
    return this.emulator.state().users[people[person] ?? '']?.userId ?? '';
  }

  private submit({ browser }: Visitor, person: number): Promise<Answer<Page>> {
    return this.way === 'password'
      ? browser.send('/login', { username: people[person], password: 'Passw0rd!' })
      : browser.send('/plain', { id: this.idOf(person) });
  }

  private owned(user: string): string[] {
    return [...this.merges.values()].filter((m) => m.user === user).flatMap(({ items }) => items);
  }

  async take({ does, browser, person, operations }: Step): Promise<void> {
    const visitor = this.visitors[browser] ?? assert.fail();
    if (does === 'visit') await visitor.browser.visit('/me');
    if (does === 'save') await this.save(visitor);
    if (does === 'login') await this.logIn(visitor, person);
    if (does === 'failed login') await this.failLogin(visitor, person);
    if (does === 'logout') await this.logOut(visitor);
    if (does === 'crash in a login') await this.crash(visitor, person, operations);
    if (does === 'session expires') await this.expire(visitor);
    if (does === 'restart') await this.start();
    for (const each of this.visitors) await this.check(each);
  }

  private async save(visitor: Visitor): Promise<void> {
    const item = `item ${(this.items += 1)}`;
    const { status, body } = await visitor.browser.visit('/add', { item });
    assert.equal(status, 200);
    assert.ok(cartOf(body).includes(item));
    if (visitor.named !== undefined) return;
    visitor.saved.push(item);
    visitor.everSaved.add(item);
  }

  private async logIn(visitor: Visitor, person: number): Promise<void> {
    await this.landed(visitor, person, await this.submit(visitor, person));
  }

  /** A login was answered. */
  private async landed(visitor: Visitor, person: number, answer: Answer<Page>): Promise<void> {
    const user = this.idOf(person);
    assert.equal(answer.status, 200);
    visitor.browser.remember(answer.cookies);
    visitor.everNamed.add(user);
    const { body } = await visitor.browser.visit('/me');
    assert.equal(body.user?.id, user);
    const { named, saved, claims } = visitor;
    const claimedByOthers = [...claims].some((other) => other !== user);
    if (named === undefined && !claimedByOthers) {
      for (const item of saved) {
        assert.ok(this.owned(user).includes(item), `${item} was lost on the way to ${user}`);
        // What a login that was cut off has taken is in the account, and not in the session any more.
        if (claims.size === 0) assert.ok(cartOf(body).includes(item), `${item} left the session`);
      }
    }
    if (named !== undefined && named !== user) assert.deepEqual(cartOf(body), []);
    visitor.named = user;
    visitor.saved = [];
    visitor.claims.clear();
  }

  private async failLogin(visitor: Visitor, person: number): Promise<void> {
    const before = await visitor.browser.visit('/me');
    const body = { username: people[person], password: 'wrong' };
    assert.equal((await visitor.browser.visit('/login', body)).status, 401);
    assert.deepEqual((await visitor.browser.visit('/me')).body, before.body);
  }

  private async logOut(visitor: Visitor): Promise<void> {
    assert.equal((await visitor.browser.visit('/logout', {})).status, 200);
    const { body } = await visitor.browser.visit('/me');
    assert.deepEqual([body.user, body.guest, cartOf(body)], [undefined, undefined, []]);
    visitor.named = undefined;
    visitor.saved = [];
    visitor.claims.clear();
  }

  private async crash(visitor: Visitor, person: number, operations: number): Promise<void> {
    visitor.everNamed.add(this.idOf(person));
    const died = new Promise<void>((resolve) => {
      // An answer that left before the process died still arrives.
      this.connection.dieAfter(operations, () => {
        setTimeout(resolve, 15);
      });
    });
    const answered = this.submit(visitor, person);
    const answer = await Promise.race([answered, died]);
    if (typeof answer !== 'object') {
      answered.catch(() => undefined);
      await this.start();
      if (visitor.named === undefined) visitor.claims.add(this.idOf(person));
    } else {
      await this.start();
      await this.landed(visitor, person, answer);
    }
  }

  private expire(visitor: Visitor): Promise<void> {
    const cookie = decodeURIComponent(visitor.browser.jar.get('connect.sid') ?? '');
    const id = /^s:([^.]+)\./.exec(cookie)?.[1];
    visitor.named = undefined;
    visitor.saved = [];
    return new Promise((resolve) => {
      if (id === undefined) resolve();
      else this.store.destroy(id, () => { resolve(); }); // prettier-ignore
    });
  }

  /** What must hold at any time. */
  private async check(visitor: Visitor): Promise<void> {
    const { browser, named, saved, claims, everSaved } = visitor;
    const { status, body } = await browser.visit('/me');
    assert.equal(status, 200);
    assert.equal(body.user?.id, named);
    const shown = cartOf(body);
    assert.equal(new Set(shown).size, shown.length, 'an item is doubled in a session');
    const others = this.visitors.filter((other) => other !== visitor);
    assert.ok(
      !shown.some((item) => others.some((other) => other.everSaved.has(item))),
      'a page shows what was saved in another browser',
    );
    // What is promised in a login that was cut off is out of the guest's sight, until that user logs in.
    if (named === undefined && claims.size === 0) {
      for (const item of saved) assert.ok(shown.includes(item), `${item} was lost by a guest`);
    }
    for (const item of everSaved) {
      const owners = people
        .map((_, person) => this.idOf(person))
        .filter((user) => this.owned(user).includes(item));
      assert.ok(owners.length <= 1, `${item} has two owners`);
      const [owner] = owners;
      if (owner === undefined) continue;
      assert.ok(visitor.everNamed.has(owner), `${item} went to somebody who was never here`);
      const times = this.owned(owner).filter((each) => each === item).length;
      assert.equal(times, 1, `${item} is doubled`);
      if (shown.includes(item) && owner !== named) {
        assert.ok(named === undefined && claims.has(owner), `${item} of ${owner} is shown`);
      }
    }
    const guests = [...this.merges.values()].filter(({ uvid }) => uvid === body.guest?.uvid);
    assert.ok(
      guests.every(({ user }) => user === named || claims.has(user)),
      'a guest who has become somebody is still a guest here',
    );
  }
}

describe('any order of visits, saves, logins, crashes and second persons', () => {
  let emulator: Emulator;
  before(async () => {
    emulator = await startEmulator();
  });
  after(() => emulator.close());

  it('loses no item, doubles none, gives none to two people, and shows nobody the session of another', async () => {
    const property = fc.asyncProperty(
      way,
      fc.array(step, { minLength: 6, maxLength: 16 }),
      async (chosen, steps) => {
        emulator.clearLog();
        const world = new World(emulator, chosen);
        await world.start();
        try {
          for (const each of steps) await world.take(each);
          for (const browser of [0, 1]) {
            await world.take({ does: 'login', browser, person: 0, operations: 1 });
          }
        } finally {
          await world.stop();
        }
      },
    );
    await fc.assert(property, {
      numRuns: 60,
      reporter: ({ failed, seed, counterexamplePath, counterexample, errorInstance }) => {
        if (!failed) return;
        const [chosen, steps] = counterexample ?? ['', []];
        const lines = steps.map((each) => `  ${asText(each)}`);
        const cause = errorInstance instanceof Error ? errorInstance.message : '';
        throw new Error(
          `${cause}\nseed ${seed}, path ${counterexamplePath ?? ''}, login by ${chosen}:\n${lines.join('\n')}`,
          { cause: errorInstance },
        );
      },
    });
  }).timeout(60_000);
});
