import assert from 'node:assert/strict';
import { Postgres } from './postgres.js';

/** The part of the shop that keeps saved trips, as its other parts use it. The shop itself is JavaScript. */
interface Database {
  query(sql: string): Promise<object[]>;
  close(): Promise<void>;
}
interface SavedTrips {
  prepare(): Promise<void>;
  add(owner: string, tripId: string): Promise<void>;
  list(owner: string): Promise<string[]>;
  merge(upgrade: { upgradeId: string; guest: string; customer: string }): Promise<void>;
  newsOf(upgradeId: string): Promise<number>;
}

async function open(url?: string): Promise<{ database: Database; savedTrips: SavedTrips }> {
  const shop = {
    ...((await import(import.meta.resolve('travel-shop/database.js'))) as object),
    ...((await import(import.meta.resolve('travel-shop/saved-trips.js'))) as object),
  } as {
    openDatabase(from: { url?: string }, log: (line: string) => void): Promise<Database>;
    SavedTrips: new (database: Database) => SavedTrips;
  };
  const database = await shop.openDatabase(url === undefined ? {} : { url }, () => undefined);
  return { database, savedTrips: new shop.SavedTrips(database) };
}

for (const where of ['the embedded database', 'PostgreSQL']) {
  describe(`travel-shop: saved trips in ${where}`, function () {
    this.timeout(30_000);
    let postgres: Postgres | undefined;
    let database: Database;
    let savedTrips: SavedTrips;

    before(async function () {
      postgres = where === 'PostgreSQL' ? await Postgres.start(this) : undefined;
      ({ database, savedTrips } = await open(postgres?.url));
      await Promise.all([savedTrips.prepare(), savedTrips.prepare(), savedTrips.prepare()]);
    });
    after(async () => {
      await (database as Database | undefined)?.close();
      await postgres?.remove();
    });
    beforeEach(() => database.query('TRUNCATE saved_trips, upgrades'));

    const upgrade = { upgradeId: 'u1', guest: 'guest:1', customer: 'user:1' };

    async function save(owner: string, ...trips: string[]): Promise<void> {
      for (const trip of trips) await savedTrips.add(owner, trip);
    }

    it('moves what a guest saved, in the order it was saved, and keeps what both saved once', async () => {
      await save('guest:1', 'a', 'b');
      await save('user:1', 'b', 'c');
      await savedTrips.merge(upgrade);
      assert.deepEqual(await savedTrips.list('user:1'), ['a', 'b', 'c']);
      assert.deepEqual(await savedTrips.list('guest:1'), []);
    });

    it('tells how many trips came, to one of those who ask at once', async () => {
      await save('guest:1', 'a', 'b');
      await Promise.all(Array.from({ length: 10 }, () => savedTrips.merge(upgrade)));
      const asking = Array.from({ length: 10 }, () => savedTrips.newsOf('u1'));
      assert.deepEqual((await Promise.all(asking)).sort(), [0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
      assert.equal(await savedTrips.newsOf('never heard of'), 0);
    });

    it('does not bring back what the customer removed, when it is called again', async () => {
      await save('guest:1', 'a', 'b');
      await savedTrips.merge(upgrade);
      await database.query("DELETE FROM saved_trips WHERE trip_id = 'a'");
      await savedTrips.merge(upgrade);
      assert.deepEqual(await savedTrips.list('user:1'), ['b']);
    });

    it('gives the customer what the guest saved too late', async () => {
      await save('guest:1', 'a');
      await savedTrips.merge(upgrade);
      await save('guest:1', 'b');
      assert.deepEqual(await savedTrips.list('user:1'), ['a', 'b']);
      assert.deepEqual(await savedTrips.list('guest:1'), []);
    });

    it('loses nothing that is saved during the merge', async () => {
      for (let round = 0; round < 10; round++) {
        const [guest, customer] = [`guest:${String(round)}`, `user:${String(round)}`];
        await save(guest, 'a');
        await Promise.all([
          savedTrips.add(guest, 'b'),
          savedTrips.merge({ upgradeId: guest, guest, customer }),
          savedTrips.add(guest, 'c'),
        ]);
        assert.deepEqual((await savedTrips.list(customer)).sort(), ['a', 'b', 'c']);
        assert.deepEqual(await savedTrips.list(guest), []);
      }
    });

    it('does nothing at all when it fails half-way, and everything the next time', async () => {
      await save('guest:1', 'a', 'b');
      await database.query(
        "ALTER TABLE saved_trips ADD CONSTRAINT broken CHECK (owner <> 'user:1')",
      );
      await assert.rejects(savedTrips.merge(upgrade), /broken/);
      assert.deepEqual(await savedTrips.list('guest:1'), ['a', 'b']);
      await database.query('ALTER TABLE saved_trips DROP CONSTRAINT broken');
      await savedTrips.merge(upgrade);
      assert.deepEqual(await savedTrips.list('user:1'), ['a', 'b']);
      assert.equal(await savedTrips.newsOf('u1'), 2);
    });

    it('gives a guest to one customer only', async () => {
      await save('guest:1', 'a');
      await Promise.all([
        savedTrips.merge(upgrade),
        savedTrips.merge({ upgradeId: 'u2', guest: 'guest:1', customer: 'user:2' }),
      ]);
      const lists = [await savedTrips.list('user:1'), await savedTrips.list('user:2')];
      assert.deepEqual(lists.flat(), ['a']);
      await save('guest:1', 'b');
      const customer = lists[0]?.length === 1 ? 'user:1' : 'user:2';
      assert.deepEqual(await savedTrips.list(customer), ['a', 'b']);
    });

    it('lets two guests become one customer at once', async () => {
      // In opposite orders, and enough to meet in the middle.
      await database.query(
        `INSERT INTO saved_trips (owner, trip_id)
         (SELECT 'guest:1', 'trip-' || n FROM generate_series(1, 3000) n ORDER BY n) UNION ALL
         (SELECT 'guest:2', 'trip-' || n FROM generate_series(1, 3000) n ORDER BY n DESC)`,
      );
      await Promise.all([
        savedTrips.merge(upgrade),
        savedTrips.merge({ ...upgrade, upgradeId: 'u2', guest: 'guest:2' }),
      ]);
      assert.equal((await savedTrips.list('user:1')).length, 3000);
    });
  });
}
