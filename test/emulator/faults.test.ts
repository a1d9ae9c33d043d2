import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { startEmulator, type Emulator, type FaultRule } from 'sf-headless-emulator';
import { Client } from 'undici';
import { header, http2, parsed, send, Site, textOf, type Reply } from './browserless.js';

describe('emulator: faults', () => {
  const endpoint = 'POST /services/oauth2/token';
  let emulator: Emulator;
  let site: Site;

  before(async () => {
    emulator = await startEmulator();
    site = new Site(emulator);
  });
  afterEach(() => {
    emulator.reset();
  });
  after(() => emulator.close());

  const put = async (...rules: unknown[]): Promise<Reply> => site.control('PUT', 'faults', rules);
  const call = (): Promise<Reply> => site.token({ code: 'x' });
  /** One request on a connection of its own, so that a broken one is not tried again. */
  const alone = async (timeout = 0): Promise<Reply> => {
    const dispatcher = new Client(emulator.origin, {
      headersTimeout: timeout,
      bodyTimeout: timeout,
    });
    try {
      return await send(`${emulator.url}/services/oauth2/token`, { method: 'POST', dispatcher });
    } finally {
      await dispatcher.destroy();
    }
  };
  const failure = async (timeout?: number): Promise<string> => {
    try {
      return `answered ${(await alone(timeout)).status}`;
    } catch (error) {
      return error instanceof Error && 'code' in error ? String(error.code) : String(error);
    }
  };
  const rule = (more: Omit<FaultRule, 'match'>): FaultRule => ({ match: endpoint, ...more });

  describe('kinds', () => {
    it('hang: no answer at all; the log has status null', async () => {
      await put(rule({ fault: 'hang' }));
      assert.equal(await failure(60), 'UND_ERR_HEADERS_TIMEOUT');
      assert.equal(emulator.log().at(-1)?.status, null);
    });

    it('reset: the connection breaks', async () => {
      await put(rule({ fault: 'reset' }));
      assert.match(await failure(), /ECONNRESET|UND_ERR_SOCKET/);
    });

    it('slow: a byte a second', async () => {
      await put(rule({ fault: 'slow', body: 'ab' }));
      const started = performance.now();
      const reply = await alone();
      assert.equal(reply.text, 'ab');
      assert.ok(performance.now() - started >= 1000);
    });

    it('html: 200 and a login page', async () => {
      await put(rule({ fault: 'html' }));
      const reply = await call();
      assert.equal(reply.status, 200);
      assert.match(header(reply, 'content-type'), /^text\/html/);
      assert.match(reply.text, /<html>/);
    });

    it('empty: 200 and nothing', async () => {
      await put(rule({ fault: 'empty' }));
      const reply = await call();
      assert.deepEqual([reply.status, reply.text], [200, '']);
    });

    it('truncate: less than the declared length', async () => {
      await put(rule({ fault: 'truncate' }));
      const text = await rawAnswer(emulator);
      const declared = Number(/content-length: (\d+)/i.exec(text)?.[1]);
      const sent = text.slice(text.indexOf('\r\n\r\n') + 4).length;
      assert.ok(sent > 0 && sent < declared, `${sent} of ${declared}`);
      assert.match(
        await failure(),
        /UND_ERR_SOCKET|UND_ERR_RES_CONTENT_LENGTH_MISMATCH|ECONNRESET/,
      );
    });

    it('truncate and slow: an answer without a body comes no more whole than others', async () => {
      const authorize = 'POST /services/oauth2/authorize';
      await put({ match: authorize, fault: 'truncate', after: true });
      await assert.rejects(site.named());
      await put({ match: authorize, fault: 'slow', after: true });
      const late = AbortSignal.timeout(300);
      const ask = fetch(`${emulator.url}/services/oauth2/authorize`, {
        method: 'POST',
        redirect: 'manual',
        signal: late,
      }).then((response) => response.text());
      await assert.rejects(ask, { name: 'TimeoutError' });
      await put(rule({ fault: 'truncate', body: 'x' }));
      await assert.rejects(alone());
    });

    it('delay: waits, and changes nothing', async () => {
      await put(rule({ fault: 'delay', delay: 100 }));
      const started = performance.now();
      assert.equal((await call()).status, 400);
      assert.ok(performance.now() - started >= 95);
    });

    it('big: 10 MiB', async () => {
      await put(rule({ fault: 'big' }));
      const reply = await call();
      assert.equal(reply.status, 200);
      assert.equal(reply.text.length, 10 * 1_048_576);
    });

    it('redirect: 302 to another host, with a code', async () => {
      await put(rule({ fault: 'redirect' }));
      const reply = await call();
      assert.equal(reply.status, 302);
      assert.match(header(reply, 'location'), /^https:\/\/login\.invalid\/\?code=/);
    });

    it('status: 500', async () => {
      await put(rule({ fault: 'status' }));
      assert.equal((await call()).status, 500);
    });

    it('break HTTP/2 streams as well', async () => {
      for (const fault of ['reset', 'truncate'] as const) {
        await put(rule({ fault }));
        const dispatcher = http2(emulator.origin);
        const url = `${emulator.url}/services/oauth2/token`;
        await assert.rejects(send(url, { method: 'POST', dispatcher }), fault);
        await dispatcher.destroy();
      }
    });
  });

  describe('status, headers and body', () => {
    it('replace those of the kind', async () => {
      await put(
        rule({
          fault: 'status',
          status: 503,
          headers: { 'Retry-After': '7', 'content-type': 'text/x' },
          body: 'busy',
        }),
      );
      const reply = await call();
      assert.deepEqual([reply.status, reply.text], [503, 'busy']);
      assert.equal(header(reply, 'retry-after'), '7');
      assert.equal(header(reply, 'content-type'), 'text/x');
    });

    it('and its length, which need not be true', async () => {
      const headers = { 'Content-Length': '9' };
      await put(rule({ fault: 'status', body: 'abc', headers }));
      await assert.rejects(alone(200));
    });

    it('an object or a list is sent as JSON', async () => {
      const expired = [{ message: 'Session expired', errorCode: 'INVALID_SESSION_ID' }];
      for (const body of [{ error: 'rate_limit_exceeded' }, expired]) {
        await put(rule({ fault: 'status', status: 400, body }));
        const reply = await call();
        assert.deepEqual(parsed(reply), body);
        assert.match(header(reply, 'content-type'), /^application\/json/);
        assert.equal(reply.status, 400);
      }
    });
  });

  describe('before and after', () => {
    it('by default the endpoint does nothing: the code is still good', async () => {
      const code = await site.code(site.named());
      await put(rule({ fault: 'status', times: 1 }));
      assert.equal((await site.token({ code })).status, 500);
      assert.equal((await site.token({ code })).status, 200);
    });

    it('with after the endpoint acts and only the answer suffers: the code is spent', async () => {
      const code = await site.code(site.named());
      await put(rule({ fault: 'status', times: 1, after: true }));
      assert.equal((await site.token({ code })).status, 500);
      assert.equal((await site.token({ code })).status, 400);
    });

    it('with after, truncate cuts the real answer', async () => {
      await put(rule({ fault: 'truncate', after: true }));
      assert.match(await rawAnswer(emulator), /\{"error":"unsuppo/);
    });
  });

  describe('rules', () => {
    it('are compared whole with method and path, without site prefix', async () => {
      await put({ match: 'GET /id/keys', fault: 'status' });
      for (const prefix of ['', '/portal', '/portalvforcesite']) {
        assert.equal((await send(`${emulator.origin}${prefix}/id/keys?x=1`)).status, 500);
      }
      assert.equal((await site.get('/services/oauth2/id/keys')).status, 200);
    });

    it('strike as often as times says; the first one with strikes left wins', async () => {
      await put(
        rule({ fault: 'status', status: 501, times: 2 }),
        rule({ fault: 'status', status: 502, times: 1 }),
        rule({ fault: 'status', status: 503 }),
      );
      const seen = [];
      for (let time = 0; time < 5; time += 1) seen.push((await call()).status);
      assert.deepEqual(seen, [501, 501, 502, 503, 503]);
    });

    it('delay before any kind, and only delay without one', async () => {
      await put(rule({ delay: 60, times: 1 }), rule({ delay: 60, fault: 'status' }));
      for (const expected of [400, 500]) {
        const started = performance.now();
        assert.equal((await call()).status, expected);
        assert.ok(performance.now() - started >= 55);
      }
    });

    it('are replaced by PUT and cleared by DELETE', async () => {
      await put(rule({ fault: 'status' }));
      assert.deepEqual(JSON.parse((await put(rule({ fault: 'empty' }))).text), [
        { match: endpoint, fault: 'empty' },
      ]);
      assert.equal((await call()).status, 200);
      assert.equal((await site.control('DELETE', 'faults')).status, 200);
      assert.equal((await call()).status, 400);
    });

    it('are refused by name when wrong, and the old ones stay', async () => {
      await put(rule({ fault: 'status' }));
      for (const [wrong, key] of [
        [{ match: endpoint, fault: 'explode' }, 'faults.0.fault'],
        [{ match: endpoint, fault: 'hang', time: 1 }, 'faults.0.time'],
        [{ match: 'token', fault: 'hang' }, 'faults.0.match'],
        [{ fault: 'hang' }, 'faults.0.match'],
        [{ match: endpoint, fault: 'hang', times: 0 }, 'faults.0.times'],
        [{ match: endpoint, fault: 'status', status: 99 }, 'faults.0.status'],
        [{ match: endpoint, fault: 'status', headers: { 'a b': 'c' } }, 'faults.0.headers.a b'],
        [{ match: endpoint, fault: 'status', headers: { a: 'c\r\nd' } }, 'faults.0.headers.a'],
        [{ match: endpoint, status: 500 }, 'faults.0.status'],
        [{ match: endpoint, fault: 'delay', status: 500 }, 'faults.0.status'],
        [{ match: endpoint, delay: 1e12 }, 'faults.0.delay'],
      ] as const) {
        const reply = await put(wrong);
        assert.equal(reply.status, 400);
        assert.ok(textOf(reply, 'error').startsWith(`${key}: `), reply.text);
      }
      const unknown = await put({ match: endpoint, fault: 'explode' });
      assert.match(textOf(unknown, 'error'), /not "explode"/);
      assert.equal((await site.control('PUT', 'faults', { match: endpoint })).status, 400);
      assert.equal((await call()).status, 500);
    });

    it('leave control calls alone', async () => {
      await put({ match: 'GET /__emulator__/state', fault: 'status' });
      assert.equal((await site.control('GET', 'state')).status, 200);
    });
  });
});

/** What comes over the wire for a token call, as it is. */
function rawAnswer(emulator: Emulator): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(Number(new URL(emulator.origin).port), '127.0.0.1', () => {
      socket.write(
        'POST /portal/services/oauth2/token HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n',
      );
    });
    socket
      .on('data', (piece) => (text += piece.toString()))
      .on('error', reject)
      .on('close', () => {
        resolve(text);
      });
  });
}
