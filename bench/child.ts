import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Ready } from './messages.js';

/** Milliseconds a child has for one answer, its start included. */
const patience = 15_000;

async function messageOf(child: ChildProcess): Promise<unknown> {
  const waiting = new AbortController();
  const signal = AbortSignal.any([waiting.signal, AbortSignal.timeout(patience)]);
  const ended = once(child, 'exit', { signal }).then(() => {
    throw new Error(`${child.spawnfile} ended before it answered`);
  });
  try {
    const [message] = (await Promise.race([once(child, 'message', { signal }), ended])) as [
      unknown,
    ];
    return message;
  } finally {
    waiting.abort();
  }
}

/** A process of the bench beside this one. It is asked one question at a time, and ends with this process. */
export class Child<A extends object> {
  readonly url: string;
  private readonly process: ChildProcess;

  private constructor(process: ChildProcess, { url }: Ready) {
    this.process = process;
    this.url = url;
  }

  /** Starts a module of this folder, and waits until it is ready. */
  static async start<A extends object>(module: string, args: string[] = []): Promise<Child<A>> {
    const file = fileURLToPath(new URL(module, import.meta.url));
    const process = fork(file, args);
    try {
      return new Child<A>(process, (await messageOf(process)) as Ready);
    } catch (error) {
      process.kill();
      throw error;
    }
  }

  async ask<K extends keyof A & string>(question: K): Promise<A[K]> {
    const message = messageOf(this.process);
    this.process.send(question);
    return ((await message) as { readonly answer: A[K] }).answer;
  }

  /** Ends the process, at once. */
  stop(): void {
    this.process.kill();
  }
}
