import assert from 'node:assert/strict';
import { startEmulator, type DiscoverInput, type Emulator } from 'sf-headless-emulator';
import request from 'supertest';
import { createShop, type Shop, type ShopOptions } from '../support/shop.js';

type Agent = ReturnType<typeof request.agent>;

const alice = 'alice@example.com';
const phone = '+12025550101';
const password = 'Passw0rd!';
const nobody = 'Nobody has that number, but Bob once had.';

describe('user discovery', () => {
  let emulator: Emulator;
  let shop: Shop;
  let asked: DiscoverInput[];
  before(async () => {
    emulator = await startEmulator({
      settings: { login: { discovery: true }, forgotPassword: { discovery: true } },
      discover: (input) => {
        asked.push(input);
        const found = Object.values(emulator.state().users).filter(({ email, mobilePhone }) =>
          [email, mobilePhone].includes(input.loginHint),
        );
        return found.length === 0
          ? { userIds: [], customErrorMessage: nobody }
          : { userIds: found.map(({ userId }) => userId) };
      },
    });
  });
  after(async () => {
    await emulator.close();
  });
  beforeEach(() => {
    asked = [];
  });
  afterEach(async () => {
    await shop.close();
    emulator.reset();
  });

  function open(options: Omit<ShopOptions, 'emulator'> = {}): Agent {
    shop = createShop({ emulator, ...options });
    return request.agent(shop.app);
  }
  const idOf = (username: string): unknown => emulator.state().users[username]?.userId;
  const mailed = (to?: string): string => emulator.outbox(to)[0]?.code ?? '123456';
  const login = (agent: Agent, body: object) => agent.post('/login').send({ password, ...body });
  const ask = (agent: Agent, body: object) =>
    agent.post('/code').send({ recaptcha: 'pass', ...body });

  describe('that is switched off', () => {
    const refused = async (path: string): Promise<void> => {
      emulator.settings({ login: { discovery: false }, forgotPassword: { discovery: false } });
      const form = { login_hint: phone, recaptcha: 'pass' };
      const { body } = await open().post(path).send(form).expect(503);
      assert.deepEqual([body.code, body.fault], ['flow_disabled', 'configuration']);
      assert.deepEqual(emulator.outbox(), []);
    };
    it('is the administrator’s to mend, when a one-time code is asked for', () => refused('/code'));
    it('is the administrator’s to mend, when a password is forgotten', () => refused('/forgotten'));
  });

  describe('by password', () => {
    it('logs in by any identifier that the site’s handler knows', async () => {
      const agent = open();
      const { body } = await login(agent, { login_hint: phone }).expect(200);
      assert.equal(body.user.id, idOf(alice));
      assert.deepEqual([asked[0]?.loginHint, asked[0]?.customDataJson], [phone, null]);
    });

    it('sends identifier and password in the body, even if the client has header credentials', async () => {
      await login(open(), { login_hint: phone }).expect(200);
      const [call] = emulator.log();
      assert.equal(call?.headers['authorization'], undefined);
      const form = new URLSearchParams(call?.body);
      assert.deepEqual([form.get('login_hint'), form.get('username')], [phone, null]);
      assert.equal(call?.query, '');
    });

    it('takes a username for what it is, whatever hint stands beside it', async () => {
      const agent = open();
      const { body } = await login(agent, { username: 'bob@example.com', login_hint: phone });
      assert.equal(body.user.id, idOf('bob@example.com'));
      assert.deepEqual(asked, []);
    });

    it('hands the app’s custom data to the handler', async () => {
      const customdata = { shop: 'north', list: [1, null] };
      const agent = open({
        password: { credentials: () => ({ loginHint: phone, password, customdata }) },
      });
      await login(agent, {}).expect(200);
      assert.deepEqual(JSON.parse(asked[0]?.customDataJson ?? ''), customdata);
    });

    it('takes a guest along, and upgrades the guest once', async () => {
      const seen: string[] = [];
      const agent = open({ headless: { onUpgrade: ({ uvid }) => void seen.push(uvid) } });
      const { body } = await agent.post('/save').expect(200);
      const done = await login(agent, { login_hint: phone }).expect(200);
      assert.deepEqual(seen, [body.guest.uvid]);
      assert.equal(done.body.upgrade.status, 'linked');
    });

    it('refuses an unknown identifier like a wrong password', async () => {
      const unknown = await login(open(), { login_hint: 'x' }).expect(401);
      await shop.close();
      const wrong = await login(open(), { login_hint: phone, password: 'not-it-1' }).expect(401);
      assert.equal(unknown.text, wrong.text);
    });

    it('refuses an identifier that means several users', async () => {
      emulator.user('twin@example.com', { email: alice, password });
      await login(open(), { login_hint: alice }).expect(401);
    });

    it('refuses a list in place of an identifier', async () => {
      await login(open(), { login_hint: [phone] }).expect(400);
      assert.deepEqual(emulator.log(), []);
    });
  });

  describe('by one-time code', () => {
    it('logs in by any identifier, and sends the code again without being told it', async () => {
      const agent = open();
      await ask(agent, { login_hint: phone, method: 'sms' }).expect(200);
      await ask(agent, {}).expect(200);
      assert.deepEqual(
        asked.map(({ loginHint, verificationAction }) => [loginHint, verificationAction]),
        [
          [phone, 'SMS'],
          [phone, 'SMS'],
        ],
      );
      const { body } = await agent.post('/code/login').send({ code: mailed(phone) });
      assert.equal(body.user.id, idOf(alice));
    });

    it('hands the custom data of the first request to the handler at every send', async () => {
      const customdata = { order: 'A-17' };
      const agent = open({
        otp: {
          request: (req) => {
            const { hint } = req.body as { hint?: string };
            return hint === undefined
              ? { recaptcha: 'pass' }
              : { loginHint: hint, customdata, recaptcha: 'pass' };
          },
        },
      });
      await agent.post('/code').send({ hint: alice }).expect(200);
      await agent.post('/code').send({}).expect(200);
      assert.deepEqual(
        asked.map(({ customDataJson }) => JSON.parse(customDataJson ?? '') as unknown),
        [customdata, customdata],
      );
    });

    it('takes a guest along, and upgrades the guest once', async () => {
      const seen: string[] = [];
      const agent = open({ headless: { onUpgrade: ({ uvid }) => void seen.push(uvid) } });
      const { body } = await agent.post('/save').expect(200);
      await ask(agent, { login_hint: alice });
      await agent
        .post('/code/login')
        .send({ code: mailed(alice) })
        .expect(200);
      assert.deepEqual(seen, [body.guest.uvid]);
    });

    it('goes on alike for an identifier that means nobody', async () => {
      const known = await ask(open(), { login_hint: alice }).expect(200);
      await shop.close();
      const agent = open();
      const unknown = await ask(agent, { login_hint: 'x' }).expect(200);
      assert.deepEqual(Object.keys(unknown.body.code), Object.keys(known.body.code));
      await agent.post('/code/login').send({ code: '123456' }).expect(401);
    });

    it('still says that the email template is not allowed', async () => {
      const agent = open({
        otp: {
          request: () => ({
            loginHint: alice,
            recaptcha: 'pass',
            emailTemplate: '00X000000000001',
          }),
        },
      });
      assert.equal((await ask(agent, {}).expect(400)).body.code, 'request_refused');
      emulator.settings({ passwordless: { emailTemplates: ['00X000000000001'] } });
      await ask(agent, {}).expect(200);
      assert.equal(emulator.outbox()[0]?.templateId, '00X000000000001');
    });

    it('takes a reCAPTCHA Enterprise event', async () => {
      const recaptchaEvent = {
        token: 'pass',
        siteKey: '6Lc_key',
        expectedAction: 'login',
        projectId: 'shop',
      };
      const agent = open({ otp: { request: () => ({ loginHint: alice, recaptchaEvent }) } });
      await ask(agent, {}).expect(200);
      const body = JSON.parse(emulator.log()[0]?.body ?? '') as object;
      assert.deepEqual(Reflect.get(body, 'recaptchaevent'), recaptchaEvent);
    });
  });

  describe('of a forgotten password', () => {
    it('sends the code, and changes the password, by the identifier', async () => {
      const agent = open();
      const form = { login_hint: phone, method: 'sms', recaptcha: 'pass' };
      await agent.post('/forgotten').send(form).expect(200);
      const change = { code: mailed(phone), newPassword: 'Red-Kite-43' };
      await agent.post('/forgotten/login').send(change).expect(200);
      await login(open(), { username: alice, password: 'Red-Kite-43' }).expect(200);
    });

    it('never shows what the handler says', async () => {
      const agent = open();
      const form = { login_hint: 'x', recaptcha: 'pass' };
      const { text } = await agent.post('/forgotten').send(form).expect(200);
      assert.ok(!text.includes(nobody));
    });
  });

  describe('with the handler’s own message', () => {
    const shown = { discoveryMessage: true };
    /** Answers with what a failed login tells Passport. */
    const routes: ShopOptions['routes'] = (app, passport) => {
      app.post('/told', (req, res, next) => {
        const tell = passport.authenticate('sf-headless-password', ((
          _error: unknown,
          _user: unknown,
          info: unknown,
        ) => res.json(info)) as never) as (...all: unknown[]) => void;
        tell(req, res, next);
      });
    };
    const told = (agent: Agent, body: object) => agent.post('/told').send({ password, ...body });

    it('keeps it from the visitor by default; the operator has it', async () => {
      const answers = [
        await told(open({ routes }), { login_hint: 'x' }).expect(200),
        await ask(request.agent(shop.app), { login_hint: 'x' }).expect(200),
      ];
      for (const { text } of answers) assert.ok(!text.includes(nobody));
      await assert.rejects(shop.client.login({ loginHint: 'x', password }), {
        cause: { status: 400, error: 'invalid_grant', description: nobody },
      });
    });

    it('shows it where the app says so, before any message of the app', async () => {
      const messages = { invalid_credentials: 'Nein.', account_refused: 'Nein.' };
      const agent = open({
        password: { ...shown, messages },
        otp: { ...shown, messages },
        routes,
      });
      const unknown = await told(agent, { login_hint: 'x' });
      assert.deepEqual(unknown.body, {
        type: 'error',
        message: nobody,
        code: 'invalid_credentials',
      });
      const wrong = await told(agent, { login_hint: phone, password: 'not-it-1' });
      assert.equal(wrong.body.message, 'Nein.', 'a wrong password is not the handler’s');
      const named = await told(agent, { username: 'x' });
      assert.equal(named.body.message, 'Nein.', 'a username is not the handler’s');
      const { body } = await ask(agent, { login_hint: 'x' }).expect(400);
      assert.deepEqual([body.code, body.message], ['account_refused', nobody]);
    });
  });
});
