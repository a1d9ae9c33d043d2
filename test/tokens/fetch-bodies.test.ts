import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import { FormData as UndiciFormData } from 'undici';
import { HeadlessClient, HeadlessError, type ApiCall, type Headless } from '../../lib/index.js';
import { clientFor, type Shop } from '../support/shop.js';
import { createTokenShop, loggedIn, type Visitor } from './token-shop.js';

interface Seen {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

describe('the bodies that req.headless.fetch sends', () => {
  let emulator: Emulator;
  let shop: Shop;
  /** Stands in for the org's own host: every first call finds the token dead. */
  let org: Server;
  let base: string;
  let seen: Seen[];
  let init: object | null | undefined;
  let visitor: Visitor;

  before(async () => {
    emulator = await startEmulator();
    org = createServer((req, res) => {
      void buffer(req).then((body) => {
        seen.push({ headers: req.headers, body: body.toString('latin1') });
        res.writeHead(seen.length === 1 ? 401 : 200).end();
      });
    }).listen(0, '127.0.0.1');
    await once(org, 'listening');
    base = `http://127.0.0.1:${(org.address() as AddressInfo).port}`;
    shop = createTokenShop({
      emulator,
      client: { issuers: [base] },
      routes: (app) => {
        app.get('/run', (req, res, next) => {
          const headless: Headless = req.headless;
          headless
            .fetch(`${base}/x`, init as ApiCall)
            .then(({ status }) => res.json({ status }), next);
        });
      },
    });
  });
  beforeEach(async () => {
    await comeAnew();
  });
  /** A new browser: a token that has just been renewed is not renewed again. */
  const comeAnew = async (): Promise<void> => {
    seen = [];
    visitor = await loggedIn(shop);
  };
  after(async () => {
    org.closeAllConnections();
    org.close();
    await shop.close();
    await emulator.close();
  });

  /** What is sent, and once more for the dead token. */
  const sent = async (given: ApiCall, calls = 2): Promise<Seen> => {
    await comeAnew();
    init = given;
    const { status, body } = await visitor.get('/run');
    assert.equal(status, 200, JSON.stringify(body));
    assert.deepEqual([seen.length, body.status], [calls, calls === 2 ? 200 : 401]);
    const [first, second = first] = seen;
    assert.ok(first !== undefined && second !== undefined);
    const boundary = /boundary=(.*)$/.exec(first.headers['content-type'] ?? '')?.[1];
    const again = /boundary=(.*)$/.exec(second.headers['content-type'] ?? '')?.[1];
    const same = boundary && again ? second.body.replaceAll(again, boundary) : second.body;
    assert.equal(same, first.body);
    return second;
  };
  const post = 'POST';
  const bytes = new TextEncoder().encode('some bytes');

  it('may be none, by null', async () => {
    assert.equal((await sent({ method: post, body: null })).body, '');
    assert.equal((await sent({ body: null })).body, '');
  });
  it('may be binary: a view, a buffer', async () => {
    assert.equal((await sent({ method: post, body: bytes })).body, 'some bytes');
    assert.equal((await sent({ method: post, body: bytes.buffer })).body, 'some bytes');
  });
  it('may be a blob, and tell its type', async () => {
    const body = new Blob(['{"a":1}'], { type: 'application/json' });
    const { headers, body: text } = await sent({ method: post, body });
    assert.deepEqual([headers['content-type'], text], ['application/json', '{"a":1}']);
  });
  it('may be a form, and keep its type', async () => {
    const body = new URLSearchParams({ a: 'b c' });
    const { headers, body: text } = await sent({ method: post, body });
    assert.equal(headers['content-type'], 'application/x-www-form-urlencoded;charset=UTF-8');
    assert.equal(text, 'a=b+c');
  });
  for (const [whose, Form] of [
    ['Node’s', FormData],
    ['undici’s', UndiciFormData],
  ] as const) {
    it(`may be a form with files: ${whose} FormData`, async () => {
      const form = new Form();
      form.append('name', 'Ana');
      form.append('name', 'Ruiz');
      form.append('file', new Blob(['file content'], { type: 'text/plain' }), 'trip.txt');
      const given: unknown = form;
      const { headers, body } = await sent({ method: post, body: given as FormData });
      assert.match(headers['content-type'] ?? '', /^multipart\/form-data; boundary=/);
      const text = body.replaceAll('\r\n', '\n');
      assert.match(text, /name="name"\n\nAna\n[^]*name="name"\n\nRuiz\n/);
      assert.match(
        text,
        /name="file"; filename="trip.txt"\nContent-Type: text\/plain\n\nfile content/,
      );
    });
  }
  it('may come bit by bit, and then only once', async () => {
    async function* bits() {
      yield await Promise.resolve(bytes);
    }
    assert.equal((await sent({ method: post, body: bits() }, 1)).body, 'some bytes');
  });
  it('go with headers of every kind, and with what fetch itself takes', async () => {
    const given: RequestInit = {
      method: post,
      headers: new Headers({ 'x-key': 'y' }),
      body: 'text',
      signal: null,
    };
    assert.equal((await sent(given)).headers['x-key'], 'y');
  });

  describe('are refused, and nothing is sent:', () => {
    let client: HeadlessClient;
    before(() => {
      client = clientFor(emulator, { issuers: [base] });
    });
    after(() => client.close());
    for (const [title, given] of Object.entries({
      'null in place of a call': null,
      'a text in place of a call': 'GET',
      'a signal that is none': { signal: 'x' },
      'an object that is no body': { method: post, body: { a: 1 } },
      'a body with GET': { body: 'text' },
      'headers that are none': { headers: 5 },
    } as Record<string, unknown>)) {
      it(title, async () => {
        const call = client.fetch('a-token', `${base}/x`, given as ApiCall);
        const error: unknown = await call.catch((reason: unknown) => reason);
        assert.ok(error instanceof HeadlessError, String(error));
        assert.equal(error.code, 'invalid_argument');
        init = given as object;
        const { status, body } = await visitor.get('/run');
        assert.deepEqual([status, body.code], [500, 'invalid_argument']);
        assert.deepEqual(seen, []);
      });
    }
  });
});
