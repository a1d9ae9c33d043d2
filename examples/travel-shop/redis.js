import { RedisStore } from 'connect-redis';
import { redisLocks } from 'passport-sf-headless/redis';
import { createClient } from 'redis';
import { ConfigError } from './config.js';

/**
 * Sessions and locks in Redis: sessions survive a restart, and several processes share both.
 *
 * @throws {ConfigError} when there is no Redis at that address.
 */
export async function openRedis(url, log) {
  let connected = false;
  const client = createClient({
    url,
    // While Redis is away, requests fail at once with an error page instead of waiting for its return.
    disableOfflineQueue: true,
    socket: {
      connectTimeout: 5_000,
      // At start a wrong address is reported. Later on, an outage ends by itself.
      reconnectStrategy: (retries) => connected && Math.min(2 ** retries * 50, 2_000),
    },
  });
  client.on('error', (error) => {
    if (connected) log(`redis: ${reason(error)}`);
  });
  try {
    await client.connect();
  } catch (error) {
    throw new ConfigError(`REDIS_URL: no connection to ${new URL(url).host}: ${reason(error)}`);
  }
  connected = true;
  return {
    sessionStore: new RedisStore({ client, prefix: 'travel-shop:session:' }),
    locks: redisLocks(client, { prefix: 'travel-shop:lock:' }),
    close: () => client.close(),
  };
}

/** A refused connection to a name with several addresses has its reason in its parts only. */
function reason(error) {
  return error.message || error.code || 'no reason given';
}
