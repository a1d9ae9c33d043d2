import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, chownSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Context } from 'mocha';

/** A server that a test file has to itself. It keeps nothing. */
export interface Service {
  readonly url: string;
  /** Ends it, and returns when it is gone. */
  stop(): Promise<void>;
}

/** Milliseconds that a server has to get ready. */
const patience = 20_000;

/** The first of these programs on PATH. Where none is, the test is skipped; where CI runs it, it fails. */
function need(context: Context, ...names: string[]): string {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  for (const path of names.flatMap((name) => folders.map((folder) => join(folder, name)))) {
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // It may be in another folder.
    }
  }
  if (process.env['CI'] !== undefined) throw new Error(`${names.join(' or ')} is missing`);
  return context.skip();
}

/** A port that nothing listens on at the moment. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Returns when a process has said a text on one of its two outputs; fails when it ends before, or takes too long. */
async function hearFrom(child: ChildProcess, text: string): Promise<void> {
  const signal = AbortSignal.timeout(patience);
  let said = '';
  const heard = new Promise<void>((resolve) => {
    for (const output of [child.stdout, child.stderr]) {
      output?.on('data', (chunk: Buffer) => {
        if (said.includes(text)) return;
        said += chunk.toString();
        if (said.includes(text)) resolve();
      });
    }
  });
  const ended = once(child, 'exit', { signal }).then(
    () => Promise.reject(new Error(`${child.spawnfile} ended: ${said}`)),
    (cause: unknown) => Promise.reject(new Error(`${child.spawnfile} is not ready`, { cause })),
  );
  await Promise.race([heard, ended]);
}

async function end(child: ChildProcess, signal: NodeJS.Signals, folder: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill(signal);
    await once(child, 'exit');
  }
  rmSync(folder, { recursive: true, force: true });
}

/** Starts a Redis on a free port. */
export async function startRedis(context: Context): Promise<Service> {
  const program = need(context, 'redis-server', 'valkey-server');
  const folder = mkdtempSync(join(tmpdir(), 'redis-'));
  const port = await freePort();
  const options = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder];
  const child = spawn(program, [...options, '--save', '', '--appendonly', 'no']);
  const stop = (): Promise<void> => end(child, 'SIGKILL', folder);
  try {
    await hearFrom(child, 'Ready to accept connections');
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: `redis://127.0.0.1:${port}`, stop };
}

/** Who PostgreSQL runs as: it refuses to run as root. */
function serverUser(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const ask = (option: string): number => Number(execFileSync('id', [option, 'postgres']));
  return { uid: ask('-u'), gid: ask('-g') };
}

/** Starts a PostgreSQL on a Unix socket of its own. */
export async function startPostgres(context: Context): Promise<Service> {
  const initdb = need(context, 'initdb');
  const postgres = need(context, 'postgres');
  const folder = mkdtempSync(join(tmpdir(), 'postgres-'));
  const user = serverUser();
  if (user.uid !== undefined && user.gid !== undefined) chownSync(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  const setUp = ['-D', data, '-A', 'trust', '-U', 'test', '--no-sync', '--no-locale', '-E', 'UTF8'];
  execFileSync(initdb, setUp, { ...user, cwd: folder, stdio: 'ignore' });
  const options = ['-D', data, '-c', 'listen_addresses=', '-k', folder, '-F'];
  const child = spawn(postgres, options, { ...user, cwd: folder });
  const stop = (): Promise<void> => end(child, 'SIGINT', folder);
  try {
    await hearFrom(child, 'ready to accept connections');
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: `postgresql://test@/postgres?host=${encodeURIComponent(folder)}`, stop };
}
