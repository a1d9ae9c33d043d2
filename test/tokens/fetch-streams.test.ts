import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import type { Shop } from '../support/shop.js';
import type { Headless } from '../../lib/index.js';
import { createTokenShop, loggedIn, pass, refreshesSeen, type Visitor } from './token-shop.js';

describe('what req.headless.fetch does with streams and signals', () => {
  let emulator: Emulator;
  let shop: Shop;
  /** Stands in for the org's own host. */
  let org: Server;
  let base: string;
  let answer: (req: IncomingMessage, res: ServerResponse) => void;
  let run: (headless: Headless) => Promise<unknown>;
  let visitor: Visitor;

  before(async () => {
    emulator = await startEmulator();
    org = createServer((req, res) => {
      answer(req, res);
    }).listen(0, '127.0.0.1');
    await once(org, 'listening');
    base = `http://127.0.0.1:${(org.address() as AddressInfo).port}`;
    shop = createTokenShop({
      emulator,
      client: { issuers: [base], timeout: 400 },
      routes: (app) => {
        app.get('/run', (req, res, next) => {
          run(req.headless).then((value) => res.json({ value }), next);
        });
      },
    });
  });
  beforeEach(async () => {
    visitor = await loggedIn(shop);
  });
  after(async () => {
    org.closeAllConnections();
    org.close();
    await shop.close();
    await emulator.close();
  });

  const inRequest = async <T>(work: (headless: Headless) => Promise<T>): Promise<T> => {
    run = work;
    const { status, body } = await visitor.get('/run');
    assert.equal(status, 200, JSON.stringify(body));
    return (body as { value: T }).value;
  };
  /** The message of what a call rejects with. */
  const rejection = async (call: Promise<unknown>): Promise<string> => {
    try {
      await call;
      return 'nothing';
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  };

  it('reads the beginning of an answer before its end has been written', async () => {
    let finish: () => void = () => undefined;
    answer = (_req, res) => {
      res.write('first');
      finish = () => {
        res.end('last');
      };
    };
    const text = await inRequest(async (headless) => {
      const { body } = await headless.fetch(`${base}/slowly`);
      const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
      const first = (await reader?.read())?.value;
      finish();
      return [first, (await reader?.read())?.value];
    });
    assert.deepEqual(text, ['first', 'last']);
  });

  it('sends the beginning of a body before its end is there, and does not send it again', async () => {
    let heard: (text: string) => void = () => undefined;
    const first = new Promise<string>((resolve) => {
      heard = resolve;
    });
    let calls = 0;
    answer = (req, res) => {
      calls += 1;
      req.on('data', (chunk: Buffer) => {
        heard(chunk.toString());
      });
      req.on('end', () => res.writeHead(401).end());
    };
    const seen = await inRequest(async (headless) => {
      const body = new ReadableStream<Uint8Array>({
        async start(stream) {
          stream.enqueue(new TextEncoder().encode('first'));
          const text = await first;
          stream.enqueue(new TextEncoder().encode('last'));
          stream.close();
          assert.equal(text, 'first');
        },
      });
      return (await headless.fetch(`${base}/upload`, { method: 'POST', body })).status;
    });
    assert.equal(seen, 401);
    assert.equal(calls, 1);
    // The next call has a token that is good.
    await pass(300);
    assert.equal(refreshesSeen(emulator).length, 1);
  });

  for (const [what, body, sent] of [
    ['bytes', new TextEncoder().encode('bytes'), 'bytes'],
    ['a form', new URLSearchParams({ a: 'b c' }), 'a=b+c'],
  ] as const)
    it(`sends ${what} again, whole`, async () => {
      const bodies: string[] = [];
      answer = (req, res) => {
        let text = '';
        req.on('data', (chunk: Buffer) => (text += chunk.toString()));
        req.on('end', () => {
          bodies.push(text);
          res.writeHead(bodies.length % 2 === 1 ? 401 : 200).end();
        });
      };
      const status = await inRequest(
        async (headless) => (await headless.fetch(`${base}/x`, { method: 'POST', body })).status,
      );
      assert.equal(status, 200);
      assert.deepEqual(bodies, [sent, sent]);
    });

  it('renews once, not for every call, for an API that always refuses', async () => {
    answer = (_req, res) => {
      res.writeHead(401).end();
    };
    const before = refreshesSeen(emulator).length;
    const statuses = await inRequest(async (headless) => {
      const seen: number[] = [];
      for (let call = 0; call < 5; call += 1) seen.push((await headless.fetch(`${base}/x`)).status);
      return seen;
    });
    assert.deepEqual(statuses, [401, 401, 401, 401, 401]);
    assert.equal(refreshesSeen(emulator).length - before, 1);
  });

  it('does not read a long refusal to see what it says', async () => {
    answer = (_req, res) => {
      res.writeHead(403, { 'content-type': 'text/plain' });
      res.write(`Bad_OAuth_Token${' '.repeat(500)}`);
      // It never ends.
    };
    const status = await inRequest(async (headless) => {
      const response = await headless.fetch(`${base}/x`);
      await response.body?.cancel();
      return response.status;
    });
    assert.equal(status, 403);
  });

  it('waits for the beginning of a refusal no longer than for an answer, and hands it on whole', async () => {
    let finish: () => void = () => undefined;
    answer = (_req, res) => {
      res.writeHead(403, { 'content-type': 'text/plain' });
      res.flushHeaders();
      finish = () => res.end('No_Access');
    };
    const begun = Date.now();
    const seen = await inRequest(async (headless) => {
      const response = await headless.fetch(`${base}/x`);
      const waited = Date.now() - begun;
      finish();
      return { status: response.status, text: await response.text(), waited };
    });
    assert.deepEqual([seen.status, seen.text], [403, 'No_Access']);
    assert.ok(seen.waited < 2000, `${seen.waited} ms`);
  });

  it('hands a refusal on that breaks off, for its reader to see', async () => {
    answer = (_req, res) => {
      res.writeHead(403, { 'content-type': 'text/plain', 'content-length': '17' });
      res.write('Bad_');
      setTimeout(() => res.destroy(), 20);
    };
    const seen = await inRequest(async (headless) => {
      const response = await headless.fetch(`${base}/x`);
      return [response.status, await rejection(response.text())];
    });
    assert.deepEqual(seen, [403, 'terminated']);
  });

  it('does not begin once its signal is aborted', async () => {
    let calls = 0;
    answer = (_req, res) => {
      calls += 1;
      res.end();
    };
    const signal = AbortSignal.abort(new Error('not any more'));
    const said = await inRequest((headless) => rejection(headless.fetch(`${base}/x`, { signal })));
    assert.equal(said, 'not any more');
    assert.equal(calls, 0);
  });

  it('ends when its signal is aborted while the token is renewed; the renewal goes on', async () => {
    answer = (_req, res) => {
      res.writeHead(401).end();
    };
    const before = refreshesSeen(emulator).length;
    emulator.faults([{ match: 'POST /services/oauth2/token', delay: 350, times: 1 }]);
    const began = Date.now();
    const said = await inRequest((headless) => {
      const signal = AbortSignal.timeout(100);
      return rejection(headless.fetch(`${base}/x`, { signal }));
    });
    assert.ok(Date.now() - began < 300, 'the call waited for the renewal');
    assert.match(said, /timeout/);
    await pass(500);
    assert.equal(refreshesSeen(emulator).length - before, 1);
    assert.equal((await visitor.get('/token')).status, 200);
  });

  it('ends when its signal is aborted before the answer has begun', async () => {
    answer = () => undefined;
    const abort = new AbortController();
    const said = await inRequest(async (headless) => {
      const call = rejection(headless.fetch(`${base}/x`, { signal: abort.signal }));
      await pass(50);
      abort.abort(new Error('gone home'));
      return call;
    });
    assert.equal(said, 'gone home');
  });

  it('ends when its signal is aborted while the answer is read', async () => {
    answer = (_req, res) => {
      res.write('first');
    };
    const abort = new AbortController();
    const said = await inRequest(async (headless) => {
      const response = await headless.fetch(`${base}/x`, { signal: abort.signal });
      setTimeout(() => {
        abort.abort(new Error('enough'));
      }, 50);
      return rejection(response.text());
    });
    assert.equal(said, 'enough');
  });
});
