import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

/** A port that nothing listens on at the moment. */
export async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return String(port);
}

/** A private Redis that keeps nothing. */
export async function startRedis(program: string, port: string): Promise<ChildProcess> {
  const options = ['--port', port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const redis = spawn(program, options, { stdio: ['ignore', 'pipe', 'ignore'] });
  let output = '';
  while (!output.includes('Ready to accept connections')) {
    const [chunk] = (await once(redis.stdout, 'data')) as [Buffer];
    output += chunk.toString();
  }
  redis.stdout.resume();
  return redis;
}
