import assert from 'node:assert/strict';

import { once } from 'node:events';
import { connect } from 'node:net';

import { startEmulator } from 'sf-headless-emulator';
import { Agent } from 'undici';
import { http2, parsed, send } from './browserless.js';
import { selfSigned } from './certificate.js';

describe('emulator: transport', () => {
  it('serves HTTP/1.1 and HTTP/2 with prior knowledge on one port', async () => {
    const emulator = await startEmulator();
    const dispatcher = http2(emulator.origin);
    const url = `${emulator.url}/services/oauth2/token`;
    const body = 'grant_type=nothing';
    const replies = [
      await send(url, { method: 'POST', body }),
      await send(url, { method: 'POST', body, dispatcher }),
    ];
    await dispatcher.close();
    const log = emulator.log();
    await emulator.close();
    assert.equal(replies[0]?.text, replies[1]?.text);
    assert.deepEqual(
      log.map((entry) => [entry.httpVersion, entry.body]),
      [
        ['1.1', body],
        ['2.0', body],
      ],
    );
    assert.equal(
      Object.keys(log[1]?.headers ?? {}).some((name) => name.startsWith(':')),
      false,
    );
    assert.equal(log[1]?.headers['host'], new URL(emulator.origin).host);
  });

  it('reads the first bytes of a connection however they are cut', async () => {
    const emulator = await startEmulator();
    const socket = connect(Number(new URL(emulator.origin).port), '127.0.0.1');
    socket.setNoDelay(true);
    await once(socket, 'connect');
    for (const piece of ['P', 'R', 'OPFIND /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n']) {
      socket.write(piece);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const [answer]: unknown[] = await once(socket, 'data');
    socket.destroy();
    await emulator.close();
    assert.match(String(answer), /^HTTP\/1\.1 404/);
  });

  it('serves HTTPS with either version when given a key and certificate', async () => {
    const { key, cert } = selfSigned();
    const emulator = await startEmulator({ tls: { key, cert } });
    assert.match(emulator.url, /^https:/);
    const replies = [];
    for (const allowH2 of [true, false]) {
      const dispatcher = new Agent({ allowH2, connect: { rejectUnauthorized: false } });
      replies.push(await send(`${emulator.url}/id/keys`, { dispatcher }));
      await dispatcher.close();
    }
    const versions = emulator.log().map((entry) => entry.httpVersion);
    await emulator.close();
    assert.deepEqual(versions, ['2.0', '1.1']);
    for (const reply of replies) {
      assert.equal(reply.status, 200);
      // Over TLS a browser would obey it and break other servers on localhost.
      assert.equal(reply.headers['strict-transport-security'], undefined);
    }
  });

  it('listens on the loopback interface only', async () => {
    const emulator = await startEmulator();
    const { hostname } = new URL(emulator.origin);
    await emulator.close();
    assert.equal(hostname, '127.0.0.1');
  });

  it('refuses a busy port', async () => {
    const emulator = await startEmulator();
    const port = Number(new URL(emulator.origin).port);
    await assert.rejects(startEmulator({ port }), { code: 'EADDRINUSE' });
    await emulator.close();
  });

  it('answers a body above a mebibyte by 413, and by 400 to a control call', async () => {
    const emulator = await startEmulator();
    const body = 'x'.repeat(1_048_577);
    const url = `${emulator.url}/services/oauth2/token`;
    assert.equal((await send(url, { method: 'POST', body })).status, 413);
    assert.deepEqual(
      emulator.log().map((entry) => [entry.status, entry.body]),
      [[413, '']],
    );
    const control = `${emulator.origin}/__emulator__/settings`;
    const reply = await send(control, { method: 'PATCH', body });
    assert.deepEqual([reply.status, parsed(reply)], [400, { error: 'body: above 1 MiB' }]);
    await emulator.close();
  });

  it('closes at once although answers hang, drip and wait', async () => {
    const emulator = await startEmulator();
    emulator.faults([
      { match: 'GET /id/keys', fault: 'hang', times: 1 },
      { match: 'GET /id/keys', fault: 'slow', times: 1 },
      { match: 'GET /id/keys', delay: 60_000 },
    ]);
    const dispatcher = new Agent({ connections: 10 });
    const calls = [1, 2, 3].map(() => send(`${emulator.url}/id/keys`, { dispatcher }));
    const settled = Promise.allSettled(calls);
    while (emulator.log().length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    const started = performance.now();
    await emulator.close();
    assert.ok(performance.now() - started < 500);
    assert.deepEqual(
      (await settled).map((call) => call.status),
      ['rejected', 'rejected', 'rejected'],
    );
    await dispatcher.destroy();
  });
});
