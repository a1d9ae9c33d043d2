import { parseArgs } from 'node:util';
import { startEmulator } from './start.js';

const usage = `Usage: sf-headless-emulator [--port N] [--site-path /portal]

A local Salesforce Experience Cloud site for Headless Identity, on 127.0.0.1.

  --port N          port to listen on; 0 takes a free one (default 4600)
  --site-path PATH  path of the site, or / for none (default /portal)
  --help            show this text

Users, mailbox and requests are shown at /__emulator__/ while it runs.
`;

interface Flags {
  readonly help: boolean;
  readonly port: number;
  readonly sitePath: string;
}

function readFlags(args: readonly string[]): Flags {
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: { type: 'string', default: '4600' },
      'site-path': { type: 'string', default: '/portal' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (!/^\d{1,5}$/.test(values.port)) throw new TypeError('--port: must be a number');
  return { help: values.help, port: Number(values.port), sitePath: values['site-path'] };
}

function complaint(error: unknown, args: readonly string[]): string {
  if (!(error instanceof Error)) return String(error);
  if ('code' in error && error.code === 'EADDRINUSE') {
    return `port ${/--port[= ](\d+)/.exec(args.join(' '))?.[1] ?? '4600'} is in use; choose another with --port`;
  }
  if ('code' in error && error.code === 'EACCES') return 'this port is not allowed; choose another';
  return error.message.replace(/^sitePath:/, '--site-path:').replace(/^port:/, '--port:');
}

/**
 * The command line: starts an emulator, prints one line with its URL, and ends it on SIGINT or
 * SIGTERM. Wrong flags and a busy port set exit code 2 and 1 and are explained on standard error.
 */
export async function run(args: readonly string[]): Promise<void> {
  try {
    const flags = readFlags(args);
    if (flags.help) {
      process.stdout.write(usage);
      return;
    }
    const emulator = await startEmulator({ port: flags.port, sitePath: flags.sitePath });
    const stop = (): void => {
      void emulator.close();
    };
    process.once('SIGINT', stop).once('SIGTERM', stop);
    process.stdout.write(`sf-headless-emulator ready at ${emulator.url}\n`);
  } catch (error) {
    process.stderr.write(`sf-headless-emulator: ${complaint(error, args)}\n`);
    if (error instanceof TypeError) process.stderr.write(`\n${usage}`);
    process.exitCode = error instanceof TypeError ? 2 : 1;
  }
}
