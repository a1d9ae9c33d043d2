import { existsSync } from 'node:fs';
import type { Context } from 'mocha';

/** Skips what needs a program that is not installed; where CI runs the tests, that is a failure instead. */
export function needs(context: Context, program: string): void {
  if (existsSync(program)) return;
  if (process.env['CI'] !== undefined) throw new Error(`${program} is missing`);
  context.skip();
}
