import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';

import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startEmulator } from 'sf-headless-emulator';

import { send } from './browserless.js';

describe('emulator: command line', function () {
  const bin = fileURLToPath(
    new URL('../bin/sf-headless-emulator.js', import.meta.resolve('sf-headless-emulator')),
  );
  const failing = async (...args: string[]): Promise<{ code: unknown; stderr: string }> => {
    try {
      await promisify(execFile)(process.execPath, [bin, ...args]);
    } catch (error) {
      assert.ok(error instanceof Error && 'code' in error && 'stderr' in error);
      return { code: error.code, stderr: String(error.stderr) };
    }
    return { code: 0, stderr: '' };
  };

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`prints one line with its URL, serves, and exits cleanly on ${signal}`, async () => {
      const child = spawn(process.execPath, [bin, '--port', '0', '--site-path', '/shop']);
      let output = '';
      child.stdout.on('data', (piece: Buffer) => (output += piece.toString()));
      child.stderr.on('data', (piece: Buffer) => (output += piece.toString()));
      await once(child.stdout, 'data');
      const url = /(http:\/\/127\.0\.0\.1:\d+\/shop)\n$/.exec(output)?.[1] ?? '';
      assert.equal(output, `sf-headless-emulator ready at ${url}\n`);
      assert.equal((await send(`${url}/id/keys`)).status, 200);
      child.kill(signal);
      const [code]: unknown[] = await once(child, 'exit');
      assert.equal(code, 0);
      assert.equal(output.split('\n').length, 2);
    });
  }

  it('explains itself for --help', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [bin, '--help']);
    assert.match(stdout, /Usage: sf-headless-emulator/);
    assert.match(stdout, /--port N/);
    assert.match(stdout, /--site-path/);
  });

  it('explains wrong flags and exits with 2', async () => {
    for (const [args, message] of [
      [['--prot', '1'], /--prot/],
      [['--port', 'x'], /--port/],
      [['--port', '70000'], /--port/],
      [['--site-path', 'a/b'], /--site-path/],
      [['extra'], /extra/],
    ] as const) {
      const { code, stderr } = await failing(...args);
      assert.equal(code, 2, args.join(' '));
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, / at .*\.js:/);
    }
  });

  it('says that a port is in use and exits with 1', async () => {
    const emulator = await startEmulator();
    const { port } = new URL(emulator.origin);
    const { code, stderr } = await failing('--port', port);
    await emulator.close();
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`port ${port} is in use`));
  });
});
