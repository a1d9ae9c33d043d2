import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import request from 'supertest';
import type { Upgrade } from '../../lib/index.js';
import { createShop, type Shop } from '../support/shop.js';
import { stacks, type RequestHandler, type Stack } from '../support/stacks.js';
import { lasting, memory, type Backend, type BackendKind } from './backends.js';
import { soon } from './soon.js';

const alice = { username: 'alice@example.com', password: 'Passw0rd!' };
const bob = { username: 'bob@example.com', password: 'Passw0rd!' };
const cart = ['lisbon-by-tram', 'tatra-winter'];
const visitorCookie = 'sf-headless-visitor';

type Agent = ReturnType<typeof request.agent>;

/** The cookies of an answer by name, still as the browser gets them. */
function cookiesOf({
  headers,
}: {
  readonly headers: Record<string, unknown>;
}): Map<string, string> {
  const lines = [headers['set-cookie'] ?? []].flat().map(String);
  return new Map(lines.map((line) => [line.slice(0, line.indexOf('=')), line]));
}

/** The session id that an answer's cookie names. */
function sessionIdOf(answer: { readonly headers: Record<string, unknown> }): string {
  const cookie = decodeURIComponent(cookiesOf(answer).get('connect.sid') ?? '');
  return /=s:([^.]+)\./.exec(cookie)?.[1] ?? assert.fail('no session cookie');
}

