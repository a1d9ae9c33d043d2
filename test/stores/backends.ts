import { PGlite } from '@electric-sql/pglite';
import connectPgSimple from 'connect-pg-simple';
import { RedisStore } from 'connect-redis';
import session, { MemoryStore, type Store } from 'express-session';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from 'mocha';
import { Pool } from 'pg';
import { createClient } from 'redis';
import type { Locks } from '../../lib/index.js';
import { redisLocks } from '../../lib/redis.js';
import { startPostgres, startRedis } from '../support/services.js';

const require = createRequire(import.meta.url);

/** What lies in a store under one key. */
interface Entry {
  readonly content: unknown;
  /** Seconds until the store forgets it; NaN when it never will. */
  readonly expiresIn: number;
}

/** A session store with its server, looked at from behind. */
export interface Backend {
  readonly store: Store;
  readonly locks: Locks | false;
  entries(): Promise<ReadonlyMap<string, Entry>>;
  empty(): Promise<void>;
  close(): Promise<void>;
}

/** A kind of store that the tests run over. */
export interface BackendKind {
  readonly title: string;
  /** Skips the test where a program is missing. */
  open(context: Context): Promise<Backend>;
}

function openMemory(): Promise<Backend> {
  const store = new MemoryStore();
  const { sessions } = store as unknown as { sessions: Record<string, string> };
  const entries = (): Promise<ReadonlyMap<string, Entry>> => {
    const all = Object.entries(sessions).map(([key, text]): [string, Entry] => {
      const content = JSON.parse(text) as { cookie: { expires?: string | null } };
      const { expires } = content.cookie;
      // A session without an age is the browser's to end; this store keeps it as long as the process lives.
      const expiresIn = expires ? (Date.parse(expires) - Date.now()) / 1000 : Number.NaN;
      return [key, { content, expiresIn }];
    });
    return Promise.resolve(new Map(all));
  };
  const empty = (): Promise<void> => {
    for (const key of Object.keys(sessions)) Reflect.deleteProperty(sessions, key);
    return Promise.resolve();
  };
  return Promise.resolve({ store, locks: false, entries, empty, close: () => Promise.resolve() });
}

async function openRedis(context: Context): Promise<Backend> {
  const redis = await startRedis(context);
  const client = createClient({ url: redis.url });
  // Its end is the end of the tests.
  client.on('error', () => undefined);
  await client.connect();
  const prefix = 'session:';
  return {
    store: new RedisStore({ client, prefix }),
    locks: redisLocks(client),
    async entries() {
      const entries = new Map<string, Entry>();
      for (const key of await client.keys(`${prefix}*`)) {
        const [text, ttl] = await Promise.all([client.get(key), client.ttl(key)]);
        if (text === null) continue;
        const expiresIn = ttl < 0 ? Number.NaN : ttl;
        entries.set(key.slice(prefix.length), { content: JSON.parse(text), expiresIn });
      }
      return entries;
    },
    async empty() {
      await client.flushAll();
    },
    async close() {
      client.destroy();
      await redis.stop();
    },
  };
}

interface SessionRow {
  readonly sid: string;
  readonly sess: unknown;
  readonly expires_in: number;
}

/** The part of a pool that connect-pg-simple and these tests use. */
interface Database {
  query(text: string, values?: unknown[]): Promise<{ readonly rows: unknown[] }>;
}

/** Its types want a pool of a certain class; it needs no more of it than this. */
type SqlStoreModule = (module: typeof session) => new (
  options: { readonly pool: Database } & Readonly<Record<string, unknown>>,
) => Store & {
  close(): Promise<void>;
};
const sqlStore = connectPgSimple as unknown as SqlStoreModule;

/** A store in a database; whoever opened the database closes it after the store. */
async function openSql(database: Database, closeDatabase: () => Promise<void>): Promise<Backend> {
  const store = new (sqlStore(session))({
    pool: database,
    createTableIfMissing: true,
    pruneSessionInterval: false,
  });
  // It makes its table when first asked for something.
  await new Promise((resolve) => {
    store.get('nobody', resolve);
  });
  const all = `SELECT sid, sess, EXTRACT(EPOCH FROM expire - LOCALTIMESTAMP)::float8 AS expires_in FROM session`;
  return {
    store,
    locks: false,
    async entries() {
      const { rows } = (await database.query(all)) as { rows: SessionRow[] };
      return new Map(
        rows.map((row) => [row.sid, { content: row.sess, expiresIn: row.expires_in }] as const),
      );
    },
    async empty() {
      await database.query('DELETE FROM session');
    },
    async close() {
      await store.close();
      await closeDatabase();
    },
  };
}

async function openPostgres(context: Context): Promise<Backend> {
  const postgres = await startPostgres(context);
  const pool = new Pool({ connectionString: postgres.url });
  // Its end is the end of the tests.
  pool.on('error', () => undefined);
  return openSql(pool, async () => {
    await pool.end();
    await postgres.stop();
  });
}

/** PostgreSQL inside this process, in the place of a pool. */
async function openEmbedded(): Promise<Backend> {
  const database = await PGlite.create();
  const query = async (text: string, values: unknown[] = []): Promise<{ rows: unknown[] }> =>
    // As with a pool, several statements at once go without values only.
    values.length > 0
      ? database.query(text, values)
      : ((await database.exec(text)).at(-1) ?? { rows: [] });
  return openSql({ query }, () => database.close());
}

type FileStoreModule = (
  module: typeof session,
) => new (options: Readonly<Record<string, unknown>>) => Store;

function openFiles(): Promise<Backend> {
  const folder = mkdtempSync(join(tmpdir(), 'sessions-'));
  const FileStore = (require('session-file-store') as FileStoreModule)(session);
  // Its retries are pauses before it believes that a file is not there.
  const store = new FileStore({
    path: folder,
    retries: 0,
    reapInterval: -1,
    logFn: () => undefined,
  });
  const files = (): string[] => readdirSync(folder).filter((name) => name.endsWith('.json'));
  const entry = (name: string): [string, Entry] => {
    const content = JSON.parse(readFileSync(join(folder, name), 'utf8')) as {
      cookie: { originalMaxAge: number | null };
      __lastAccess: number;
    };
    // Its own default where a session has no age: an hour.
    const age = content.cookie.originalMaxAge ?? 3_600_000;
    const expiresIn = (content.__lastAccess + age - Date.now()) / 1000;
    return [name.slice(0, -'.json'.length), { content, expiresIn }];
  };
  return Promise.resolve({
    store,
    locks: false,
    entries: () => Promise.resolve(new Map(files().map(entry))),
    empty: () => {
      for (const name of files()) rmSync(join(folder, name));
      return Promise.resolve();
    },
    close: () => {
      rmSync(folder, { recursive: true });
      return Promise.resolve();
    },
  });
}

export const memory: BackendKind = { title: 'MemoryStore', open: openMemory };

/** The stores that outlive a process, and so are slower to test. */
export const lasting: readonly BackendKind[] = [
  { title: 'connect-redis on Redis', open: openRedis },
  { title: 'connect-pg-simple on PostgreSQL', open: openPostgres },
  { title: 'connect-pg-simple on embedded PostgreSQL', open: openEmbedded },
  { title: 'session-file-store', open: openFiles },
];
