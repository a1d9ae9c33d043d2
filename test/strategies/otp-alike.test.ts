import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import request from 'supertest';
import { createShop, type Shop } from '../support/shop.js';

type Agent = ReturnType<typeof request.agent>;

const alice = 'alice@example.com';
const nobody = 'nobody@example.com';

describe('OtpStrategy on a site that refuses a code to unknown users', () => {
  let emulator: Emulator;
  let shop: Shop;
  before(async () => {
    emulator = await startEmulator();
  });
  after(() => emulator.close());
  beforeEach(() => {
    emulator.settings({ passwordless: { unknownUser: 'error' } });
    shop = createShop({ emulator });
  });
  afterEach(async () => {
    await shop.close();
    emulator.reset();
  });

  const browser = (): Agent => request.agent(shop.app);
  const ask = (agent: Agent, username: string) =>
    agent.post('/code').send({ username, recaptcha: 'pass' });
  const enter = (agent: Agent, code: string) => agent.post('/code/login').send({ code });
  const authorizeCalls = () => emulator.log().filter(({ path }) => path.endsWith('/authorize'));

  it('goes on alike when Salesforce has had enough of an account that exists', async () => {
    for (const username of [alice, nobody]) {
      for (let nth = 0; nth < 7; nth += 1) {
        const agent = browser();
        await ask(agent, username).expect(200);
        await enter(agent, 'no-code').expect(401);
      }
    }
    assert.equal(emulator.outbox(alice).length, 5);
  });

  it('still takes the code that there is when Salesforce sends no further one', async () => {
    const agent = browser();
    await ask(agent, alice).expect(200);
    for (let nth = 0; nth < 4; nth += 1) await ask(browser(), alice).expect(200);
    await ask(agent, alice).expect(200);
    const sent = emulator.outbox(alice);
    assert.equal(sent.length, 5);
    await enter(agent, sent[0]?.code ?? '').expect(200);
  });

  it('holds everybody to the limits of the session', async () => {
    for (const username of [alice, nobody]) {
      const agent = browser();
      for (const status of [200, 200, 200, 200, 200, 429])
        await ask(agent, username).expect(status);
      for (const status of [401, 401, 401, 429]) await enter(agent, 'no-code').expect(status);
      emulator.reset();
      emulator.settings({ passwordless: { unknownUser: 'error' } });
    }
  });

  it('asks Salesforce about a code all the same, so that the time tells nothing', async () => {
    const shapes = [];
    for (const username of [alice, nobody]) {
      const agent = browser();
      await ask(agent, username).expect(200);
      emulator.clearLog();
      await enter(agent, 'no-code').expect(401);
      const [call] = authorizeCalls();
      const basic = call?.headers['authorization']?.replace(/^Basic /, '') ?? '';
      const identifier = Buffer.from(basic, 'base64').toString().split(':')[0] ?? '';
      const id = Buffer.from(identifier, 'base64').toString();
      shapes.push([authorizeCalls().length, id.slice(0, 3), id.length]);
    }
    assert.deepEqual(shapes, [
      [1, '0Qt', 15],
      [1, '0Qt', 15],
    ]);
  });

  it('tells of an outage as of an outage', async () => {
    const agent = browser();
    await ask(agent, nobody).expect(200);
    emulator.faults([{ match: 'POST /services/oauth2/authorize', fault: 'status', times: 1 }]);
    await enter(agent, 'no-code').expect(502);
    await enter(agent, 'no-code').expect(401);
  });

  it('never takes a code for right', async () => {
    const agent = browser();
    await ask(agent, nobody).expect(200);
    const location = 'http://localhost:3000/callback?code=aPrx.1';
    const match = 'POST /services/oauth2/authorize';
    emulator.faults([{ match, fault: 'redirect', headers: { location } }]);
    await enter(agent, '123456').expect(401);
  });
});

describe('A session has room for so many codes', () => {
  let emulator: Emulator;
  let shop: Shop;
  before(async () => {
    emulator = await startEmulator();
  });
  after(() => emulator.close());
  afterEach(async () => {
    await shop.close();
    emulator.reset();
  });

  it('in an hour, whomever they are asked for', async () => {
    shop = createShop({ emulator, limits: { codeSends: 2 } });
    const agent = request.agent(shop.app);
    const ask = (username: string) => agent.post('/code').send({ username, recaptcha: 'pass' });
    for (let nth = 0; nth < 10; nth += 1) await ask(`user-${String(nth)}@example.com`).expect(200);
    const { body } = await ask('another@example.com').expect(429);
    assert.equal(body.code, 'too_many_codes');
  });

  it('for one user, in whatever capitals', async () => {
    shop = createShop({ emulator, limits: { codeSends: 2 } });
    const agent = request.agent(shop.app);
    const ask = (username: string) => agent.post('/code').send({ username, recaptcha: 'pass' });
    await ask('alice@example.com').expect(200);
    await ask('ALICE@example.com').expect(200);
    await ask('Alice@Example.com').expect(429);
  });

  it('for one address, whatever the user is to be called', async () => {
    shop = createShop({ emulator, limits: { codeSends: 2 } });
    const agent = request.agent(shop.app);
    const register = (username: string) =>
      agent
        .post('/register')
        .send({ username, email: 'ana@example.com', lastName: 'Ruiz', recaptcha: 'pass' });
    await register('one@example.com').expect(200);
    await register('two@example.com').expect(200);
    await register('three@example.com').expect(429);
    assert.equal(emulator.outbox('ana@example.com').length, 2);
  });
});
