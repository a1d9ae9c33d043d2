import assert from 'node:assert/strict';
import { MemoryStore } from 'express-session';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import request from 'supertest';
import { createShop, type Shop, type ShopOptions } from '../support/shop.js';

type Agent = ReturnType<typeof request.agent>;

const alice = 'alice@example.com';
const newPassword = 'Red-Kite-43';

/** A store that never forgets anything by itself. */
class LastingStore extends MemoryStore {
  override get(id: string, callback: Parameters<MemoryStore['get']>[1]): void {
    const kept = Reflect.get(this, 'sessions') as Record<string, string | undefined>;
    const text = kept[id];
    setImmediate(callback, null, text === undefined ? null : JSON.parse(text));
  }
}

describe('a password reset that is done again', () => {
  let emulator: Emulator;
  let shop: Shop;
  before(async () => {
    emulator = await startEmulator();
  });
  after(async () => {
    await emulator.close();
  });
  afterEach(async () => {
    await shop.close();
    emulator.reset();
  });

  function open(options: Omit<ShopOptions, 'emulator'> = {}): Agent {
    shop = createShop({ emulator, ...options });
    return request.agent(shop.app);
  }
  const forget = (agent: Agent, body: object = { username: alice, recaptcha: 'pass' }) =>
    agent.post('/forgotten').send(body);
  const code = (): string => emulator.outbox(alice)[0]?.code ?? '';
  const change = (agent: Agent, body: object = {}, path = '/forgotten/code') =>
    agent.post(path).send({ code: code(), newPassword, ...body });
  const calls = () => emulator.log().filter(({ path }) => path.endsWith('/forgot_password'));

  it('has the code sent again without being told the username', async () => {
    const agent = open();
    const first = await forget(agent).expect(200);
    const second = await forget(agent, { recaptcha: 'another' }).expect(200);
    assert.equal(second.body.code.attempt, first.body.code.attempt);
    assert.deepEqual(JSON.parse(calls()[1]?.body ?? ''), { username: alice, recaptcha: 'another' });
    await change(agent).expect(200);
  });

  it('has it sent a limited number of times', async () => {
    const agent = open({ limits: { codeSends: 1 } });
    await forget(agent).expect(200);
    assert.equal((await forget(agent).expect(429)).body.code, 'too_many_codes');
  });

  it('goes on after a double click, with one call', async () => {
    const agent = open();
    await forget(agent);
    emulator.clearLog();
    const answers = await Promise.all([change(agent), change(agent)]);
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200],
    );
    await change(agent).expect(200);
    assert.equal(calls().length, 1);
  });

  it('goes on after a double click that also logs in: one person, logged in', async () => {
    const agent = open();
    await forget(agent);
    const answers = await Promise.all(
      [0, 1].map(() => change(agent, { username: 'bob@example.com' }, '/forgotten/login')),
    );
    for (const { status, body } of answers) {
      assert.equal(status, 200);
      assert.equal(body.user.id, emulator.state().users[alice]?.userId);
    }
    assert.equal((await agent.get('/me')).body.authenticated, true);
  });

  it('is refused with anything else than the very same form', async () => {
    const agent = open();
    await forget(agent);
    const used = code();
    await change(agent).expect(200);
    for (const form of [{ newPassword: 'Blue-Kite-44' }, { code: '000000' }]) {
      const { body } = await change(agent, { code: used, ...form }).expect(400);
      assert.equal(body.code, 'no_code_requested');
    }
  });

  it('is refused in another browser', async () => {
    const agent = open();
    await forget(agent);
    await change(agent).expect(200);
    await change(request.agent(shop.app)).expect(400);
  });

  it('is refused when the minute is over, whatever the store still holds', async () => {
    const agent = open({ store: new LastingStore() });
    await forget(agent);
    await change(agent).expect(200);
    const { now } = Date;
    Date.now = () => now() + 61_000;
    try {
      await change(agent).expect(400);
    } finally {
      Date.now = now;
    }
  });

  it('keeps neither password nor code in the store', async () => {
    const store = new MemoryStore();
    const agent = open({ store });
    await forget(agent);
    const used = code();
    await change(agent).expect(200);
    const kept = JSON.stringify(Reflect.get(store, 'sessions'));
    assert.match(kept, /sf-headless-reset/);
    for (const secret of [newPassword, used]) assert.ok(!kept.includes(secret));
  });
});
