import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { ConfigError, readConfig } from './config.js';
import { openOrg } from './org.js';
import { createProxy } from './proxy.js';
import { openRedis } from './redis-server.js';
import { Supervisor } from './supervisor.js';

/** How many processes the shop runs in. */
const size = 3;

/** What has been started, newest first, as functions that end it. */
const running = [];
const started = (end) => running.unshift(end);

let stopping;
/** Ends everything, once: Ctrl-C reaches this process twice when npm started it. */
function stop() {
  stopping ??= (async () => {
    // What is still starting could not be ended.
    await starting;
    for (const end of running) await end();
  })();
  return stopping;
}

async function start() {
  const log = (line) => console.error(line);
  const config = readConfig(process.env);
  const redis = await openRedis(config.redisUrl);
  started(redis.close);
  const org = await openOrg(config.org);
  started(org.close);

  const supervisor = new Supervisor({
    size,
    environment: {
      ...org.environment,
      REDIS_URL: redis.url,
      // Every process must have the same one: it signs the cookies, and seals the tokens in Redis.
      SESSION_SECRET: config.secret ?? randomBytes(32).toString('base64url'),
    },
    log,
  });
  started(() => supervisor.stop());
  await supervisor.start();

  const server = createProxy(supervisor).listen(config.port);
  await once(server, 'listening').catch(({ message }) => {
    throw new ConfigError(message);
  });
  started(() => {
    server.close();
    server.closeAllConnections();
  });

  console.log(`${config.org ? 'Salesforce:  ' : 'Emulator:    '} ${org.site}`);
  if (redis.address) console.log(`Redis:        ${redis.address}`);
  if (!config.org) {
    console.log('Log in as:    alice@example.com or bob@example.com, password Passw0rd!');
  }
  console.log(`Cluster shop: http://localhost:${server.address().port}`);
}

for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => void stop());

const starting = start().catch((error) => {
  console.error(`cluster: ${error instanceof ConfigError ? error.message : error.stack}`);
  process.exitCode = 1;
  void stop();
});
