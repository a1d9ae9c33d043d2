import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import { bearer, members, oauthError, textOf } from './browserless.js';
import { challenged, codeOf, FirstPartyApp, type Members } from './first-party-app.js';

const userdata = {
  username: 'ana@example.com',
  email: 'ana@example.com',
  firstName: 'Ana',
  lastName: 'Ruiz',
  mobilePhone: '+12025550143',
};
const ana = { userdata, password: 'Blue-Kite-42', recaptcha: 'pass' };

describe('emulator: first-party applications', () => {
  describe('registration', () => {
    let emulator: Emulator;
    let app: FirstPartyApp;
    const newestCode = (): string => emulator.outbox()[0]?.code ?? '';
    const finish = async (start: Members, manner: { readonly json: boolean }) => {
      const session = challenged(await app.first(start, manner), 'login_initialized');
      return app.challenge({ auth_session: session, otp: newestCode() }, manner);
    };
    const refused = async (start: Members): Promise<unknown[]> =>
      oauthError(await app.first({ ...ana, ...start }, { json: true }));

    before(async () => {
      emulator = await startEmulator();
    });
    beforeEach(() => {
      app = new FirstPartyApp(emulator).register();
    });
    afterEach(() => emulator.reset());
    after(() => emulator.close());

    it('sends a code, makes the user of it and logs in, by JSON, or by a form with JSON text', async () => {
      for (const [username, json] of [
        ['ana@example.com', true],
        ['ana2@example.com', false],
      ] as const) {
        const start = await app.first({ ...ana, userdata: { ...userdata, username } }, { json });
        const status = { state: 'otp_sent', type: 'EMAIL' };
        assert.deepEqual(members(start)['login_status'], status);
        assert.equal(emulator.state().users[username], undefined);
        const [message] = emulator.outbox(userdata.email);
        assert.deepEqual([message?.purpose, message?.identifier], ['registration', undefined]);
        const session = challenged(start, 'login_initialized');
        const finish = { auth_session: session, otp: newestCode() };
        const code = codeOf(await app.challenge(finish, { json }));
        const token = textOf(await app.redeem(code), 'access_token');
        const { preferred_username: name } = members(await app.site.userinfo(token));
        assert.equal(name, username);
        codeOf(await app.first({ username, password: ana.password }));
      }
    });

    it('sends to the phone by sms', async () => {
      const start = { ...ana, verificationmethod: 'sms' };
      codeOf(await finish(start, { json: true }));
      assert.equal(emulator.outbox()[0]?.to, userdata.mobilePhone);
      assert.equal(emulator.state().users[userdata.username]?.mobileVerified, true);
    });

    it('works without a password, and with an allowed e-mail template', async () => {
      emulator.settings({ registration: { emailTemplates: ['00X1'] } });
      const start = { ...ana, password: undefined, emailtemplate: '00X1' };
      codeOf(await finish(start, { json: true }));
      assert.equal(emulator.outbox()[0]?.templateId, '00X1');
      assert.equal(emulator.state().users[userdata.username]?.hasPassword, false);
    });

    it('challenges a wrong code and goes on', async () => {
      const start = challenged(await app.first(ana, { json: true }), 'login_initialized');
      const wrong = await app.challenge({ auth_session: start, otp: 'no' });
      const next = { auth_session: challenged(wrong, 'invalid_otp'), otp: newestCode() };
      codeOf(await app.challenge(next));
    });

    it('answers invalid_grant with the right code when the username is taken', async () => {
      const taken = { ...ana, userdata: { ...userdata, username: 'bob@example.com' } };
      const reply = await finish(taken, { json: true });
      assert.deepEqual(oauthError(reply).slice(0, 2), [400, 'invalid_grant']);
    });

    it('refuses weak passwords, missing data, other templates and methods, and too many codes', async () => {
      for (const call of [
        { password: 'short' },
        { userdata: 'ana' },
        { userdata: { ...userdata, email: undefined } },
        { userdata: { ...userdata, mobilePhone: undefined }, verificationmethod: 'sms' },
        { emailtemplate: '00X2' },
        { verificationmethod: 'totp' },
      ]) {
        const reply = await refused(call);
        assert.deepEqual(reply.slice(0, 2), [400, 'invalid_request'], JSON.stringify(call));
      }
      assert.deepEqual(emulator.outbox(), []);
      emulator.settings({ otp: { maxSendsPerHour: 1 } });
      challenged(await app.first(ana, { json: true }), 'login_initialized');
      assert.deepEqual((await refused({})).slice(0, 2), [400, 'invalid_request']);
    });

    it('asks for what registration settings ask for', async () => {
      assert.equal((await refused({ recaptcha: null }))[2], 'recaptcha validation failed');
      emulator.settings({ registration: { requireAuth: true } });
      assert.deepEqual(await refused({}), [401, 'invalid_request', 'access token required']);
      const scope = 'user_registration_api';
      emulator.client('integration', { scopes: [scope] });
      const order = { client: 'integration', username: 'alice@example.com', scope };
      const { access_token: token } = await emulator.tokens(order);
      const start = await app.first(ana, { json: true, headers: bearer(token) });
      const next = { auth_session: challenged(start, 'login_initialized'), otp: newestCode() };
      codeOf(await app.challenge(next));
      emulator.settings({ registration: { enabled: false } });
      assert.equal((await refused({}))[1], 'unauthorized_client');
    });
  });

  it('gives the registration handler the data, customdata as text, and the password', async () => {
    const asked: unknown[] = [];
    const emulator = await startEmulator({
      createUser: ({ userData, customUserDataMap, password }) => {
        asked.push([userData.attributeMap['lastName'], customUserDataMap, password]);
        return { username: 'made@example.com' };
      },
    });
    const app = new FirstPartyApp(emulator).register();
    const start = await app.first({ ...ana, customdata: { shop: 1 } }, { json: true });
    const otp = emulator.outbox()[0]?.code;
    const session = challenged(start, 'login_initialized');
    const finished = await app.challenge({ auth_session: session, otp });
    const { users } = emulator.state();
    await emulator.close();
    codeOf(finished);
    assert.deepEqual(asked, [['Ruiz', '{"shop":1}', ana.password]]);
    assert.equal(users['made@example.com']?.hasPassword, true);
  });

  it('asks the discovery handler with customdata, for the channel or for a password', async () => {
    const asked: unknown[] = [];
    const emulator = await startEmulator({
      settings: { login: { discovery: true } },
      discover: ({ loginHint, verificationAction, customDataJson }) => {
        asked.push([loginHint, verificationAction, customDataJson]);
        return { customErrorMessage: 'No user identified' };
      },
    });
    const app = new FirstPartyApp(emulator).register();
    const hint = { login_hint: 'card 7', customdata: '{"shop":1}' };
    const login = await app.first({ ...hint, password: 'x' });
    const start = await app.first({ ...hint, recaptcha: 'pass', verificationmethod: 'sms' });
    await app.first({ ...hint, recaptcha: 'pass' });
    await emulator.close();
    challenged(login, 'invalid_credentials');
    assert.equal(textOf(login, 'error_description'), 'No user identified');
    assert.deepEqual(oauthError(start), [400, 'invalid_request', 'No user identified']);
    const actions = [null, 'SMS', 'EMAIL'];
    assert.deepEqual(
      asked,
      actions.map((action) => ['card 7', action, '{"shop":1}']),
    );
  });
});
