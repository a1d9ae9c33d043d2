import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** How one process of the app is set up. */
export interface AppSettings {
  readonly site: string;
  readonly redis: string;
  readonly store?: 'redis' | 'memory';
  /** Shared, of the process and said so, or left out. */
  readonly locks: 'redis' | 'process' | 'unsaid';
  /** Milliseconds of the shared locks. */
  readonly ttl?: number;
}

/** Where the app's upgrade hook is to hang: before or after its write. */
export type Order = 'hang before' | 'hang after';

/** What a process of the app tells. */
export interface Message {
  readonly url?: string;
  readonly hangs?: Order | 'ready to';
  /** Bytes in use, after collecting what is not. */
  readonly heap?: number;
}

/** Milliseconds for an answer of the process, its start included. */
const patience = 15_000;
const script = fileURLToPath(new URL('app-process.js', import.meta.url));

/** A process of the app, seen from the test that started it. */
export class AppChild {
  readonly url: string;
  private readonly process: ChildProcess;
  private readonly said: string[];

  private constructor(process: ChildProcess, url: string, said: string[]) {
    this.process = process;
    this.url = url;
    this.said = said;
  }

  static async start(settings: AppSettings, execArgv: string[] = []): Promise<AppChild> {
    const options = { execArgv, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] } as const;
    const process = fork(script, [JSON.stringify(settings)], {
      ...options,
      stdio: [...options.stdio],
    });
    const said: string[] = [];
    process.stderr?.on('data', (chunk: Buffer) => said.push(chunk.toString()));
    const ended = once(process, 'exit').then(() => {
      throw new Error(`the app ended: ${said.join('')}`);
    });
    const { url = '' } = await Promise.race([messageOf(process), ended]);
    return new AppChild(process, url, said);
  }

  /** What the process has written for its operator. */
  get warnings(): string {
    return this.said.join('');
  }

  /** Has the hook hang from now on. */
  async order(order: Order): Promise<void> {
    const answer = messageOf(this.process);
    this.process.send(order);
    await answer;
  }

  /** Returns when the hook hangs. */
  async hangs(): Promise<void> {
    await messageOf(this.process);
  }

  /** Bytes in use; start it with `--expose-gc`. */
  async heap(): Promise<number> {
    const answer = messageOf(this.process);
    this.process.send('heap');
    return (await answer).heap ?? Number.NaN;
  }

  /** Ends the process at once, as a crash does. */
  async kill(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const exit = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await exit;
  }
}

async function messageOf(process: ChildProcess): Promise<Message> {
  const [message] = (await once(process, 'message', {
    signal: AbortSignal.timeout(patience),
  })) as [Message];
  return message;
}
