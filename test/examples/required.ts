import { accessSync, constants } from 'node:fs';
import { delimiter, resolve } from 'node:path';
import type { Context } from 'mocha';

/**
 * Where a program is, by its path or by its name on PATH. Skips what needs a program that is not installed; where CI
 * runs the tests, that is a failure instead.
 */
export function needs(context: Context, program: string): string {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = resolve(folder, program);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // It may be in another folder.
    }
  }
  if (process.env['CI'] !== undefined) throw new Error(`${program} is missing`);
  return context.skip();
}
