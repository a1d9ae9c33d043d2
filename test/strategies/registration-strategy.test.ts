import assert from 'node:assert/strict';
import { startEmulator, type CreateUser, type Emulator } from 'sf-headless-emulator';
import request from 'supertest';
import { HeadlessError } from '../../lib/index.js';
import { createShop, type Shop, type ShopOptions } from '../support/shop.js';

type Agent = ReturnType<typeof request.agent>;

const ana = {
  firstName: 'Ana',
  lastName: 'Ruiz',
  email: 'ana@example.com',
  password: 'Blue-Kite-42',
  recaptcha: 'pass',
};

describe('RegistrationStrategy', () => {
  let emulator: Emulator;
  let shop: Shop;
  let createUser: CreateUser | undefined;
  before(async () => {
    emulator = await startEmulator({
      createUser: (input) =>
        createUser === undefined
          ? {
              username: input.userData.username ?? '',
              email: input.userData.email,
              lastName: input.userData.lastName,
            }
          : createUser(input),
    });
  });
  after(async () => {
    await emulator.close();
  });
  beforeEach(() => {
    createUser = undefined;
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
  const enter = (agent: Agent, code: unknown, more: object = {}) =>
    agent.post('/register/code').send({ code, ...more });
  const mailed = (to?: string): string => {
    const [message] = emulator.outbox(to);
    assert.ok(message, 'a code was sent');
    return message.code;
  };
  const wrong = (): string => (mailed() === '000000' ? '000001' : '000000');
  const sent = (): Record<string, unknown>[] =>
    emulator
      .log()
      .filter(({ path }) => path.endsWith('/init/registration'))
      .map(({ body }) => JSON.parse(body) as Record<string, unknown>);

  it('makes a user and logs the user in, once the code is right', async () => {
    const agent = open();
    const { body } = await register(agent).expect(200);
    assert.deepEqual([body.code.flow, body.code.method], ['registration', 'email']);
    assert.equal(emulator.state().users[ana.email], undefined, 'no user before the code');
    const done = await enter(agent, mailed(ana.email)).expect(200);
    assert.equal(done.body.user.id, emulator.state().users[ana.email]?.userId);
    assert.equal(done.body.user.flow, 'registration');
    assert.equal(done.body.code, undefined);
    await request(shop.app)
      .post('/login')
      .send({ username: ana.email, password: ana.password })
      .expect(200);
  });

  it('sends the fields of the standing form and nothing else of a body', async () => {
    const agent = open();
    const more = { isAdmin: true, profileId: '00e', userdata: { x: 1 }, customdata: { y: 2 } };
    await register(agent, { ...ana, ...more, emailTemplate: '00X' }).expect(200);
    const { firstName, lastName, email, password, recaptcha } = ana;
    assert.deepEqual(sent(), [
      {
        userdata: { firstName, lastName, email, username: email },
        password,
        recaptcha,
        verificationmethod: 'email',
      },
    ]);
  });

  it('takes a username that is not the email address, and no password', async () => {
    const agent = open();
    const username = 'ana.ruiz@shop.example.com';
    await register(agent, { ...ana, password: '', username }).expect(200);
    const { body } = await enter(agent, mailed(ana.email)).expect(200);
    const user = emulator.state().users[username];
    assert.equal(body.user.id, user?.userId);
    assert.equal(user?.hasPassword, false);
  });

  it('sends what the app’s own mapping names, by SMS if it says so', async () => {
    const agent = open({
      registration: {
        registration: (req) => {
          const { name, mail, phone } = req.body as Record<string, string>;
          return {
            userdata: { lastName: name, email: mail, username: mail },
            customdata: { mobilePhone: phone, consent: { terms: true } },
            method: 'sms',
            recaptchaEvent: { token: 'pass', siteKey: 'k', expectedAction: 'a', projectId: 'p' },
          };
        },
      },
    });
    const form = { name: 'Ruiz', mail: ana.email, phone: '+12025550143' };
    const { body } = await register(agent, form).expect(200);
    assert.equal(body.code.method, 'sms');
    assert.deepEqual(sent()[0]?.['customdata'], {
      mobilePhone: '+12025550143',
      consent: { terms: true },
    });
    await enter(agent, mailed('+12025550143')).expect(200);
  });

  describe('says which fields are wrong', () => {
    const fields = (title: string, body: object, expected: object): void => {
      it(title, async () => {
        const answer = await register(open(), body).expect(400);
        assert.equal(answer.body.code, 'invalid_fields');
        assert.deepEqual(answer.body.fields, expected);
        assert.deepEqual(emulator.log(), []);
      });
    };
    const missing = 'Fill in this field.';
    const malformed = 'This contains characters or a length that cannot be used.';
    fields('nothing filled in', {}, { email: missing, lastName: missing });
    fields('a missing name', { email: ana.email }, { lastName: missing });
    fields('a list for an address', { ...ana, email: [ana.email] }, { email: malformed });
    fields('an object for a name', { ...ana, lastName: { $ne: 1 } }, { lastName: malformed });
    fields('a list for a password', { ...ana, password: ['x'] }, { password: malformed });
    fields('a line break in a name', { ...ana, firstName: 'A\r\nB' }, { firstName: malformed });
    fields('an endless name', { ...ana, firstName: 'A'.repeat(1_001) }, { firstName: malformed });

    it('a body whose prototype is reached for', async () => {
      const agent = open();
      const body = '{"__proto__":{"email":"x@example.com","lastName":"X"},"constructor":{}}';
      const answer = await agent.post('/register').type('json').send(body).expect(400);
      assert.deepEqual(Object.keys(answer.body.fields as object), ['lastName', 'email']);
    });

    it('a weak password, in Salesforce’s words, without the password', async () => {
      const { body } = await register(open(), { ...ana, password: 'kurz' }).expect(400);
      assert.equal(body.code, 'password_policy');
      const { minLength } = emulator.settings().passwordPolicy;
      assert.deepEqual(body.fields, {
        password: `Your password must be at least ${minLength} characters long.`,
      });
    });

    it('in the words of the app', async () => {
      const messages = { invalid_fields: 'Bitte prüfen.', missing_credentials: 'Bitte ausfüllen.' };
      const agent = open({ registration: { messages } });
      const { body } = await register(agent, { email: ana.email }).expect(400);
      assert.equal(body.message, 'Bitte prüfen.');
      assert.deepEqual(body.fields, { lastName: 'Bitte ausfüllen.' });
    });

    it('as the app’s own mapping says', async () => {
      const fields = { terms: 'Accept the terms.' };
      const agent = open({
        registration: {
          registration: () => {
            throw new HeadlessError('invalid_fields', { fields });
          },
        },
      });
      assert.deepEqual((await register(agent).expect(400)).body.fields, fields);
    });
  });

  describe('refuses', () => {
    const refused = async (agent: Agent, code: string, status: number) => {
      const answer = await enter(agent, mailed()).expect(status);
      assert.equal(shop.logins.length, 0);
      return { answer, code };
    };

    it('a username that is taken, only after the code, and without saying so', async () => {
      createUser = () => null;
      const agent = open();
      await register(agent, { ...ana, email: 'alice@example.com' }).expect(200);
      const { answer } = await refused(agent, 'registration_refused', 400);
      assert.doesNotMatch(answer.text, /taken|duplicate|exist/i);
      await enter(agent, mailed()).expect(400);
      assert.equal((await agent.get('/me')).body.code, undefined, 'the registration is over');
    });

    it('a handler that throws', async () => {
      createUser = () => Promise.reject(new Error('no such shop'));
      const agent = open();
      await register(agent).expect(200);
      await refused(agent, 'registration_refused', 400);
    });

    it('a wrong code, and then takes the right one', async () => {
      const agent = open();
      await register(agent);
      await enter(agent, wrong()).expect(401);
      await enter(agent, mailed()).expect(200);
    });

    it('guesses beyond three, without asking Salesforce', async () => {
      const agent = open();
      await register(agent);
      for (let guess = 0; guess < 3; guess += 1) await enter(agent, wrong()).expect(401);
      emulator.clearLog();
      await enter(agent, mailed()).expect(429);
      assert.deepEqual(emulator.log(), []);
    });

    it('a code that another browser requested', async () => {
      const agent = open();
      await register(agent);
      await enter(request.agent(shop.app), mailed()).expect(400);
      await enter(agent, mailed()).expect(200);
    });

    it('a code of another flow', async () => {
      const agent = open();
      await agent.post('/code').send({ username: 'alice@example.com', recaptcha: 'pass' });
      const { body } = await agent.get('/me');
      await enter(agent, mailed(), { attempt: body.code.attempt }).expect(400);
      await register(agent).expect(200);
      await agent
        .post('/code/login')
        .send({ code: mailed(ana.email) })
        .expect(401);
      await enter(agent, mailed(ana.email)).expect(200);
    });

    it('a code that was used', async () => {
      const agent = open();
      await register(agent);
      const code = mailed();
      await enter(agent, code).expect(200);
      await enter(agent, code).expect(400);
    });

    it('a code that is too old, here or for Salesforce', async () => {
      const agent = open({ limits: { codeLifetime: 0.05 } });
      await register(agent);
      await new Promise((resolve) => setTimeout(resolve, 80));
      await enter(agent, mailed()).expect(400);
      await shop.close();
      const other = open();
      await register(other);
      emulator.clock(86_401);
      await enter(other, mailed()).expect(401);
    });
  });
});
