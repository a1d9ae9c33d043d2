import { Agent } from 'undici';
import { Child } from './child.js';
import type { EmulatorAnswers, TokensAppAnswers } from './messages.js';
import { customer } from './org.js';
import { reportMachine } from './report.js';
import type { StoreCounts } from './session-app.js';
import { SessionVisitor } from './session-visitor.js';
import { spreadOf } from './statistics.js';
import { callsAtOnce } from './tokens-app.js';

const requestsPerBatch = 400;
const warmUpBatches = 8;
const rounds = 30;
const storms = 15;
const requestsInStorm = 100;

type App = Child<TokensAppAnswers>;
const paths = ['/plain', '/token', '/token-10'] as const;

const agent = new Agent({ connections: requestsInStorm, headersTimeout: 10_000 });
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

function spread(values: readonly number[], digits: number): string {
  const { median, low, high } = spreadOf(values);
  return `${median.toFixed(digits)} (${low.toFixed(digits)} to ${high.toFixed(digits)})`;
}

function row(...cells: string[]): void {
  console.log(`| ${cells.map((cell) => cell.padEnd(30)).join(' | ')} |`);
}

async function loggedIn(app: App): Promise<SessionVisitor> {
  const visitor = new SessionVisitor(app.url, agent);
  await visitor.send('POST', '/login', customer);
  return visitor;
}

/** So many requests, 8 at a time. Microseconds of the app's CPU for each. */
async function batch(app: App, visitor: SessionVisitor, path: string): Promise<number> {
  let started = 0;
  const lane = async (): Promise<void> => {
    while (started < requestsPerBatch) {
      started += 1;
      await visitor.send('GET', path);
    }
  };
  const before = await app.ask('cpu');
  await Promise.all(Array.from({ length: 8 }, lane));
  return ((await app.ask('cpu')) - before) / requestsPerBatch;
}

/** What a page that asks for a token costs more than one that does not. */
async function reportCalls(app: App): Promise<void> {
  const visitor = await loggedIn(app);
  const costs = new Map<string, number[]>(paths.map((path) => [path, []]));
  for (let number = -warmUpBatches; number < rounds; number += 1) {
    const turn = Math.abs(number) % paths.length;
    for (const path of [...paths.slice(turn), ...paths.slice(0, turn)]) {
      const cost = await batch(app, visitor, path);
      if (number >= 0) costs.get(path)?.push(cost);
    }
  }
  const of = (path: (typeof paths)[number]): readonly number[] => costs.get(path) ?? [];
  const against = (path: (typeof paths)[number]): string =>
    spread(
      of(path).map((cost, number) => cost / (of('/plain')[number] ?? Number.NaN)),
      2,
    );
  const reads = async (path: string): Promise<string> => {
    const count = async (): Promise<StoreCounts> => (await visitor.store()).counts;
    const before = await count();
    await visitor.send('GET', path);
    const after = await count();
    return `${after.get - before.get} reads, ${after.set - before.set} writes`;
  };
  row('fresh token', 'CPU per request, µs', 'against no call', 'store');
  row('---', '---', '---', '---');
  row('no call', spread(of('/plain'), 0), '1', await reads('/plain'));
  row('one call', spread(of('/token'), 0), against('/token'), await reads('/token'));
  const ten = `${callsAtOnce} calls in one request`;
  row(ten, spread(of('/token-10'), 0), against('/token-10'), await reads('/token-10'));
}

/** Milliseconds of so many requests at once. */
async function storm(visitor: SessionVisitor, requests: number): Promise<number> {
  const begin = performance.now();
  await Promise.all(Array.from({ length: requests }, () => visitor.send('GET', '/token')));
  return performance.now() - begin;
}

/** A hundred requests that all need one refresh, against one request that does. Returns what is wrong. */
async function reportStorms(app: App, emulator: Child<EmulatorAnswers>): Promise<string[]> {
  const visitor = await loggedIn(app);
  const tokenCalls = async (): Promise<number> =>
    (await emulator.ask('requests'))['POST /services/oauth2/token'] ?? 0;
  const times: { single: number; stormy: number; fresh: number }[] = [];
  const before = await tokenCalls();
  for (let number = 0; number < storms; number += 1) {
    // An access token of two seconds is renewed in its second half.
    await pause(1_200);
    const single = await storm(visitor, 1);
    await pause(1_200);
    const stormy = await storm(visitor, requestsInStorm);
    const fresh = await storm(visitor, requestsInStorm);
    times.push({ single, stormy, fresh });
  }
  const refreshes = (await tokenCalls()) - before;
  console.log('');
  row('refresh', 'time until the last answer, ms');
  row('---', '---');
  row('1 request, 1 refresh', spread(times.map((time) => time.single), 1)); // prettier-ignore
  row(`${requestsInStorm} requests, 1 refresh`, spread(times.map((time) => time.stormy), 1)); // prettier-ignore
  row(`${requestsInStorm} requests, no refresh`, spread(times.map((time) => time.fresh), 1)); // prettier-ignore
  const ratios = times.map(({ single, stormy, fresh }) => stormy / (single + fresh));
  row('storm / (single + no refresh)', spread(ratios, 2));
  return refreshes === 2 * storms
    ? []
    : [`${refreshes} refreshes instead of ${2 * storms}: one for each round`];
}

async function reportMemory(start: (variant: string) => Promise<App>): Promise<void> {
  console.log('');
  row('10,000 sessions', 'heap, MiB', 'process, MiB', 'bytes of one in the store');
  row('---', '---', '---', '---');
  for (const variant of ['with', 'without']) {
    const app = await start(variant);
    const visitor = await loggedIn(app);
    const bytes = Object.values((await visitor.store()).sizes);
    const { heap, rss } = await app.ask('growth');
    const [inHeap, inProcess] = [heap, rss].map((size) => (size / 2 ** 20).toFixed(1));
    const sum = bytes.reduce((total, size) => total + size, 0);
    row(`${variant} tokens`, inHeap ?? '', inProcess ?? '', String(sum));
  }
}

const children: Child<object>[] = [];
try {
  console.log(`${reportMachine()}\n`);
  const emulator = await Child.start<EmulatorAnswers>('emulator-process.js');
  children.push(emulator);
  const shortLived = {
    redirectUris: ['http://localhost:3000/callback'],
    isNamedUserJwtEnabled: true,
    isRefreshTokenRotationEnabled: true,
    namedUserJwtTimeout: 2 / 60,
  };
  await fetch(`${new URL(emulator.url).origin}/__emulator__/clients/short-lived`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(shortLived),
  });
  const start = async (clientId: string, variant: string): Promise<App> => {
    const parameters = [emulator.url, clientId, variant];
    const app = await Child.start<TokensAppAnswers>('tokens-app-process.js', parameters);
    children.push(app);
    return app;
  };
  await reportCalls(await start('3MVG9.public', 'with'));
  const wrong = await reportStorms(await start('short-lived', 'with'), emulator);
  await reportMemory((variant) => start('3MVG9.public', variant));
  for (const complaint of wrong) console.error(complaint);
  if (wrong.length > 0) process.exitCode = 1;
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  for (const child of children) child.stop();
  await agent.destroy();
}
