import { availableParallelism, totalmem } from 'node:os';
import type { Cost } from './batch.js';
import type { Requests } from './requests.js';
import { spreadOf, type Spread } from './statistics.js';
import { handWrittenVariants, library, variants, type Variant } from './variants.js';

/** What each variant cost in one round. */
export type Round = ReadonlyMap<Variant, Cost>;

/** What the rounds at one concurrency gave. */
export interface Series {
  readonly atATime: number;
  readonly rounds: readonly Round[];
}

type Measure = 'cpu' | 'wall';

function written({ median, low, high }: Spread): string {
  return `${median.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;
}

function values(rounds: readonly Round[], of: (round: Round) => number): string {
  return written(spreadOf(rounds.map(of)));
}

function costOf(round: Round, variant: Variant, measure: Measure): number {
  return round.get(variant)?.[measure] ?? Number.NaN;
}

function row(...cells: string[]): string {
  const [first = '', ...rest] = cells;
  return `| ${first.padEnd(40)} | ${rest.map((cell) => cell.padEnd(20)).join(' | ')} |`;
}

/** The tables of one concurrency: what each variant costs, and the package against each of the others. */
export function reportSeries({ atATime, rounds }: Series): string {
  const costs = variants.map((variant) =>
    row(
      variant.title,
      values(rounds, (round) => costOf(round, variant, 'cpu')),
      values(rounds, (round) => costOf(round, variant, 'wall')),
    ),
  );
  const ratio = (baseline: Variant, measure: Measure): string =>
    values(rounds, (r) => costOf(r, library, measure) / costOf(r, baseline, measure));
  const ratios = handWrittenVariants.map((baseline) =>
    row(`package / ${baseline.title}`, ratio(baseline, 'cpu'), ratio(baseline, 'wall')),
  );
  const rule = row('---', '---', '---');
  return [
    `${atATime} at a time, ${rounds.length} rounds; median (quartiles)`,
    '',
    row('per login', 'CPU of the app, ms', 'wall time, ms'),
    rule,
    ...costs,
    '',
    row('ratio within each round', 'CPU', 'wall time'),
    rule,
    ...ratios,
    '',
  ].join('\n');
}

/** How many requests each variant's logins made. */
export function reportRequests(variant: Variant, logins: number, requests: Requests): string {
  const counts = Object.entries(requests).map(([name, count]) => `${count} × ${name}`);
  return `${variant.title}, ${logins} logins: ${counts.join(', ') || 'no requests'}`;
}

/** What the numbers were measured on. */
export function reportMachine(): string {
  const memory = Math.round(totalmem() / 2 ** 30);
  return `Node ${process.version}, ${availableParallelism()} cores, ${memory} GiB of memory, ${process.platform} ${process.arch}`;
}
