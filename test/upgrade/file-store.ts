import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Store, type SessionData } from 'express-session';

/** Around what of a write somebody wants to be told. */
export type WriteWatcher = (moment: 'before' | 'after') => void;

/** Writes a file so that whoever reads it finds the old text or the new one, wherever the writer dies. */
export function writeWhole(path: string, text: string, beforeCommit?: () => void): void {
  const draft = `${path}.draft`;
  writeFileSync(draft, text);
  beforeCommit?.();
  renameSync(draft, path);
}

/** A session store of files, one a session, that survives the process. */
export class FileStore extends Store {
  private readonly folder: string;
  private readonly watch: WriteWatcher;

  /** @param watch is told before and after each write and each removal. */
  constructor(folder: string, watch: WriteWatcher = () => undefined) {
    super();
    this.folder = folder;
    this.watch = watch;
  }

  private path(id: string): string {
    return join(this.folder, `${encodeURIComponent(id)}.json`);
  }

  private write(operation: () => void, callback?: () => void): void {
    setImmediate(() => {
      this.watch('before');
      operation();
      this.watch('after');
      callback?.();
    });
  }

  override get(id: string, callback: (error: unknown, session?: SessionData | null) => void): void {
    const path = this.path(id);
    const session = existsSync(path)
      ? (JSON.parse(readFileSync(path, 'utf8')) as SessionData)
      : null;
    setImmediate(callback, null, session);
  }

  override set(id: string, session: SessionData, callback?: (error?: unknown) => void): void {
    const text = JSON.stringify(session);
    this.write(() => {
      writeWhole(this.path(id), text);
    }, callback);
  }

  override destroy(id: string, callback?: (error?: unknown) => void): void {
    this.write(() => {
      rmSync(this.path(id), { force: true });
    }, callback);
  }

  /** Sessions of these tests do not expire by themselves. */
  override touch(_id: string, _session: SessionData, callback?: () => void): void {
    setImmediate(() => callback?.());
  }
}
