import { randomUUID } from 'node:crypto';
import { HeadlessError } from './errors.js';
import type { Locks } from './session/locks.js';
import { pause } from './session/pause.js';

/** The part of a Redis client that is used here: node-redis 4 and later, or ioredis 5 and later. */
export type RedisClient =
  | { sendCommand(command: string[]): Promise<unknown> }
  | { call(command: string, ...parameters: string[]): Promise<unknown> };

/** Options of {@link redisLocks}. */
export interface RedisLocksOptions {
  /**
   * Milliseconds after which a lock frees itself when its owner has died. While the owner lives it is renewed.
   * No visitor waits longer than this for a dead process. Default 10,000.
   */
  readonly ttl?: number;
  /** Milliseconds to wait for a lock before giving up. Default twice the `ttl`. */
  readonly wait?: number;
  /** Begins every key. Default `sf-headless-lock:`. */
  readonly prefix?: string;
}

const renewIfMine =
  "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0";
const freeIfMine =
  "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";

function commander(client: RedisClient): (...command: [string, ...string[]]) => Promise<unknown> {
  return (name, ...parameters) =>
    'sendCommand' in client && !('call' in client)
      ? client.sendCommand([name, ...parameters])
      : (client as Extract<RedisClient, { call: unknown }>).call(name, ...parameters);
}

/**
 * Locks that several processes share through one Redis: a key with the owner's token and a time to live, freed by its
 * owner only.
 *
 * @param client connected; it stays its owner's.
 * @throws what the work throws; {@link HeadlessError} `lock_timeout` or `storage_failed`.
 */
export function redisLocks(client: RedisClient, options: RedisLocksOptions = {}): Locks {
  for (const name of Object.keys(options)) {
    if (!['ttl', 'wait', 'prefix'].includes(name)) {
      throw new TypeError(`redisLocks: option \`${name}\` is not known`);
    }
  }
  const { ttl = 10_000, wait = 2 * ttl, prefix = 'sf-headless-lock:' } = options;
  if (!(ttl > 0) || !(wait >= 0)) {
    throw new TypeError('redisLocks: options `ttl` and `wait` must be numbers of milliseconds');
  }
  const command = commander(client);

  async function acquire(key: string, token: string): Promise<void> {
    const deadline = Date.now() + wait;
    for (let delay = 5; ; delay = Math.min(100, delay * 2)) {
      let answer: unknown;
      try {
        answer = await command('SET', key, token, 'NX', 'PX', String(ttl));
      } catch (cause) {
        throw new HeadlessError('storage_failed', { cause });
      }
      if (answer !== null) return;
      if (Date.now() >= deadline) throw new HeadlessError('lock_timeout');
      await pause(delay + Math.random() * delay);
    }
  }

  return {
    async run<T>(name: string, work: () => Promise<T>): Promise<T> {
      const key = prefix + name;
      const token = randomUUID();
      await acquire(key, token);
      let renewal: NodeJS.Timeout | undefined;
      const renewLater = (): void => {
        renewal = setTimeout(() => {
          // A renewal that fails is not the end: the lock holds for the rest of its time, and the ledger behind it knows
          // what has been done.
          command('EVAL', renewIfMine, '1', key, token, String(ttl)).catch(() => undefined);
          renewLater();
        }, ttl / 3);
      };
      renewLater();
      try {
        return await work();
      } finally {
        clearTimeout(renewal);
        await command('EVAL', freeIfMine, '1', key, token).catch(() => undefined);
      }
    },
  };
}
