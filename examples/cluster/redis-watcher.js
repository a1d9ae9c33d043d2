import { spawn } from 'node:child_process';

/**
 * Runs redis-server, with the parameters of this script, for as long as the parent lives: a parent that is killed can end
 * nothing, but its end of our standard input is closed for it.
 */
const server = spawn('redis-server', process.argv.slice(2), {
  stdio: ['ignore', 'inherit', 'ignore'],
});
// As a shell says it.
server.once('error', () => process.exit(127));
server.once('exit', (code) => process.exit(code ?? 1));
process.stdin.once('close', () => server.kill()).resume();
process.once('SIGTERM', () => server.kill());
// Ctrl-C reaches every process of the terminal; the parent decides in which order they end.
process.on('SIGINT', () => undefined);
