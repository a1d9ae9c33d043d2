import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** A wrong environment: one line for the person at the keyboard instead of a stack trace. */
export class ConfigError extends Error {}

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
 * The Redis of `REDIS_URL`, or a private one that keeps nothing and ends with this process.
 *
 * @throws {ConfigError} when there is neither.
 */
export async function openRedis(url) {
  if (url) return { url, close: () => undefined };
  const port = await freePort();
  const options = ['--port', port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const server = spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'ignore'] });
  await untilReady(server);
  const kill = () => server.kill();
  process.once('exit', kill);
  return { url: `redis://127.0.0.1:${port}`, close: kill };
}

function untilReady(server) {
  return new Promise((resolve, reject) => {
    let said = '';
    server.once('error', () => reject(new ConfigError(advice)));
    server.once('exit', () => reject(new ConfigError(`redis-server ended: ${said.trim()}`)));
    server.stdout.on('data', (chunk) => {
      said = (said + chunk).slice(-2_000);
      if (said.includes('Ready to accept connections')) resolve();
    });
  });
}
