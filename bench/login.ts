import { runBatch, type Cost, type Stage } from './batch.js';
import { Child } from './child.js';
import type { AppAnswers, EmulatorAnswers } from './messages.js';
import { reportMachine, reportRequests, reportSeries, type Round } from './report.js';
import { complaints, sum, type Requests } from './requests.js';
import { variants, type Variant } from './variants.js';
import { Visitors } from './visitor.js';

const loginsPerBatch = 100;
const warmUpRounds = 10;
const roundsPerSeries = 30;
const concurrencies = [1, 8];
/** No round begins later than this after the start (milliseconds); those that ran are reported. */
const timeForRounds = 95_000;

/** Runs batches and keeps account of what the emulator received by all of them. */
class Run {
  private readonly stage: Stage;
  private readonly logins = new Map<Variant, number>();
  private readonly requests = new Map<Variant, Requests>();

  constructor(stage: Stage) {
    this.stage = stage;
  }

  async batch(variant: Variant, logins: number, atATime: number): Promise<Cost> {
    const cost = await runBatch(this.stage, variant, logins, atATime);
    this.logins.set(variant, (this.logins.get(variant) ?? 0) + logins);
    this.requests.set(variant, sum(this.requests.get(variant) ?? {}, cost.requests));
    return cost;
  }

  /** One batch of every variant. The order turns, so that none is always first or always after the same one. */
  async round(number: number, atATime: number): Promise<Round> {
    const first = number % variants.length;
    const turned = [...variants.slice(first), ...variants.slice(0, first)];
    const costs = new Map<Variant, Cost>();
    for (const variant of number % 2 === 0 ? turned : turned.toReversed()) {
      costs.set(variant, await this.batch(variant, loginsPerBatch, atATime));
    }
    return costs;
  }

  /** Prints the requests, and returns what is wrong with them. */
  settle(): string[] {
    return variants.flatMap((variant) => {
      const logins = this.logins.get(variant) ?? 0;
      const requests = this.requests.get(variant) ?? {};
      console.log(reportRequests(variant, logins, requests));
      return complaints(variant, logins, requests);
    });
  }
}

async function measure(stage: Stage): Promise<string[]> {
  const run = new Run(stage);
  const end = performance.now() + timeForRounds;
  for (let number = 0; number < warmUpRounds && performance.now() < end; number += 1) {
    await run.round(number, 4);
  }
  for (const atATime of concurrencies) {
    const rounds: Round[] = [];
    while (rounds.length < roundsPerSeries && performance.now() < end) {
      rounds.push(await run.round(rounds.length, atATime));
    }
    console.log(reportSeries({ atATime, rounds }));
  }
  return run.settle();
}

const closers: (() => unknown)[] = [];
function stopAll(): void {
  for (const close of closers.splice(0)) close();
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    stopAll();
    process.exit(130);
  });
}

try {
  console.log(`${reportMachine()}\n`);
  const emulator = await Child.start<EmulatorAnswers>('emulator-process.js');
  closers.push(() => {
    emulator.stop();
  });
  const app = await Child.start<AppAnswers>('app-process.js', [emulator.url]);
  closers.push(() => {
    app.stop();
  });
  const visitors = new Visitors(app.url);
  closers.push(() => visitors.close());
  const wrong = await measure({ emulator, app, visitors, userId: await emulator.ask('userId') });
  for (const complaint of wrong) console.error(complaint);
  if (wrong.length > 0) process.exitCode = 1;
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  stopAll();
}