function suite(kind: BackendKind, stack: Stack): void {
  describe(`${kind.title}, ${stack.title}`, function () {
    this.timeout(20_000);
    let emulator: Emulator;
    let backend: Backend;
    let shop: Shop;
    let upgrades: Upgrade[];
    /** Says when a slow request has come in, and is told when to go on. */
    let traffic: EventEmitter;

    before(async function () {
      backend = opened.get(kind) ?? (await kind.open(this));
      opened.set(kind, backend);
      emulator = theEmulator ??= await startEmulator();
    });
    beforeEach(async () => {
      await backend.empty();
      emulator.reset();
      upgrades = [];
      traffic = new EventEmitter();
      const fill: RequestHandler = (req, res) => {
        Object.assign(req.session as object, req.body);
        res.end();
      };
      const slow: RequestHandler = (req, res) => {
        traffic.once('go on', () => {
          Object.assign(req.session as object, { written: 'late' });
          res.end();
        });
        traffic.emit('come in');
      };
      shop = createShop({
        emulator,
        stack,
        store: backend.store,
        headless: {
          secret: 'a-test-secret',
          carry: ['cart'],
          locks: backend.locks,
          onUpgrade: (upgrade) => {
            upgrades.push(upgrade);
          },
        },
        routes: (app) => {
          app.post('/session', fill);
          app.post('/slow', slow);
        },
      });
    });
    afterEach(() => shop.close());

    const open = (): Agent => request.agent(shop.app);

    /** A guest with a cart and with something else in the session. */
    async function guest(agent: Agent): Promise<{ id: string; uvid: string }> {
      const id = sessionIdOf(
        await agent.post('/session').send({ cart, notes: 'mine' }).expect(200),
      );
      const { body } = await agent.post('/save').expect(200);
      return { id, uvid: body.guest.uvid as string };
    }

    /** What the app keeps in the session, as its pages see it. */
    async function shown(agent: Agent): Promise<{ user?: unknown; session: object }> {
      const { body } = await agent.get('/me').expect(200);
      // One of the stores leaves a time of its own in every session.
      delete body.session.__lastAccess;
      return body as { user?: unknown; session: object };
    }

    async function assertGone(id: string): Promise<void> {
      await soon(async () => {
        assert.ok(!(await backend.entries()).has(id), 'the session is still in the store');
      });
    }

    it('makes a guest who logs in by password a user once, in a new session with the cart only', async () => {
      const agent = open();
      const before = await guest(agent);
      const answer = await agent.post('/login').send(alice).expect(200);
      assert.notEqual(sessionIdOf(answer), before.id);
      assert.equal(answer.body.upgrade.status, 'linked');
      assert.equal(answer.body.upgrade.uvid, before.uvid);
      assert.match(cookiesOf(answer).get(visitorCookie) ?? '', /=; Max-Age=0;/);

      const { session, ...me } = await shown(agent);
      assert.deepEqual(session, { cart });
      assert.deepEqual(Reflect.get(me, 'upgrade'), answer.body.upgrade);
      assert.equal(Reflect.get(me, 'guest'), undefined);
      assert.deepEqual(
        upgrades.map(({ uvid, carried, flow }) => ({ uvid, carried, flow })),
        [{ uvid: before.uvid, carried: { cart }, flow: 'password' }],
      );
      await assertGone(before.id);
      assert.ok((await backend.entries()).has(sessionIdOf(answer)));
    });

    it('keeps no record for ever', async () => {
      const agent = open();
      await guest(agent);
      await agent.post('/code').send({ username: alice.username, recaptcha: 'pass' }).expect(200);
      await agent.post('/login').send(alice).expect(200);
      const longest = { code: 3_600, ended: 3_600, visitor: 31 * 86_400 };
      const entries = [...(await backend.entries())];
      for (const [record, seconds] of Object.entries(longest)) {
        const [entry] = entries.filter(([key]) => key.startsWith(`sf-headless-${record}-`));
        const { expiresIn = Number.NaN } = entry?.[1] ?? {};
        assert.ok(expiresIn > seconds - 60 && expiresIn < seconds + 2, `${record}: ${expiresIn}`);
      }
      if (kind === memory) return;
      for (const [key, { expiresIn }] of entries) assert.ok(expiresIn > 0, key);
    });

    it('logs a guest in by one-time code, once', async () => {
      const agent = open();
      const before = await guest(agent);
      await agent.post('/code').send({ username: bob.username, recaptcha: 'pass' }).expect(200);
      const code = emulator.outbox()[0]?.code;
      await agent.post('/code/login').send({ code: 'wrong1' }).expect(401);
      const answer = await agent.post('/code/login').send({ code }).expect(200);
      assert.equal(answer.body.identity.userId, emulator.state().users[bob.username]?.userId);
      assert.equal(answer.body.upgrade.status, 'linked');
      assert.deepEqual((await shown(agent)).session, { cart });
      assert.deepEqual(
        upgrades.map(({ uvid, flow }) => ({ uvid, flow })),
        [{ uvid: before.uvid, flow: 'otp' }],
      );
      await assertGone(before.id);
      await open().post('/code/login').send({ code }).expect(400);
    });

    it('ends the session at logout, and has the next guest be a new one', async () => {
      const agent = open();
      const first = await guest(agent);
      const login = await agent.post('/login').send(alice).expect(200);
      await agent.post('/logout').expect(200);
      await assertGone(sessionIdOf(login));
      assert.equal((await shown(agent)).user, undefined);
      const old = cookiesOf(login).get('connect.sid') ?? '';
      const { body } = await request(shop.app).get('/me').set('cookie', old);
      assert.equal(body.user, undefined);

      const second = await agent.post('/save').expect(200);
      assert.notEqual(second.body.guest.uvid, first.uvid);
      const visitor = cookiesOf(second).get(visitorCookie) ?? assert.fail('no visitor cookie');
      const out = await agent.post('/logout').expect(200);
      assert.match(cookiesOf(out).get(visitorCookie) ?? '', /=; Max-Age=0;/);
      const third = await agent.post('/save').expect(200);
      const replayed = await request(shop.app).post('/save').set('cookie', visitor).expect(200);
      const uvids = [first.uvid, second.body.guest.uvid, third.body.guest.uvid];
      assert.equal(new Set([...uvids, replayed.body.guest.uvid]).size, 4);
    });

    it('keeps the cart of a user who logs in again, and gives nothing of it to somebody else', async () => {
      const agent = open();
      const first = await agent.post('/login').send(alice).expect(200);
      await agent.post('/session').send({ cart, notes: 'mine' }).expect(200);
      const again = await agent.post('/login').send(alice).expect(200);
      assert.notEqual(sessionIdOf(again), sessionIdOf(first));
      assert.deepEqual((await shown(agent)).session, { cart });
      const other = await agent.post('/login').send(bob).expect(200);
      assert.equal(other.body.identity.userId, emulator.state().users[bob.username]?.userId);
      assert.deepEqual((await shown(agent)).session, {});
      assert.deepEqual(upgrades, []);
      await assertGone(sessionIdOf(first));
      await assertGone(sessionIdOf(again));
    });

    for (const [end, path] of [
      ['out', '/logout'],
      ['in', '/login'],
    ] as const) {
      it(`has no slow request bring a session back that was logged ${end} of meanwhile`, async () => {
        const agent = open();
        await guest(agent);
        const login = await agent.post('/login').send(alice).expect(200);
        const cookie = cookiesOf(login).get('connect.sid') ?? '';
        const cameIn = once(traffic, 'come in');
        const slow = request(shop.app).post('/slow').set('cookie', cookie).expect(200).then();
        await cameIn;
        await agent.post(path).send(alice).expect(200);
        await assertGone(sessionIdOf(login));
        traffic.emit('go on');
        await slow;
        assert.ok(!(await backend.entries()).has(sessionIdOf(login)));
        const { body } = await request(shop.app).get('/me').set('cookie', cookie);
        assert.equal(body.authenticated, false);
      });
    }
  });
}

/** One of each for all suites: what takes time is starting them. */
const opened = new Map<BackendKind, Backend>();
let theEmulator: Emulator | undefined;

describe('stores', () => {
  after(async () => {
    await theEmulator?.close();
    for (const backend of opened.values()) await backend.close();
  });
  for (const stack of stacks) suite(memory, stack);
  for (const kind of lasting) {
    for (const stack of stacks) if (stack.express !== 'express4') suite(kind, stack);
  }
});
