import assert from 'node:assert/strict';
import { redisLocks } from '../../lib/redis.js';
import { LayeredLocks, ProcessLocks, type HeldLock, type Locks } from '../../lib/session/locks.js';

const soon = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe('the locks of a process', () => {
  it('let the works of one key follow each other, in the order they came', async () => {
    const locks = new ProcessLocks();
    const order: string[] = [];
    const work = (name: string, milliseconds: number) =>
      locks.run('key', async () => {
        order.push(`${name} begins`);
        await soon(milliseconds);
        order.push(`${name} ends`);
      });
    await Promise.all([work('first', 30), work('second', 1), work('third', 1)]);
    assert.deepEqual(
      order,
      ['first', 'second', 'third'].flatMap((name) => [`${name} begins`, `${name} ends`]),
    );
  });

  it('let the works of different keys run side by side', async () => {
    const locks = new ProcessLocks();
    let inside = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      most = Math.max(most, (inside += 1));
      await soon(20);
      inside -= 1;
    };
    await Promise.all(['a', 'b', 'c'].map((key) => locks.run(key, work)));
    assert.equal(most, 3);
  });

  it('go on after a work that failed, and hand its error to its caller only', async () => {
    const locks = new ProcessLocks();
    const failed = locks.run('key', () => Promise.reject(new Error('no')));
    const next = locks.run('key', () => Promise.resolve('yes'));
    await assert.rejects(failed, /no/);
    assert.equal(await next, 'yes');
  });

  it('take from a shared lock what says whether it is held, and nothing else that it hands over', async () => {
    const isHeld = (): Promise<boolean> => Promise.resolve(true);
    const handed: readonly unknown[] = [
      undefined,
      1,
      () => undefined,
      AbortSignal.timeout(1),
      { isHeld },
    ];
    const seen: (HeldLock | undefined)[] = [];
    for (const given of handed) {
      const shared = {
        run: <T>(_key: string, work: (given: never) => Promise<T>) => work(given as never),
      };
      await new LayeredLocks(shared as Locks).run('key', async (lock) => {
        seen.push(lock);
        await soon(0);
      });
    }
    assert.deepEqual(seen, [undefined, undefined, undefined, undefined, { isHeld }]);
  });

  it('ask a shared lock once at a time', async () => {
    let asked = 0;
    let most = 0;
    const shared = {
      async run<T>(_key: string, work: () => Promise<T>): Promise<T> {
        most = Math.max(most, (asked += 1));
        try {
          return await work();
        } finally {
          asked -= 1;
        }
      },
    };
    const locks = new LayeredLocks(shared);
    await Promise.all([1, 2, 3].map(() => locks.run('key', () => soon(5))));
    assert.equal(most, 1);
  });
});

describe('the options of redisLocks', () => {
  const client = { sendCommand: () => Promise.resolve('OK') };
  const refuses = (title: string, options: object, says: RegExp): void => {
    it(`refuse ${title}`, () => {
      assert.throws(() => redisLocks(client, options), says);
    });
  };
  refuses('a time to live of zero', { ttl: 0 }, /redisLocks: options `ttl` and `wait`/);
  refuses('a negative wait', { wait: -1 }, /redisLocks: options `ttl` and `wait`/);
  refuses('what they do not know', { TTL: 5 }, /redisLocks: option `TTL` is not known/);
});
