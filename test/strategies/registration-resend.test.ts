import assert from 'node:assert/strict';
import { MemoryStore } from 'express-session';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import request from 'supertest';
import { createShop, type Shop, type ShopOptions } from '../support/shop.js';

type Agent = ReturnType<typeof request.agent>;

const ana = {
  lastName: 'Ruiz',
  email: 'ana@example.com',
  password: 'Blue-Kite-42',
  recaptcha: 'pass',
};

describe('a registration that waits for its code', () => {
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
  const register = (agent: Agent, body: object = ana) => agent.post('/register').send(body);
  const enter = (agent: Agent, code: string) => agent.post('/register/code').send({ code });
  const mailed = (): string => emulator.outbox(ana.email)[0]?.code ?? '';
  const inits = () => emulator.log().filter(({ path }) => path.endsWith('/init/registration'));
  const accounts = () => Object.keys(emulator.state().users).filter((name) => name === ana.email);

  it('is sent again whole, with a new reCAPTCHA token, when the form is empty', async () => {
    const agent = open();
    const first = await register(agent).expect(200);
    const second = await register(agent, { recaptcha: 'another' }).expect(200);
    assert.equal(second.body.code.attempt, first.body.code.attempt);
    const [one, two] = inits().map(({ body }) => JSON.parse(body) as { recaptcha: string });
    assert.deepEqual(two, { ...one, recaptcha: 'another' });
    await enter(agent, mailed()).expect(200);
    const { email: username, password } = ana;
    await request(shop.app).post('/login').send({ username, password }).expect(200);
  });

  it('is sent again in the time after its code has expired here', async () => {
    const agent = open({ limits: { codeLifetime: 0.05 } });
    await register(agent);
    await new Promise((resolve) => setTimeout(resolve, 80));
    await register(agent, { recaptcha: 'pass' }).expect(200);
    assert.equal(emulator.outbox(ana.email).length, 2);
  });

  it('gives way to the newer data of the same username', async () => {
    const agent = open();
    await register(agent);
    await register(agent, { ...ana, lastName: 'Ruiz Mora' }).expect(200);
    await enter(agent, mailed()).expect(200);
    assert.equal(emulator.state().users[ana.email]?.lastName, 'Ruiz Mora');
  });

  it('keeps its guesses when it is sent again, and its limit of sends', async () => {
    const agent = open({ limits: { codeSends: 2, codeAttempts: 1 } });
    await register(agent);
    await register(agent, { recaptcha: 'pass' }).expect(200);
    const { body } = await register(agent, { recaptcha: 'pass' }).expect(429);
    assert.equal(body.code, 'too_many_codes');
  });

  it('cannot be sent again by another browser', async () => {
    const agent = open();
    await register(agent);
    const stranger = request.agent(shop.app);
    const { body } = await register(stranger, { recaptcha: 'pass' }).expect(400);
    assert.equal(body.code, 'invalid_fields');
    assert.equal(inits().length, 1);
  });

  it('is asked for anew when the key it was sealed by is gone', async () => {
    const store = new MemoryStore();
    const agent = open({ store, headless: { secret: 'a first secret, long enough' } });
    const { headers } = await register(agent);
    const cookie = String(headers['set-cookie']).split(';')[0] ?? '';
    await shop.close();
    open({ store, headless: { secret: 'a second secret, long enough' } });
    const again = request(shop.app).post('/register').set('cookie', cookie);
    assert.equal((await again.send({ recaptcha: 'pass' }).expect(400)).body.code, 'invalid_fields');
  });

  it('shows its password neither in the store nor in a cookie nor in an answer', async () => {
    const store = new MemoryStore();
    const agent = open({ store, headless: { secret: 'a secret that seals, long enough' } });
    const { headers, text } = await register(agent);
    const kept = JSON.stringify(Reflect.get(store, 'sessions'));
    assert.match(kept, /sf-headless-code/);
    const { password } = ana;
    const spellings = [
      password,
      Buffer.from(password).toString('base64'),
      Buffer.from(password).toString('base64url'),
    ];
    for (const spelling of spellings) {
      for (const place of [kept, JSON.stringify(headers), text]) {
        assert.ok(!place.includes(spelling));
      }
    }
  });

  it('is deleted when it is finished', async () => {
    const store = new MemoryStore();
    const agent = open({ store });
    await register(agent);
    await enter(agent, mailed()).expect(200);
    assert.doesNotMatch(JSON.stringify(Reflect.get(store, 'sessions')), /sf-headless-code|kept/);
  });

  it('survives a double click at the start: one attempt, whose code is right', async () => {
    const agent = open();
    await agent.post('/save').expect(200);
    const answers = await Promise.all([register(agent), register(agent)]);
    const [first, second] = answers.map(({ status, body }) => {
      assert.equal(status, 200);
      return body.code.attempt as string;
    });
    assert.equal(first, second);
    await enter(agent, mailed()).expect(200);
    assert.equal(accounts().length, 1);
  });

  it('survives a double click at the end: one user, who is logged in', async () => {
    const agent = open();
    await register(agent);
    const code = mailed();
    const answers = await Promise.all(
      [enter(agent, code), enter(agent, code)].map((each) => each.then(({ status }) => status)),
    );
    assert.deepEqual(answers.sort(), [200, 400]);
    assert.equal(accounts().length, 1);
    assert.equal((await agent.get('/me')).body.authenticated, true);
  });

  it('takes a guest along, and upgrades the guest once', async () => {
    const seen: string[] = [];
    const agent = open({
      headless: { onUpgrade: ({ flow, uvid }) => void seen.push(`${flow} ${uvid}`) },
    });
    const { body } = await agent.post('/save').expect(200);
    const uvid = String(body.guest.uvid);
    await register(agent);
    await register(agent, { recaptcha: 'pass' });
    const done = await enter(agent, mailed()).expect(200);
    assert.deepEqual(seen, [`registration ${uvid}`]);
    assert.equal(done.body.upgrade.status, 'linked');
    const authorize = emulator.log().filter(({ path }) => path.endsWith('/authorize'));
    assert.equal(new URLSearchParams(authorize.at(-1)?.body).get('uvid_hint'), uvid);
  });

  it('needs headlessSession', async () => {
    const agent = open({ without: ['headlessSession'] });
    assert.equal((await register(agent).expect(500)).body.code, 'session_required');
    assert.equal((await enter(agent, '123456').expect(500)).body.code, 'session_required');
  });
});
