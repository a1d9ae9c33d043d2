import { Agent } from 'undici';
import { Child } from './child.js';
import type { AppAnswers, EmulatorAnswers } from './messages.js';
import { customer } from './org.js';
import { reportMachine } from './report.js';
import type { StoreCounts, StoreView } from './session-app.js';
import { SessionVisitor } from './session-visitor.js';
import { spreadOf } from './statistics.js';

const viewsPerBatch = 400;
const atATime = 8;
const warmUpBatches = 8;
const roundsPerKind = 40;
/** No round begins later than this after the start (milliseconds); those that ran are reported. */
const timeForRounds = 70_000;

const kinds = ['stranger', 'guest', 'named user'] as const;
type Kind = (typeof kinds)[number];

/** One of the two apps, with a visitor of each kind. */
interface Side {
  readonly app: Child<AppAnswers>;
  readonly visitors: ReadonlyMap<Kind, SessionVisitor>;
}

/** What a batch of page views came to. */
interface Pace {
  readonly perSecond: number;
  /** Microseconds of the app's CPU per page view. */
  readonly cpu: number;
}

interface Round {
  readonly with: Pace;
  readonly without: Pace;
}

const agent = new Agent({ connections: atATime, headersTimeout: 10_000, bodyTimeout: 10_000 });

async function measure({ app, visitors }: Side, kind: Kind): Promise<Pace> {
  const visitor = visitors.get(kind);
  const cpuBefore = await app.ask('cpu');
  const begin = performance.now();
  await visitor?.view(viewsPerBatch, atATime);
  const seconds = (performance.now() - begin) / 1000;
  const cpu = ((await app.ask('cpu')) - cpuBefore) / viewsPerBatch;
  return { perSecond: viewsPerBatch / seconds, cpu };
}

/** One batch of each app, now the one first and now the other. */
async function runRound(number: number, kind: Kind, sides: readonly [Side, Side]): Promise<Round> {
  const [withIt, without] = sides;
  if (number % 2 === 0) {
    const pace = await measure(withIt, kind);
    return { with: pace, without: await measure(without, kind) };
  }
  const pace = await measure(without, kind);
  return { without: pace, with: await measure(withIt, kind) };
}

function row(...cells: string[]): string {
  return `| ${cells.map((cell) => cell.padEnd(22)).join(' | ')} |`;
}

function reportRounds(kind: Kind, rounds: readonly Round[]): string {
  const of = (value: (round: Round) => number, digits: number): string => {
    const { median, low, high } = spreadOf(rounds.map(value));
    const [mid, from, to] = [median, low, high].map((each) => each.toFixed(digits));
    return `${mid} (${from} to ${to})`;
  };
  const ratio = (value: (pace: Pace) => number): string => {
    const one = spreadOf(rounds.map((round) => value(round.with))).median;
    return (one / spreadOf(rounds.map((round) => value(round.without))).median).toFixed(3);
  };
  return [
    row(kind, of((r) => r.with.perSecond, 0), of((r) => r.without.perSecond, 0), ratio((p) => p.perSecond)), // prettier-ignore
    row(`${kind}, CPU, µs`, of((r) => r.with.cpu, 0), of((r) => r.without.cpu, 0), ratio((p) => p.cpu)), // prettier-ignore
  ].join('\n');
}

/** What was asked of the store by something, and what lay in it afterwards. */
async function watch(
  visitor: SessionVisitor,
  work: () => Promise<unknown>,
): Promise<{ readonly counts: StoreCounts; readonly sizes: StoreView['sizes'] }> {
  const before = await visitor.store();
  await work();
  // The old session ends when the answer is out.
  await new Promise((resolve) => setTimeout(resolve, 50));
  const after = await visitor.store();
  const counted = (name: keyof StoreCounts): number => after.counts[name] - before.counts[name];
  const counts = {
    get: counted('get'),
    set: counted('set'),
    touch: counted('touch'),
    destroy: counted('destroy'),
  };
  const changed = Object.entries(after.sizes).filter(([id, size]) => before.sizes[id] !== size);
  return { counts, sizes: Object.fromEntries(changed) };
}

function reportCounts(title: string, { get, set, touch, destroy }: StoreCounts): void {
  console.log(row(title, String(set), String(destroy), String(get), String(touch)));
}

/** Session and records by what the key says they are. */
function reportSizes(title: string, sizes: StoreView['sizes']): void {
  const parts = Object.entries(sizes).map(([id, size]) => {
    return `${/^sf-headless-([a-z]+)-/.exec(id)?.[1] ?? 'session'} ${size}`;
  });
  console.log(`${title}: ${parts.join(', ')}`);
}

