import { readFile, rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ConfigError } from './config.js';

/**
 * @typedef Database where saved-trips.js keeps what it keeps. The same SQL runs on both kinds.
 * @property {(sql: string, parameters?: unknown[]) => Promise<object[]>} query gives the rows.
 * @property transaction runs a function of such a `query`: all of its statements take effect, or none.
 * @property {() => Promise<void>} close
 */

/**
 * PostgreSQL when there is a URL, else PGlite: PostgreSQL compiled to WebAssembly, which runs in this process and needs
 * nothing installed. Each is loaded only when it is used.
 *
 * @param from.url `postgresql://…`.
 * @param from.folder where PGlite keeps its files, for one process at a time; left out, it keeps them in memory.
 * @returns {Promise<Database>}
 * @throws {ConfigError} when there is no such database.
 */
export function openDatabase({ url, folder }, log) {
  return url === undefined ? openEmbedded(folder) : openPostgres(url, log);
}

async function openEmbedded(folder) {
  const { PGlite } = await import('@electric-sql/pglite');
  const release = folder === undefined ? () => undefined : await claim(folder);
  let database;
  try {
    database = await PGlite.create(folder);
  } catch (error) {
    await release();
    throw new ConfigError(`DATABASE_FOLDER: no database in ${folder}: ${error.message}`);
  }
  return {
    query: queryOf(database),
    transaction: (work) => database.transaction((transaction) => work(queryOf(transaction))),
    async close() {
      await database.close();
      await release();
    },
  };
}

/**
 * Takes a folder for this process: two at once would spoil it, and PGlite does not see to that. A file beside the folder
 * names the process; one that has ended without removing it does not count.
 *
 * @returns a function that gives it back.
 */
async function claim(folder) {
  const file = `${resolve(folder)}.lock`;
  const owner = Number(await readFile(file, 'utf8').catch(() => ''));
  if (owner !== process.pid && isRunning(owner)) {
    throw new ConfigError(
      `DATABASE_FOLDER: ${folder} is in use by process ${owner}; if that is no shop, remove ${file}`,
    );
  }
  try {
    await rm(file, { force: true });
    await writeFile(file, String(process.pid), { flag: 'wx' });
  } catch (error) {
    throw new ConfigError(`DATABASE_FOLDER: no database in ${folder}: ${error.message}`);
  }
  return () => rm(file, { force: true });
}

function isRunning(pid) {
  if (!(pid > 0)) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // It is somebody else's.
    return error.code === 'EPERM';
  }
}

async function openPostgres(url, log) {
  const { default: pg } = await import('pg');
  const pool = new pg.Pool({
    connectionString: url,
    connectionTimeoutMillis: 5_000,
    statement_timeout: 10_000,
  });
  // A connection that breaks says so by an event, and an 'error' that nobody listens to ends the process: the pool's
  // for a connection that is idle, the connection's own for one in use.
  const tell = ({ message }) => log(`database: ${message}`);
  pool.on('error', tell).on('acquire', (client) => client.on('error', tell));
  pool.on('release', (_error, client) => client.off('error', tell));
  try {
    await pool.query('SELECT 1');
  } catch (error) {
    await pool.end();
    // The URL is not repeated: it may contain a password.
    throw new ConfigError(`DATABASE_URL: no connection: ${error.message || error.code}`);
  }
  return {
    query: queryOf(pool),
    transaction: (work) => inTransaction(pool, work),
    close: () => pool.end(),
  };
}

function queryOf(connection) {
  return async (sql, parameters) => (await connection.query(sql, parameters)).rows;
}

async function inTransaction(pool, work) {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const result = await work(queryOf(client));
    await client.query('COMMIT');
    client.release();
    return result;
  } catch (error) {
    // The connection is closed instead of used again; PostgreSQL then takes back what the transaction did.
    client.release(error);
    throw error;
  }
}
