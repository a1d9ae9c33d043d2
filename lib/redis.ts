import { randomUUID } from 'node:crypto';
import { HeadlessError } from './errors.js';
import type { HeldLock, Locks } from './session/locks.js';
import { pause } from './session/pause.js';

/** The part of a Redis client that is used here: node-redis 4 and later, or ioredis 5 and later. */
export type RedisClient =
  | { sendCommand(command: string[]): Promise<unknown> }
  | { call(command: string, ...parameters: string[]): Promise<unknown> };

/** How long (milliseconds) Redis gets for one answer, however little is left of the time to wait. */
const leastPatience = 1_000;

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

  /** Redis may be there and not answer, and a client may queue what it cannot send. */
  async function within(milliseconds: number, answer: Promise<unknown>): Promise<unknown> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        reject(new HeadlessError('lock_timeout'));
      }, milliseconds);
    });
    try {
      return await Promise.race([answer, late]);
    } catch (cause) {
      if (cause instanceof HeadlessError) throw cause;
      throw new HeadlessError('storage_failed', { cause });
    } finally {
      clearTimeout(timer);
    }
  }

  const free = (key: string, token: string): Promise<unknown> =>
    command('EVAL', freeIfMine, '1', key, token);

  async function acquire(key: string, token: string): Promise<void> {
    const deadline = Date.now() + wait;
    for (let delay = 5; ; delay = Math.min(100, delay * 2)) {
      const asked = command('SET', key, token, 'NX', 'PX', String(ttl));
      try {
        const left = Math.max(leastPatience, deadline - Date.now());
        if ((await within(left, asked)) !== null) return;
      } catch (error) {
        // It may succeed yet, when nobody is there any more to use it.
        asked.then(() => free(key, token)).catch(() => undefined);
        throw error;
      }
      if (Date.now() >= deadline) throw new HeadlessError('lock_timeout');
      await pause(delay + Math.random() * delay);
    }
  }

  return {
    async run<T>(name: string, work: (lock?: HeldLock) => Promise<T>): Promise<T> {
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
      const isHeld = async (): Promise<boolean> =>
        (await within(ttl, command('GET', key))) === token;
      try {
        return await work({ isHeld });
      } finally {
        clearTimeout(renewal);
        // What the work has come to stands; the lock frees itself when Redis does not answer.
        await within(leastPatience, free(key, token)).catch(() => undefined);
      }
    },
  };
}
