import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import request from 'supertest';
import { createShop, type Shop, type ShopOptions } from '../support/shop.js';

type Agent = ReturnType<typeof request.agent>;

describe('OtpStrategy', () => {
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

  const idOf = (username: string): unknown => emulator.state().users[username]?.userId;
  function open(options: Omit<ShopOptions, 'emulator'> = {}): Agent {
    shop = createShop({ emulator, ...options });
    return request.agent(shop.app);
  }
  const ask = (agent: Agent, body: object = {}) =>
    agent.post('/code').send({ username: 'alice@example.com', recaptcha: 'pass', ...body });
  const enter = (agent: Agent, code: string, more: object = {}) =>
    agent.post('/code/login').send({ code, ...more });
  const mailed = (to?: string): string => {
    const [message] = emulator.outbox(to);
    assert.ok(message, 'a code was sent');
    return message.code;
  };
  const wrong = (): string => (mailed() === '000000' ? '000001' : '000000');

  it('logs a customer in by a code from the mail', async () => {
    const agent = open();
    const { body } = await ask(agent).expect(200);
    assert.equal(body.code.method, 'email');
    assert.ok(body.code.expiresAt > Date.now());
    const done = await enter(agent, mailed('alice@example.com')).expect(200);
    assert.equal(done.body.user.id, idOf('alice@example.com'));
    assert.equal(shop.logins[0]?.flow, 'otp');
  });

  it('logs a customer in by a code from a text message', async () => {
    const agent = open();
    await ask(agent, { method: 'sms' }).expect(200);
    await enter(agent, mailed('+12025550101')).expect(200);
  });

  it('takes a code with the blanks people type', async () => {
    const agent = open();
    await ask(agent);
    const code = mailed();
    await enter(agent, ` ${code.slice(0, 3)} ${code.slice(3)} `).expect(200);
  });

  it('reads reCAPTCHA’s own field name', async () => {
    const agent = open();
    await agent
      .post('/code')
      .send({ username: 'alice@example.com', 'g-recaptcha-response': 'pass' })
      .expect(200);
  });

  describe('goes on alike', () => {
    it('for a user who does not exist, whose code is then never right', async () => {
      const agent = open();
      const known = await ask(agent).expect(200);
      const unknown = await ask(open(), { username: 'nobody@example.com' }).expect(200);
      assert.deepEqual(Object.keys(unknown.body.code), Object.keys(known.body.code));
    });

    it('even where the site tells unknown users apart', async () => {
      emulator.settings({ passwordless: { unknownUser: 'error' } });
      const agent = open();
      const { body } = await ask(agent, { username: 'nobody@example.com' }).expect(200);
      assert.equal(body.code.method, 'email');
      await enter(agent, '123456').expect(401);
    });
  });

  describe('refuses', () => {
    it('a wrong code, and then takes the right one', async () => {
      const agent = open();
      await ask(agent);
      await enter(agent, wrong()).expect(401);
      await enter(agent, mailed()).expect(200);
    });

    it('a code when none was requested', async () => {
      await enter(open(), '123456').expect(400);
      assert.deepEqual(emulator.log(), []);
    });

    it('an empty code', async () => {
      const agent = open();
      await ask(agent);
      await enter(agent, ' ').expect(400);
    });

    it('a code that was used', async () => {
      const agent = open();
      await ask(agent);
      const code = mailed();
      await enter(agent, code).expect(200);
      const { status } = await enter(agent, code);
      assert.equal(status, 400);
    });

    it('a code that another browser requested', async () => {
      const agent = open();
      await ask(agent);
      const stranger = request.agent(shop.app);
      await enter(stranger, mailed()).expect(400);
      await enter(agent, mailed()).expect(200);
    });

    it('an attempt whose name another browser knows', async () => {
      const agent = open();
      const { body } = await ask(agent);
      const stranger = request.agent(shop.app);
      await ask(stranger, { username: 'bob@example.com' });
      await enter(stranger, mailed('alice@example.com'), { attempt: body.code.attempt }).expect(
        400,
      );
    });

    it('a code that is too old here, whatever Salesforce would say', async () => {
      const agent = open({ limits: { codeLifetime: 0.05 } });
      await ask(agent);
      await new Promise((resolve) => setTimeout(resolve, 80));
      await enter(agent, mailed()).expect(400);
      assert.equal(emulator.log().filter(({ path }) => path.endsWith('/authorize')).length, 0);
    });

    it('a code that is too old for Salesforce', async () => {
      const agent = open();
      await ask(agent);
      emulator.clock(86_401);
      await enter(agent, mailed()).expect(401);
    });

    it('guesses beyond three, without asking Salesforce', async () => {
      const agent = open();
      await ask(agent);
      for (let guess = 0; guess < 3; guess += 1) await enter(agent, wrong()).expect(401);
      emulator.clearLog();
      await enter(agent, mailed()).expect(429);
      assert.deepEqual(emulator.log(), []);
    });

    it('guesses beyond three that come all at once', async () => {
      const agent = open();
      await ask(agent);
      emulator.clearLog();
      const answers = await Promise.all(
        Array.from({ length: 8 }, () => enter(agent, wrong()).then(({ status }) => status)),
      );
      assert.deepEqual(answers.sort(), [401, 401, 401, 429, 429, 429, 429, 429]);
      assert.equal(emulator.log().length, 3);
    });

    it('a second login by two requests at once', async () => {
      const agent = open();
      await ask(agent);
      const code = mailed();
      const answers = await Promise.all(
        [enter(agent, code), enter(agent, code)].map((each) => each.then(({ status }) => status)),
      );
      assert.deepEqual(answers.sort(), [200, 400]);
    });

    it('a method that is neither email nor sms', async () => {
      const { body } = await ask(open(), { method: 'pigeon' }).expect(400);
      assert.equal(body.code, 'malformed_credentials');
    });

    it('a list in place of a code', async () => {
      const agent = open();
      await ask(agent);
      await agent
        .post('/code/login')
        .send({ code: [mailed()] })
        .expect(400);
    });

    it('a request without a username', async () => {
      const { body } = await open().post('/code').send({ recaptcha: 'pass' }).expect(400);
      assert.equal(body.code, 'missing_credentials');
    });

    it('a reCAPTCHA field that came twice, which an app’s own reader lets through', async () => {
      const agent = open({
        otp: {
          request: ({ body }) => body as object,
        },
      });
      const form = 'username=alice%40example.com&recaptcha=pass&recaptcha=pass';
      const { body } = await agent.post('/code').type('form').send(form).expect(400);
      assert.equal(body.code, 'malformed_credentials');
      assert.deepEqual(emulator.log(), []);
    });

    it('a person who did not pass reCAPTCHA', async () => {
      const { body } = await ask(open(), { recaptcha: 'fail' }).expect(403);
      assert.equal(body.code, 'recaptcha_refused');
    });
  });

  describe('sends it again', () => {
    it('for the same username, keeping the name of the attempt', async () => {
      const agent = open();
      const first = await ask(agent);
      const second = await ask(agent);
      assert.equal(second.body.code.attempt, first.body.code.attempt);
      await enter(agent, mailed()).expect(200);
    });

    it('without being told the username', async () => {
      const agent = open();
      await ask(agent, { method: 'sms' });
      await agent.post('/code').send({ recaptcha: 'pass' }).expect(200);
      assert.equal(emulator.outbox('+12025550101').length, 2);
    });

    it('without giving back guesses', async () => {
      const agent = open();
      await ask(agent);
      await enter(agent, wrong()).expect(401);
      await enter(agent, wrong()).expect(401);
      await ask(agent);
      await enter(agent, wrong()).expect(401);
      await enter(agent, mailed()).expect(429);
    });

    it('with new guesses for a new code, once the guesses are spent', async () => {
      const agent = open();
      await ask(agent);
      for (let guess = 0; guess < 3; guess += 1) await enter(agent, wrong());
      await ask(agent).expect(200);
      await enter(agent, mailed()).expect(200);
    });

    it('a limited number of times', async () => {
      const agent = open({ limits: { codeSends: 2 } });
      await ask(agent).expect(200);
      await ask(agent).expect(200);
      const { body } = await ask(agent).expect(429);
      assert.equal(body.code, 'too_many_codes');
      assert.equal(emulator.outbox().length, 2);
    });

    it('a limited number of times, however many other codes are asked for in between', async () => {
      const agent = open({ limits: { codeSends: 2 } });
      await ask(agent).expect(200);
      await ask(agent).expect(200);
      for (let person = 0; person < 6; person += 1) {
        await ask(agent, { username: `p${person}@example.com` }).expect(200);
      }
      await ask(agent).expect(429);
    });

    it('as often as Salesforce allows, and says nothing of it, which would tell who exists', async () => {
      const agent = open({ limits: { codeSends: 50 } });
      for (let send = 0; send < 7; send += 1) await ask(agent).expect(200);
      assert.equal(emulator.outbox().length, 5);
    });
  });

  it('keeps the attempts of two tabs apart', async () => {
    const agent = open();
    const alices = await ask(agent);
    const bobs = await ask(agent, { username: 'bob@example.com' });
    const code = mailed('alice@example.com');
    const { body } = await enter(agent, code, { attempt: alices.body.code.attempt }).expect(200);
    assert.equal(body.user.id, idOf('alice@example.com'));
    assert.notEqual(alices.body.code.attempt, bobs.body.code.attempt);
  });

  it('lets a browser wait for five codes, and drops the oldest for a sixth', async () => {
    const agent = open();
    const attempts: string[] = [];
    for (let person = 0; person < 6; person += 1) {
      emulator.user(`p${person}@example.com`, { password: 'Passw0rd!' });
      const { body } = await ask(agent, { username: `p${person}@example.com` });
      attempts.push(body.code.attempt as string);
    }
    await enter(agent, mailed('p0@example.com'), { attempt: attempts[0] }).expect(400);
    await enter(agent, mailed('p1@example.com'), { attempt: attempts[1] }).expect(200);
  });

  it('keeps what belongs to a code on the server: neither cookie nor answer shows it', async () => {
    const agent = open();
    const { headers, text } = await ask(agent);
    const identifier = JSON.stringify(emulator.outbox()[0]);
    assert.ok(identifier.length > 0);
    const shown = JSON.stringify(headers) + text;
    assert.ok(!shown.includes(mailed()));
    assert.ok(!shown.includes(String(emulator.outbox()[0]?.identifier)));
  });

  describe('reports as an error, not as a wrong code', () => {
    const broken = (title: string, code: string, settings: object, body: object = {}): void => {
      it(`${title}: ${code}`, async () => {
        emulator.settings(settings);
        const answer = await ask(open(), body).expect(503);
        assert.equal(answer.body.code, code);
      });
    };
    broken('a flow that is off', 'flow_disabled', { passwordless: { enabled: false } });
    broken('a missing integration token', 'integration_token_required', {
      passwordless: { requireAuth: true },
    });
    broken('a missing reCAPTCHA token', 'recaptcha_required', {}, { recaptcha: '' });
    broken('a site that is not active', 'site_not_found', { site: { active: false } });
  });

  it('says that headlessSession is missing', async () => {
    const agent = open({ without: ['headlessSession'] });
    const { body } = await ask(agent).expect(500);
    assert.equal(body.code, 'session_required');
    assert.equal((await enter(agent, '123456').expect(500)).body.code, 'session_required');
  });

  it('says that the session is missing', async () => {
    const agent = open({ without: ['session'] });
    const { body } = await ask(agent).expect(500);
    assert.equal(body.code, 'session_required');
  });

  it('says what is wrong with a request in the words of the app', async () => {
    const agent = open({ otp: { messages: { missing_credentials: 'Bitte ausfüllen.' } } });
    const { body } = await agent.post('/code').send({ recaptcha: 'pass' }).expect(400);
    assert.equal(body.message, 'Bitte ausfüllen.');
  });

  it('lets the app read the request in its own way', async () => {
    const agent = open({
      otp: {
        request: () => ({ username: 'alice@example.com', method: 'sms', recaptcha: 'pass' }),
        credentials: (req) => ({ code: (req.body as { pin: string }).pin }),
      },
    });
    await agent.post('/code').expect(200);
    await agent
      .post('/code/login')
      .send({ pin: mailed('+12025550101') })
      .expect(200);
  });
});
