import { once } from 'node:events';
import { RedisStore } from 'connect-redis';
import { HeadlessClient } from 'passport-sf-headless';
import { redisLocks } from 'passport-sf-headless/redis';
import { createClient } from 'redis';
import { createApp } from './app.js';

/** One process of the shop. Its parent hands it the environment, hears where it listens, and ends it. */
const { REDIS_URL, SESSION_SECRET, SF_SITE, SF_CLIENT_ID, SF_REDIRECT_URI } = process.env;
const log = (line) => console.error(`process ${process.pid}: ${line}`);

const redis = createClient({
  url: REDIS_URL,
  // While Redis is away, requests fail at once with an error page instead of waiting for its return.
  disableOfflineQueue: true,
});
redis.on('error', ({ message, code }) => log(`redis: ${message || code}`));
await redis.connect();

const client = new HeadlessClient({
  site: SF_SITE,
  clientId: SF_CLIENT_ID,
  redirectUri: SF_REDIRECT_URI,
  scope: 'api openid refresh_token',
});

const app = createApp({
  client,
  store: new RedisStore({ client: redis, prefix: 'cluster-shop:session:' }),
  // What makes a refresh happen in one process only.
  locks: redisLocks(redis, { prefix: 'cluster-shop:lock:' }),
  secret: SESSION_SECRET,
  log,
});
const server = app.listen(0, '127.0.0.1');
await once(server, 'listening');
process.send({ url: `http://127.0.0.1:${server.address().port}` });

let isStopping = false;
async function stop() {
  if (isStopping) return;
  isStopping = true;
  // Requests under way may end.
  server.close();
  await once(server, 'close');
  await client.close();
  redis.destroy();
  process.disconnect?.();
}
process.on('SIGTERM', () => void stop());
// Ctrl-C reaches every process of the terminal; the parent decides in which order they end.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit());
