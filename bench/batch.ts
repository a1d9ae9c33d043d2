import type { Child } from './child.js';
import type { AppAnswers, EmulatorAnswers } from './messages.js';
import { customer } from './org.js';
import { added, type Requests } from './requests.js';
import type { Variant } from './variants.js';
import type { Visitors } from './visitor.js';

/** Everything a batch runs against. */
export interface Stage {
  readonly emulator: Child<EmulatorAnswers>;
  readonly app: Child<AppAnswers>;
  readonly visitors: Visitors;
  readonly userId: string;
}

/** What a batch of logins cost. */
export interface Cost {
  /** Milliseconds from the first login's start to the last one's end, divided by the logins. */
  readonly wall: number;
  /** Milliseconds of the app's CPU per login. */
  readonly cpu: number;
  /** What the emulator received. */
  readonly requests: Requests;
}

/** Logs visitors in by one variant, so many in all and so many at a time. */
export async function runBatch(
  stage: Stage,
  variant: Variant,
  logins: number,
  atATime: number,
): Promise<Cost> {
  const { emulator, app, visitors } = stage;
  const userId = variant.calls ? stage.userId : customer.username;
  let started = 0;
  let cookie = '';
  const lane = async (): Promise<void> => {
    while (started < logins) {
      started += 1;
      cookie = await visitors.login(variant.id, userId);
    }
  };

  const requestsBefore = await emulator.ask('requests');
  const cpuBefore = await app.ask('cpu');
  const begin = performance.now();
  await Promise.all(Array.from({ length: atATime }, lane));
  const wall = (performance.now() - begin) / logins;
  const cpu = ((await app.ask('cpu')) - cpuBefore) / 1000 / logins;
  const requests = added(requestsBefore, await emulator.ask('requests'));
  if (!(await visitors.isLoggedIn(cookie, userId))) {
    throw new Error(`a login by ${variant.id} left no session`);
  }
  return { wall, cpu, requests };
}
