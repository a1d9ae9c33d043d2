import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Where the app of one process finds its org and its Redis. */
export interface MemberSettings {
  readonly site: string;
  readonly clientId: string;
  readonly redis: string;
}

/** What a process says when it listens. */
export interface Ready {
  readonly url: string;
}

/** What a process can be told: by how many milliseconds its clock is to be ahead. */
export interface Order {
  readonly clockAhead: number;
}

/** Milliseconds after which the lock of a dead process frees itself. */
export const lockTtl = 2_000;

/** Milliseconds that a process waits for Salesforce. */
export const patience = 4_000;

const script = fileURLToPath(new URL('cluster-process.js', import.meta.url));

async function messageOf(process: ChildProcess): Promise<unknown> {
  const [message] = (await once(process, 'message', {
    signal: AbortSignal.timeout(20_000),
  })) as [unknown];
  return message;
}

/** A process of the app, seen from the test that started it. */
export class Member {
  readonly url: string;
  private readonly process: ChildProcess;

  private constructor(process: ChildProcess, url: string) {
    this.process = process;
    this.url = url;
  }

  static async start(settings: MemberSettings): Promise<Member> {
    const process = fork(script, [JSON.stringify(settings)], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let said = '';
    process.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const ended = once(process, 'exit').then(() => {
      throw new Error(`the app ended: ${said}`);
    });
    const { url } = (await Promise.race([messageOf(process), ended])) as Ready;
    return new Member(process, url);
  }

  async setClockAhead(milliseconds: number): Promise<void> {
    const answer = messageOf(this.process);
    this.process.send({ clockAhead: milliseconds } satisfies Order);
    await answer;
  }

  /** Ends the process at once, as a crash does. */
  async kill(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const exit = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await exit;
  }
}
