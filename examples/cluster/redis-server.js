import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { createClient } from 'redis';
import { ConfigError } from './config.js';

const watcher = fileURLToPath(new URL('redis-watcher.js', import.meta.url));

/** Milliseconds that the Redis of `REDIS_URL` may take to answer. */
const patience = 5_000;

const advice =
  'REDIS_URL is not set, and there is no redis-server on the PATH. Install Redis, or set REDIS_URL, such as redis://localhost:6379';

/** A port that nothing listens on at the moment. */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return String(port);
}

/**
 * The Redis of `REDIS_URL`, or a private one that keeps nothing and ends with this process, however that ends.
 *
 * @returns `address` of a private one, for people.
 * @throws {ConfigError} when there is neither.
 */
export async function openRedis(url) {
  if (url) {
    await probe(url);
    return { url, close: () => undefined };
  }
  const port = await freePort();
  const options = ['--port', port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const server = spawn(process.execPath, [watcher, ...options], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  await untilReady(server);
  const kill = () => server.kill();
  process.once('exit', kill);
  const address = `redis://127.0.0.1:${port}`;
  return { url: address, address, close: kill };
}

/** Here, once, rather than in every process without end. */
async function probe(url) {
  const client = createClient({ url, socket: { reconnectStrategy: false } });
  client.on('error', () => undefined);
  const late = new Promise((_resolve, reject) => {
    setTimeout(() => reject(new Error('it does not answer')), patience).unref();
  });
  try {
    await Promise.race([client.connect(), late]);
  } catch (error) {
    const reason = error.message || error.code;
    throw new ConfigError(`REDIS_URL: no connection to ${new URL(url).host}: ${reason}`);
  } finally {
    client.destroy();
  }
}

function untilReady(server) {
  return new Promise((resolve, reject) => {
    let said = '';
    server.once('exit', (code) => {
      reject(new ConfigError(code === 127 ? advice : `redis-server ended: ${said.trim()}`));
    });
    server.stdout.on('data', (chunk) => {
      said = (said + chunk).slice(-2_000);
      if (said.includes('Ready to accept connections')) resolve();
    });
  });
}
