import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import request from 'supertest';
import { challengeCalls, registerFirstParty } from '../support/first-party.js';
import { createFirstPartyShop, type FirstPartyShopOptions } from '../support/first-party-shop.js';
import type { Shop } from '../support/shop.js';

type Agent = ReturnType<typeof request.agent>;

const alice = { username: 'alice@example.com', password: 'Passw0rd!' };
const byMail = { username: 'alice@example.com', recaptcha: 'pass' };
const ana = { username: 'ana@example.com', email: 'ana@example.com', lastName: 'Ruiz' };

describe('FirstPartyStrategy', () => {
  let emulator: Emulator;
  let shop: Shop;
  before(async () => {
    emulator = await startEmulator();
  });
  after(() => emulator.close());
  beforeEach(() => {
    registerFirstParty(emulator);
  });
  afterEach(async () => {
    await shop.close();
    emulator.reset();
  });

  const idOf = (username: string): unknown => emulator.state().users[username]?.userId;
  function open(options: Omit<FirstPartyShopOptions, 'emulator'> = {}): Agent {
    shop = createFirstPartyShop({ emulator, ...options });
    return request.agent(shop.app);
  }
  const post = (agent: Agent, body: object) => agent.post('/first').send(body);
  const start = (agent: Agent, body: object) => agent.post('/first/start').send(body);
  const mailed = (to?: string): string => {
    const [message] = emulator.outbox(to);
    assert.ok(message, 'a code was sent');
    return message.code;
  };
  const wrong = (): string => (mailed() === '000000' ? '000001' : '000000');

  describe('by password', () => {
    it('logs a customer in with one request', async () => {
      const agent = open();
      const { body } = await post(agent, alice).expect(200);
      assert.deepEqual(body.user, { id: idOf(alice.username), flow: 'first-party' });
      assert.equal(body.challenge, undefined);
      assert.equal(body.identity.userId, idOf(alice.username));
      assert.equal(shop.logins[0]?.flow, 'first-party');
    });

    it('takes a word that every object knows for one more unknown word of the server', async () => {
      const agent = open();
      const words = { error: 'authorization_required', error_code: 'constructor' };
      const match = 'POST /services/oauth2/v1/authorization_challenge';
      const challenge = { ...words, auth_session: 'as.1' };
      emulator.faults([{ match, fault: 'status', status: 403, body: challenge }]);
      const { body } = await post(agent, alice).expect(401);
      assert.deepEqual(
        [body.code, body.challenge.errorCode],
        ['challenge_required', 'constructor'],
      );
    });

    it('fails a wrong password like every strategy, and takes the right one in the same login', async () => {
      const agent = open();
      const { body } = await post(agent, { ...alice, password: 'not-it-1' }).expect(401);
      assert.deepEqual(Object.keys(body).sort(), ['code', 'message', 'type']);
      assert.deepEqual([body.type, body.code], ['error', 'invalid_credentials']);
      await post(agent, alice).expect(200);
      const [first, second] = challengeCalls(emulator);
      assert.equal(first?.get('auth_session'), null);
      assert.match(second?.get('auth_session') ?? '', /^[\w-]{43}$/);
      assert.equal(second?.get('username'), null);
    });

    it('takes the password alone from whoever got it wrong', async () => {
      const agent = open();
      await post(agent, { ...alice, password: 'not-it-1' }).expect(401);
      await post(agent, { password: alice.password }).expect(200);
    });

    it('answers alike for an unknown user', async () => {
      const agent = open();
      const known = await post(agent, { ...alice, password: 'not-it-1' }).expect(401);
      const unknown = await post(agent, { ...alice, username: 'nobody@example.com' }).expect(401);
      assert.deepEqual(unknown.body, known.body);
    });

    it('ends a login after so many wrong ones, and lets the visitor begin anew', async () => {
      const agent = open({ firstPartyClient: { firstParty: { maxRounds: 2 } } });
      for (const status of [401, 401, 429]) {
        await post(agent, { ...alice, password: 'not-it-1' }).expect(status);
      }
      await post(agent, alice).expect(200);
    });

    it('begins anew after Salesforce has ended the login', async () => {
      const agent = open();
      for (const status of [401, 401, 401, 401, 401, 400]) {
        await post(agent, { ...alice, password: 'not-it-1' }).expect(status);
      }
      await post(agent, alice).expect(200);
    });
  });

  describe('by one-time code', () => {
    it('says what comes next, and logs in by the code', async () => {
      const agent = open();
      const { body } = await post(agent, { ...byMail, method: 'email' }).expect(401);
      assert.deepEqual([body.type, body.code], ['challenge', 'challenge_required']);
      const { state, method, flow, errorCode, expiresAt } = body.challenge;
      assert.deepEqual(
        [state, method, flow, errorCode],
        ['otp_sent', 'email', 'passwordless', 'login_initialized'],
      );
      assert.ok(expiresAt > Date.now());
      const code = mailed();
      const done = await post(agent, { code: ` ${code.slice(0, 3)} ${code.slice(3)} ` }).expect(
        200,
      );
      assert.equal(done.body.user.id, idOf(alice.username));
      assert.equal(done.body.challenge, undefined);
    });

    it('in two steps, for apps that prefer them', async () => {
      const agent = open();
      const { body } = await start(agent, { ...byMail, method: 'sms' }).expect(200);
      assert.deepEqual([body.challenge.state, body.challenge.method], ['otp_sent', 'sms']);
      await post(agent, { otp: mailed('+12025550101') }).expect(200);
    });

    it('refuses a wrong code, and then takes the right one', async () => {
      const agent = open();
      await post(agent, byMail).expect(401);
      const { body } = await post(agent, { code: wrong() }).expect(401);
      assert.deepEqual([body.type, body.code], ['error', 'invalid_code']);
      const me = await agent.get('/first/me');
      assert.deepEqual([me.body.challenge.state, me.body.challenge.method], ['otp_sent', 'email']);
      await post(agent, { code: mailed() }).expect(200);
    });

    it('sends the code again, within the same login', async () => {
      const agent = open();
      const one = await start(agent, byMail).expect(200);
      const two = await start(agent, { recaptcha: 'pass' }).expect(200);
      assert.equal(two.body.challenge.attempt, one.body.challenge.attempt);
      assert.equal(emulator.outbox().length, 2);
      const [, again] = challengeCalls(emulator);
      assert.match(again?.get('auth_session') ?? '', /./);
      await post(agent, { code: mailed() }).expect(200);
    });

    it('goes on alike for a user who does not exist, whose code is then never right', async () => {
      const agent = open();
      const known = await start(agent, byMail).expect(200);
      const unknown = await start(open(), { ...byMail, username: 'nobody@example.com' }).expect(
        200,
      );
      assert.deepEqual(Object.keys(unknown.body.challenge), Object.keys(known.body.challenge));
    });

    for (const customErrorMessage of ['This account is closed.', 'Try the other shop.'])
      it(`hides what the discovery handler says of an account: ${customErrorMessage}`, async () => {
        const picky = await startEmulator({
          discover: () => ({ userIds: [], customErrorMessage }),
        });
        registerFirstParty(picky);
        picky.settings({ login: { discovery: true } });
        shop = createFirstPartyShop({ emulator: picky });
        const agent = request.agent(shop.app);
        const { body } = await post(agent, { login_hint: 'x', recaptcha: 'pass' }).expect(401);
        const { attempt, expiresAt, ...rest } = body.challenge;
        assert.ok(typeof attempt === 'string' && expiresAt > Date.now());
        const members = {
          error: 'authorization_required',
          error_code: 'login_initialized',
          login_status: { state: 'otp_sent', type: 'EMAIL' },
        };
        assert.deepEqual(rest, {
          ...{ flow: 'passwordless', state: 'otp_sent', method: 'email' },
          ...{ error: members.error, errorCode: members.error_code, members },
        });
        const wrongCode = await post(agent, { code: '123456' }).expect(401);
        assert.equal(wrongCode.body.code, 'invalid_code');
        await picky.close();
      });
  });

  describe('registers', () => {
    const options = {
      firstParty: {
        registration: ({ body }: { body?: unknown }) => {
          const { password, recaptcha, ...userdata } = body as Record<string, string>;
          return userdata['lastName'] === undefined
            ? undefined
            : { userdata, password, recaptcha, customdata: { source: 'shop' } };
        },
      },
    };

    it('a new customer at the same route, and logs the customer in', async () => {
      const agent = open(options);
      const { body } = await post(agent, { ...ana, password: 'Blue-Kite-42', recaptcha: 'pass' });
      assert.deepEqual([body.code, body.challenge.flow], ['challenge_required', 'registration']);
      assert.equal(idOf(ana.username), undefined);
      const done = await post(agent, { code: mailed() }).expect(200);
      assert.equal(done.body.user.id, idOf(ana.username));
      await post(open(options), { username: ana.username, password: 'Blue-Kite-42' }).expect(200);
    });

    it('in two steps, and sends the code again', async () => {
      const agent = open(options);
      await start(agent, { ...ana, recaptcha: 'pass' }).expect(200);
      await start(agent, { recaptcha: 'pass' }).expect(200);
      assert.equal(emulator.outbox(ana.email).length, 2);
      await post(agent, { code: mailed() }).expect(200);
    });

    it('and says which field is wrong', async () => {
      const agent = open(options);
      const weak = { ...ana, password: 'weak', recaptcha: 'pass' };
      const { body } = await post(agent, weak).expect(400);
      assert.equal(body.code, 'password_policy');
      assert.deepEqual(Object.keys(body.fields), ['password']);
    });
  });
});
