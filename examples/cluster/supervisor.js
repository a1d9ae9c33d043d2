import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('process.js', import.meta.url));

/** Milliseconds before a process that has ended is started again; doubled each time it does not get ready. */
const firstPause = 250;
const longestPause = 10_000;
/** Milliseconds that a process may take to end by itself. */
const grace = 3_000;

/** Keeps the processes of the shop running: one that dies is started again. */
export class Supervisor {
  #environment;
  #log;
  #members;
  #isStopping = false;

  constructor({ size, environment, log }) {
    this.#environment = environment;
    this.#log = log;
    this.#members = Array.from({ length: size }, (_, number) => ({
      number: number + 1,
      starts: 0,
      child: undefined,
      url: undefined,
    }));
  }

  /** Starts all of them. @throws when one ends before it is ready. */
  async start() {
    await Promise.all(this.#members.map((member) => this.#run(member)));
    for (const member of this.#members) void this.#keep(member);
  }

  /** What is known of each: `{ number, pid, url, starts }`, with no `url` while it is not ready. */
  get members() {
    return this.#members.map(({ number, child, url, starts }) => {
      return { number, pid: child?.pid, url, starts };
    });
  }

  async stop() {
    this.#isStopping = true;
    await Promise.all(this.#members.map(({ child }) => end(child)));
  }

  /** Starts a process, and returns when it is ready. */
  async #run(member) {
    const env = { PATH: process.env.PATH, ...this.#environment };
    const child = fork(script, { env });
    Object.assign(member, { child, starts: member.starts + 1 });
    child.once('exit', () => (member.url = undefined));
    const ended = once(child, 'exit').then(([code, signal]) => {
      throw new Error(`process ${member.number} ended at once (${signal ?? code})`);
    });
    const [{ url }] = await Promise.race([once(child, 'message'), ended]);
    member.url = url;
  }

  async #keep(member) {
    for (let pause = firstPause; ;) {
      if (isRunning(member.child)) await once(member.child, 'exit');
      if (this.#isStopping) return;
      this.#log(`process ${member.number} (${member.child.pid}) has ended; another one starts`);
      await new Promise((resolve) => setTimeout(resolve, pause));
      if (this.#isStopping) return;
      pause = await this.#run(member).then(
        () => firstPause,
        () => Math.min(longestPause, pause * 2),
      );
    }
  }
}

function isRunning(child) {
  return child !== undefined && child.exitCode === null && child.signalCode === null;
}

async function end(child) {
  if (!isRunning(child)) return;
  child.kill();
  const timer = setTimeout(() => child.kill('SIGKILL'), grace);
  await once(child, 'exit');
  clearTimeout(timer);
}
