import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from 'mocha';
import { needs } from './required.js';

/** A private PostgreSQL on a Unix socket. Its data outlives `stop`, and ends with `remove`. */
export class Postgres {
  private readonly program: string;
  private readonly folder: string;
  private readonly ids: { readonly uid?: number; readonly gid?: number };
  private child: ChildProcess | undefined;

  private constructor(program: string, folder: string, ids: { uid?: number; gid?: number }) {
    this.program = program;
    this.folder = folder;
    this.ids = ids;
  }

  static async start(context: Context): Promise<Postgres> {
    const initdb = needs(context, 'initdb');
    const program = needs(context, 'postgres');
    const folder = mkdtempSync(join(tmpdir(), 'travel-shop-pg-'));
    const id = (which: string) => Number(execFileSync('id', [which, 'postgres']));
    // It refuses to be run by root.
    const ids = process.getuid?.() === 0 ? { uid: id('-u'), gid: id('-g') } : {};
    if (ids.uid !== undefined) chownSync(folder, ids.uid, ids.gid);
    const options = ['-A', 'trust', '-U', 'test', '--no-sync', '--no-locale', '-E', 'UTF8'];
    execFileSync(initdb, ['-D', join(folder, 'data'), ...options], {
      ...ids,
      cwd: folder,
      stdio: 'ignore',
    });
    const postgres = new Postgres(program, folder, ids);
    await postgres.start();
    return postgres;
  }

  get url(): string {
    return `postgresql://test@localhost/postgres?host=${encodeURIComponent(this.folder)}`;
  }

  async start(): Promise<void> {
    const data = join(this.folder, 'data');
    const child = spawn(
      this.program,
      ['-D', data, '-c', 'listen_addresses=', '-k', this.folder, '-F'],
      { ...this.ids, cwd: this.folder, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    this.child = child;
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    while (!said.includes('ready to accept connections')) {
      if (child.exitCode !== null) throw new Error(`postgres ended: ${said}`);
      await Promise.race([once(child.stderr, 'data'), once(child, 'exit')]);
    }
  }

  /** Cuts every connection. */
  async stop(): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (child?.exitCode !== null) return;
    child.kill('SIGINT');
    await once(child, 'exit');
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
