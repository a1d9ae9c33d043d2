import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(import.meta.resolve('travel-shop/start.js'));

/** The variables of the shop, so that those of whoever runs the tests play no part. */
type ShopEnvironment = Record<string, string>;

type Child = ChildProcessByStdio<null, Readable, Readable>;

function run(environment: ShopEnvironment): {
  child: Child;
  output: { stdout: string; stderr: string };
} {
  const child = spawn(process.execPath, [script], {
    env: { PATH: process.env['PATH'], PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
  return { child, output };
}

async function exitOf(child: Child): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode;
}

/** A shop in a process of its own, as its operator starts it. */
export interface ShopProcess {
  readonly url: string;
  readonly port: string;
  /** Origin of the emulator it runs against, when it started one. */
  readonly emulator: string | undefined;
  readonly output: { readonly stdout: string; readonly stderr: string };
  /** Sends the signals and gives the exit code; null when a signal ended it. */
  stop(...signals: NodeJS.Signals[]): Promise<number | null>;
}

/** Starts the shop and waits for the line that says where it is. */
export async function startShop(environment: ShopEnvironment = {}): Promise<ShopProcess> {
  const { child, output } = run(environment);
  while (!output.stdout.includes('Travel shop:')) {
    if (child.exitCode !== null) throw new Error(`the shop ended:\n${output.stderr}`);
    await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
  }
  const url = /Travel shop: (\S+)/.exec(output.stdout)?.[1] ?? '';
  return {
    url,
    port: new URL(url).port,
    emulator: /Mailbox: +(\S+)\/__emulator__\//.exec(output.stdout)?.[1],
    output,
    async stop(...signals) {
      for (const signal of signals.length > 0 ? signals : ['SIGTERM' as const]) child.kill(signal);
      return exitOf(child);
    },
  };
}

/** Starts a shop that is expected to give up. */
export async function startInVain(
  environment: ShopEnvironment,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const { child, output } = run(environment);
  await once(child, 'close');
  return { code: child.exitCode, ...output };
}
