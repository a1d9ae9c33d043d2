import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import request from 'supertest';
import { passwordReset } from '../../lib/index.js';
import { createShop, type Shop, type ShopOptions } from '../support/shop.js';

type Agent = ReturnType<typeof request.agent>;

const alice = 'alice@example.com';
const newPassword = 'Red-Kite-43';

describe('passwordReset', () => {
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
  const forget = (agent: Agent, body: object = {}) =>
    agent.post('/forgotten').send({ username: alice, recaptcha: 'pass', ...body });
  const change = (agent: Agent, body: object = {}) =>
    agent.post('/forgotten/code').send({ code: mailed(), newPassword, ...body });
  const mailed = (to?: string): string => emulator.outbox(to)[0]?.code ?? '123456';
  const wrong = (): string => (mailed() === '000000' ? '000001' : '000000');
  const login = (password: string, username = alice) =>
    request(shop.app).post('/login').send({ username, password });
  const sent = () =>
    emulator
      .log()
      .filter(({ path }) => path.endsWith('/forgot_password'))
      .map(({ body }) => JSON.parse(body) as Record<string, unknown>);

  it('sets a new password by a code from the mail, and logs nobody in', async () => {
    const agent = open();
    const { body } = await forget(agent).expect(200);
    assert.deepEqual([body.code.flow, body.code.method], ['password-reset', 'email']);
    const done = await change(agent).expect(200);
    assert.equal(done.body.authenticated, false);
    await login('Passw0rd!').expect(401);
    await login(newPassword).expect(200);
    assert.deepEqual(sent(), [
      { username: alice, recaptcha: 'pass' },
      { username: alice, otp: mailed(), newpassword: newPassword },
    ]);
  });

  it('sends the code by SMS when asked', async () => {
    const agent = open();
    await forget(agent, { method: 'sms' }).expect(200);
    await change(agent, { code: mailed('+12025550101') }).expect(200);
    await login(newPassword).expect(200);
  });

  it('sends the new password as it was typed, blanks at its ends included', async () => {
    const agent = open();
    await forget(agent);
    await change(agent, { newPassword: '  Red Kite 43 ' }).expect(200);
    await login('Red Kite 43').expect(401);
    await login('  Red Kite 43 ').expect(200);
  });

  it('logs the user in right after, where the app says so', async () => {
    const agent = open();
    await forget(agent);
    const answer = await agent
      .post('/forgotten/login')
      .send({ code: mailed(), newPassword, username: 'bob@example.com' })
      .expect(200);
    assert.equal(answer.body.user.id, emulator.state().users[alice]?.userId);
  });

  it('changes the password of whom the code was asked for, whatever user the form names', async () => {
    const agent = open();
    await forget(agent);
    await change(agent, { username: 'bob@example.com' }).expect(200);
    await login('Passw0rd!', 'bob@example.com').expect(200);
    await login(newPassword).expect(200);
  });

  describe('answers a stranger alike', () => {
    const walk = async (username: string, guesses: number): Promise<unknown[]> => {
      const agent = open();
      const start = await forget(agent, { username });
      const answers: unknown[] = [start.status, Object.keys(start.body.code as object)];
      for (let guess = 0; guess < guesses; guess += 1) {
        const { status, body } = await change(agent, { code: wrong() });
        answers.push([status, body]);
      }
      await shop.close();
      return answers;
    };

    it('for a user who exists and one who does not, to the last guess', async () => {
      assert.deepEqual(await walk('nobody@example.com', 5), await walk(alice, 5));
    });

    it('for a user who is blocked, or has no verified address', async () => {
      emulator.user('locked@example.com', { isLocked: true });
      emulator.user('mute@example.com', { emailVerified: false });
      const expected = await walk(alice, 4);
      assert.deepEqual(await walk('locked@example.com', 4), expected);
      assert.deepEqual(await walk('mute@example.com', 4), expected);
    });

    it('even where the site’s answer is about the account', async () => {
      const expected = await walk(alice, 4);
      const body = { invalid_request: 'no such user' };
      const match = 'POST /services/auth/headless/forgot_password';
      emulator.faults([{ match, fault: 'status', status: 400, body }]);
      assert.deepEqual(await walk('nobody@example.com', 4), expected);
    });
  });

  describe('says what is wrong with', () => {
    const refused = async (agent: Agent, body: object, code: string, status = 400) => {
      const answer = await change(agent, body).expect(status);
      assert.equal(answer.body.code, code);
      return answer.body as { fields?: unknown };
    };

    it('a new password that Salesforce does not take, in its words; the code stays good', async () => {
      const agent = open({ limits: { codeAttempts: 1 } });
      await forget(agent);
      const weak = await refused(agent, { newPassword: 'kurz' }, 'password_policy');
      assert.deepEqual(weak.fields, {
        newPassword: 'Your password must be at least 8 characters long.',
      });
      const old = await refused(agent, { newPassword: 'Passw0rd!' }, 'password_policy');
      assert.match(JSON.stringify(old.fields), /last 3 passwords/);
      await change(agent).expect(200);
    });

    it('a wrong code', async () => {
      const agent = open();
      await forget(agent);
      await refused(agent, { code: wrong() }, 'invalid_code', 401);
      await change(agent).expect(200);
    });

    it('guesses beyond three, without asking Salesforce', async () => {
      const agent = open();
      await forget(agent);
      for (let guess = 0; guess < 3; guess += 1) {
        await refused(agent, { code: wrong() }, 'invalid_code', 401);
      }
      emulator.clearLog();
      await refused(agent, {}, 'too_many_attempts', 429);
      assert.deepEqual(emulator.log(), []);
    });

    it('a code that Salesforce has given up; the next one gets all its guesses', async () => {
      emulator.settings({ forgotPassword: { maxAttempts: 1 } });
      const agent = open();
      await forget(agent);
      await refused(agent, { code: wrong() }, 'invalid_code', 401);
      await refused(agent, {}, 'new_code_required');
      await refused(agent, {}, 'too_many_attempts', 429);
      await forget(agent).expect(200);
      emulator.settings({ forgotPassword: { maxAttempts: 5 } });
      await refused(agent, { code: wrong() }, 'invalid_code', 401);
      await refused(agent, { code: wrong() }, 'invalid_code', 401);
      await change(agent).expect(200);
    });

    it('a code that is too old for Salesforce', async () => {
      const agent = open();
      await forget(agent);
      emulator.clock(86_401);
      await refused(agent, {}, 'new_code_required');
    });

    it('a code that is too old here', async () => {
      const agent = open({ limits: { codeLifetime: 0.05 } });
      await forget(agent);
      await new Promise((resolve) => setTimeout(resolve, 80));
      await refused(agent, {}, 'code_expired');
    });

    it('a code that another browser asked for', async () => {
      const agent = open();
      await forget(agent);
      await refused(request.agent(shop.app), {}, 'no_code_requested');
    });

    it('a code of another flow', async () => {
      const agent = open();
      await agent.post('/code').send({ username: alice, recaptcha: 'pass' }).expect(200);
      await refused(agent, {}, 'no_code_requested');
      await forget(agent);
      const [resetCode, loginCode] = emulator.outbox(alice).map(({ code }) => code);
      await refused(agent, { code: loginCode }, 'invalid_code', 401);
      await agent.post('/code/login').send({ code: resetCode }).expect(401);
    });

    it('a code whose account Salesforce refuses, as any wrong code', async () => {
      const agent = open();
      await forget(agent);
      const match = 'POST /services/auth/headless/forgot_password';
      const body = { invalid_request: 'no such user' };
      emulator.faults([{ match, fault: 'status', status: 400, body }]);
      await refused(agent, {}, 'invalid_code', 401);
    });

    it('a form without a new password, at the cost of no guess', async () => {
      const agent = open({ limits: { codeAttempts: 1 } });
      await forget(agent);
      await refused(agent, { newPassword: '' }, 'missing_credentials');
      await change(agent).expect(200);
    });

    it('a form with fields missing, or of another shape', async () => {
      const agent = open();
      await forget(agent);
      await refused(agent, { newPassword: '' }, 'missing_credentials');
      await refused(agent, { code: ' ' }, 'missing_credentials');
      await refused(agent, { newPassword: [newPassword] }, 'malformed_credentials');
      await refused(agent, { newPassword: { toString: 1 } }, 'malformed_credentials');
      await refused(agent, { code: { __proto__: null, $gt: '' } }, 'malformed_credentials');
      await refused(agent, { newPassword: 'Red\r\nKite-43' }, 'malformed_credentials');
    });

    it('a request in the words of the app', async () => {
      const agent = open({ reset: { messages: { missing_credentials: 'Bitte ausfüllen.' } } });
      const { body } = await forget(agent, { username: '' }).expect(400);
      assert.equal(body.message, 'Bitte ausfüllen.');
    });
  });

  it('reports a set-up fault as one', async () => {
    const agent = open();
    await forget(agent, { recaptcha: '' }).expect(503);
    await forget(agent, { recaptcha: 'fail' }).expect(403);
    emulator.settings({ forgotPassword: { requireAuth: true } });
    const { body } = await forget(agent).expect(503);
    assert.equal(body.code, 'integration_token_required');
  });

  it('needs headlessSession', async () => {
    const agent = open({ without: ['headlessSession'] });
    assert.equal((await forget(agent).expect(500)).body.code, 'session_required');
    assert.equal((await change(agent).expect(500)).body.code, 'session_required');
  });

  it('names the option that is wrong', () => {
    shop = createShop({ emulator });
    const { client } = shop;
    const make = (options: object) => () => passwordReset(options as { client: typeof client });
    assert.throws(make({}), /passwordReset: option `client`/);
    assert.throws(make({ client, request: 1 }), /passwordReset: option `request`/);
    assert.throws(make({ client, messages: { nonsense: '' } }), /`messages.nonsense`/);
  });
});