/** Store operations and bytes of one visitor's way; returns what is wrong. */
async function reportStore(withIt: Side, without: Side): Promise<string[]> {
  const guest = new SessionVisitor(withIt.app.url, agent);
  console.log(row('store operations', 'writes', 'destroys', 'reads', 'touches'));
  console.log(row('---', '---', '---', '---', '---'));
  const wrong: string[] = [];
  for (const kind of kinds) {
    const visitor = withIt.visitors.get(kind) ?? guest;
    const { counts } = await watch(visitor, () => visitor.view(1, 1));
    reportCounts(`page view, ${kind}`, counts);
    if (counts.set > 0 || counts.destroy > 0) wrong.push(`a page view of a ${kind} writes`);
  }
  const login = (visitor: SessionVisitor) => () => visitor.send('POST', '/login', customer);
  const made = await watch(guest, () => guest.send('POST', '/guest'));
  reportCounts('guest made', made.counts);
  const upgraded = await watch(guest, login(guest));
  reportCounts('login of a guest', upgraded.counts);
  reportCounts('login again', (await watch(guest, login(guest))).counts);
  const stranger = new SessionVisitor(withIt.app.url, agent);
  const named = await watch(stranger, login(stranger));
  reportCounts('login of a stranger', named.counts);
  const plain = new SessionVisitor(without.app.url, agent);
  const plainly = await watch(plain, login(plain));
  reportCounts('without: of a stranger', plainly.counts);
  reportCounts('without: again', (await watch(plain, login(plain))).counts);
  console.log('\nbytes in the store, as JSON text');
  reportSizes('a guest', made.sizes);
  reportSizes('a guest who has logged in', upgraded.sizes);
  reportSizes('a stranger who has logged in', named.sizes);
  reportSizes('without: a stranger who has logged in', plainly.sizes);
  return wrong;
}

/** A visitor of each kind, made by the app with the middleware; the other app gets copies of their sessions. */
async function settle(
  withIt: Child<AppAnswers>,
  without: Child<AppAnswers>,
): Promise<[Side, Side]> {
  const originals = new Map<Kind, SessionVisitor>();
  const copies = new Map<Kind, SessionVisitor>();
  for (const kind of kinds) {
    const original = new SessionVisitor(withIt.url, agent);
    const copy = new SessionVisitor(without.url, agent);
    if (kind === 'guest') await original.send('POST', '/guest');
    if (kind === 'named user') await original.send('POST', '/login', customer);
    if (kind !== 'stranger') {
      const blob = JSON.parse(await original.send('GET', '/session')) as object;
      await copy.send('POST', '/session', blob);
    }
    originals.set(kind, original);
    copies.set(kind, copy);
  }
  return [
    { app: withIt, visitors: originals },
    { app: without, visitors: copies },
  ];
}

const children: Child<object>[] = [];
function stopAll(): void {
  for (const child of children.splice(0)) child.stop();
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    stopAll();
    process.exit(130);
  });
}

try {
  const end = performance.now() + timeForRounds;
  console.log(`${reportMachine()}\n`);
  const emulator = await Child.start<EmulatorAnswers>('emulator-process.js');
  children.push(emulator);
  const start = async (variant: string): Promise<Child<AppAnswers>> => {
    const app = await Child.start<AppAnswers>('session-app-process.js', [emulator.url, variant]);
    children.push(app);
    return app;
  };
  const sides = await settle(await start('with'), await start('without'));
  for (let number = 0; number < warmUpBatches; number += 1) {
    for (const kind of kinds) await runRound(number, kind, sides);
  }
  const rounds: Record<Kind, Round[]> = { stranger: [], guest: [], 'named user': [] };
  for (let number = 0; number < roundsPerKind && performance.now() < end; number += 1) {
    for (const kind of kinds) rounds[kind].push(await runRound(number, kind, sides));
  }
  const title = `page views per second, ${rounds['named user'].length} rounds of ${viewsPerBatch}, ${atATime} at a time`;
  console.log(`${title}; median (quartiles), ratio of the medians\n`);
  console.log(row('', 'with', 'without', 'ratio'));
  console.log(row('---', '---', '---', '---'));
  for (const kind of kinds) console.log(reportRounds(kind, rounds[kind]));
  console.log('');
  const wrong = await reportStore(...sides);
  for (const complaint of wrong) console.error(complaint);
  if (wrong.length > 0) process.exitCode = 1;
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  stopAll();
  await agent.destroy();
}
