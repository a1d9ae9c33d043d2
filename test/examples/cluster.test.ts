import assert from 'node:assert/strict';
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { freePort } from './redis.js';
import { needs } from './required.js';
import { Visitor, type Page } from './visitor.js';

const script = fileURLToPath(new URL('../../../examples/cluster/start.js', import.meta.url));

type Child = ChildProcessByStdio<null, Readable, Readable>;

/** What the proxy says of a process. */
interface Process {
  readonly number: number;
  readonly pid: number;
  readonly url?: string;
  readonly starts: number;
}

function run(environment: Record<string, string>): { child: Child; said: () => string } {
  const child = spawn(process.execPath, [script], {
    env: { PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  }
  return { child, said: () => output };
}

describe('cluster', function () {
  this.timeout(30_000);
  let child: Child;
  let said: () => string;
  let shop: string;
  let visitor: Visitor;

  before(async function () {
    needs(this, 'redis-server');
    ({ child, said } = run({ PATH: process.env['PATH'] ?? '' }));
    while (!/Cluster shop: .*\n/.test(said())) {
      if (child.exitCode !== null) throw new Error(`the cluster ended:\n${said()}`);
      await Promise.race([once(child.stdout, 'data'), once(child, 'close')]);
    }
    shop = /Cluster shop: (\S+)/.exec(said())?.[1] ?? '';
  });
  after(async () => {
    // Where Redis is not installed nothing was started.
    if ((child as Child | undefined) === undefined || child.exitCode !== null) return;
    child.kill();
    await once(child, 'exit');
  });
  beforeEach(() => {
    visitor = new Visitor(shop);
  });

  const logIn = (password?: string): Promise<Page> => visitor.logIn('alice@example.com', password);
  const processes = async (): Promise<readonly Process[]> => {
    const health = (await (await fetch(`${shop}/health`)).json()) as { processes: Process[] };
    return health.processes;
  };
  const answeredBy = ({ headers }: Page): number => Number(headers.get('x-process'));

  function assertBookings(pages: readonly Page[]): void {
    assert.deepEqual(new Set(pages.map(({ status }) => status)), new Set([200]));
    for (const { html } of pages) assert.match(html, /<li>B-0001<\/li>/);
  }

  /** So many page views, a few at a time, as tabs of one browser. */
  async function view(count: number): Promise<Page[]> {
    const pages: Page[] = [];
    const tab = async (): Promise<void> => {
      while (pages.length < count) pages.push(await visitor.get('/me'));
    };
    await Promise.all([tab(), tab(), tab(), tab()]);
    return pages;
  }

  it('asks its three processes in turn, and each knows who is logged in', async () => {
    assert.equal((await logIn()).location, '/me');
    const pages = await view(100);
    assertBookings(pages);
    const pids = (await processes()).map(({ pid }) => pid);
    assert.equal(pids.length, 3);
    assert.deepEqual(new Set(pages.map(answeredBy)), new Set(pids));
    assert.match(pages[0]?.html ?? '', /Answered by process <b>\d+<\/b>/);
  });

  it('goes on while one of them is killed, and has it back soon', async () => {
    await logIn();
    const [doomed] = await processes();
    assert.ok(doomed);
    const views = view(150);
    process.kill(doomed.pid, 'SIGKILL');
    assertBookings(await views);
    const isBack = async (): Promise<boolean> => {
      const [another] = await processes();
      return another?.url !== undefined && another.pid !== doomed.pid;
    };
    for (const deadline = Date.now() + 10_000; !(await isBack());) {
      assert.ok(Date.now() < deadline, said());
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const [another] = await processes();
    const pages = await view(30);
    assertBookings(pages);
    assert.ok(pages.map(answeredBy).includes(another?.pid ?? 0));
  });

  it('goes on while one of them is frozen', async () => {
    await logIn();
    const [frozen] = await processes();
    assert.ok(frozen);
    process.kill(frozen.pid, 'SIGSTOP');
    try {
      const pages = await Promise.all([1, 2, 3].map(() => visitor.get('/me')));
      assertBookings(pages);
      assert.ok(!pages.map(answeredBy).includes(frozen.pid));
    } finally {
      process.kill(frozen.pid, 'SIGCONT');
    }
  });

  it('logs out in every process', async () => {
    await logIn();
    assert.equal((await visitor.get('/me')).status, 200);
    const stale = visitor.twin();
    assert.equal((await visitor.post('/logout')).location, '/');
    for (const browser of [visitor, stale]) {
      for (let turn = 0; turn < 3; turn += 1) {
        assert.equal((await browser.get('/me')).location, '/login');
      }
    }
  });

  it('shows the form again after a wrong password, and refuses a form of another site', async () => {
    const page = await logIn('not it');
    assert.equal(page.status, 401);
    assert.match(page.html, /role="alert"/);
    const forged = { origin: 'https://example.org' };
    assert.equal((await visitor.post('/logout', {}, forged)).status, 403);
  });

  it('says what to do where there is no Redis', async () => {
    const alone = run({ PATH: '' });
    await once(alone.child, 'close');
    assert.equal(alone.child.exitCode, 1);
    assert.match(alone.said(), /^cluster: REDIS_URL is not set, .* set REDIS_URL, .*\n$/);
  });

  const wrong: [string, Record<string, string>, RegExp][] = [
    ['a port that is no number', { PORT: 'abc' }, /PORT must be a number/],
    ['a Redis URL that is none', { REDIS_URL: 'foo' }, /REDIS_URL must look like/],
    ['a Redis that is not there', { REDIS_URL: 'redis://:mine@127.0.0.1:1' }, /no connection to/],
    ['a site without an app', { SF_SITE: 'https://x.example' }, /SF_CLIENT_ID is needed/],
    [
      'a site by http',
      { SF_SITE: 'http://x.example', SF_CLIENT_ID: 'x', SF_REDIRECT_URI: 'https://x.example/' },
      /SF_SITE.*https/,
    ],
  ];
  for (const [what, environment, message] of wrong) {
    it(`given ${what} says so in one line and ends with 1`, async () => {
      const { child, said } = run({ PATH: process.env['PATH'] ?? '', ...environment });
      const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await once(child, 'close');
      clearTimeout(timer);
      assert.equal(child.exitCode, 1, said());
      assert.match(said(), message);
      assert.match(said(), /^cluster: [^\n]*\n$/);
      assert.doesNotMatch(said(), /mine/);
    });
  }

  it('leaves no Redis behind when it is killed', async () => {
    const killed = run({ PATH: process.env['PATH'] ?? '' });
    while (!killed.said().includes('Cluster shop:')) await once(killed.child.stdout, 'data');
    const port = Number(/Redis: +redis:\/\/127\.0\.0\.1:(\d+)/.exec(killed.said())?.[1]);
    killed.child.kill('SIGKILL');
    await once(killed.child, 'exit');
    const isUp = async (): Promise<boolean> => {
      const socket = connect(port, '127.0.0.1');
      const event = await Promise.race([
        once(socket, 'connect').then(() => true),
        once(socket, 'error').then(
          () => false,
          () => false,
        ),
      ]).catch(() => false);
      socket.destroy();
      return event;
    };
    for (const deadline = Date.now() + 5_000; await isUp();) {
      assert.ok(Date.now() < deadline, 'Redis is still there');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });

  it('ends everything that it has started', async () => {
    const port = await freePort();
    const redis = run({ PATH: process.env['PATH'] ?? '', PORT: port });
    while (!redis.said().includes('Cluster shop:')) await once(redis.child.stdout, 'data');
    const health = await (await fetch(`http://localhost:${port}/health`)).json();
    redis.child.kill('SIGINT');
    await once(redis.child, 'close');
    assert.equal(redis.child.exitCode, 0, redis.said());
    for (const { pid } of (health as { processes: Process[] }).processes) {
      assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
    }
  });
});
