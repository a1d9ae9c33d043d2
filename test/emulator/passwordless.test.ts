import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import {
  basic,
  bearer,
  location,
  members,
  oauthError,
  parsed,
  part,
  password,
  Site,
  textOf,
  uuid,
  type Reply,
} from './browserless.js';

const invalidOtp = [400, 'invalid_grant', 'invalid OTP'];
const invalidHeaders = [400, 'invalid_request', 'invalid headers'];

describe('emulator: passwordless login', () => {
  let emulator: Emulator;
  let site: Site;

  before(async () => {
    emulator = await startEmulator();
    site = new Site(emulator);
  });
  afterEach(() => emulator.reset());
  after(() => emulator.close());

  const refused = (reply: Reply): string => {
    assert.equal(reply.status, 400, reply.text);
    assert.deepEqual(Object.keys(members(reply)), ['invalid_request']);
    return textOf(reply, 'invalid_request');
  };
  const start = async (body: Record<string, unknown> = {}) => {
    const reply = await site.startCode(body);
    assert.equal(reply.status, 200, reply.text);
    const [message] = emulator.outbox();
    return { identifier: textOf(reply, 'identifier'), code: message?.code ?? '' };
  };

  describe('init', () => {
    it('sends six digits by e-mail and answers identifier and status', async () => {
      const reply = await site.startCode();
      assert.deepEqual(Object.keys(members(reply)), ['identifier', 'status']);
      assert.equal(textOf(reply, 'status'), 'success');
      const identifier = textOf(reply, 'identifier');
      assert.match(Buffer.from(identifier, 'base64').toString(), /^0Qt[A-Za-z0-9]{12}$/);
      const [message] = emulator.outbox();
      assert.ok(message);
      const { code, at, ...rest } = message;
      assert.match(code, /^\d{6}$/);
      assert.ok(Math.abs(at - Date.now()) < 5000);
      assert.deepEqual(rest, {
        to: 'alice@example.com',
        channel: 'email',
        purpose: 'passwordless',
        identifier,
        username: 'alice@example.com',
      });
    });

    it('sends to the phone by sms', async () => {
      await start({ verificationmethod: 'sms' });
      assert.equal(emulator.outbox()[0]?.to, '+12025550101');
    });

    it('parses JSON without a Content-Type and takes null for absent', async () => {
      await start({ login_hint: null, emailtemplate: null, recaptchaevent: null });
    });

    it('refuses what is not a JSON object, a missing username and another verificationmethod', async () => {
      const path = '/services/auth/headless/init/passwordless/login';
      const form = await site.post(path, { username: 'a', verificationmethod: 'email' });
      assert.match(refused(form), /JSON/);
      assert.match(refused(await site.startCode({ username: null })), /username/);
      assert.match(refused(await site.startCode({ username: 7 })), /username/);
      assert.match(
        refused(await site.startCode({ verificationmethod: 'totp' })),
        /verificationmethod/,
      );
    });

    it('answers success with a dead identifier, and sends nothing, to unknown, unverified, inactive and locked users', async () => {
      emulator.user('unverified@example.com', { emailVerified: false });
      emulator.user('inactive@example.com', { isActive: false });
      emulator.user('locked@example.com', { isLocked: true });
      for (const body of [
        { username: 'nobody@example.com' },
        { username: 'unverified@example.com' },
        { username: 'inactive@example.com' },
        { username: 'locked@example.com' },
        { username: 'bob@example.com', verificationmethod: 'sms' },
      ]) {
        const reply = await site.startCode(body);
        assert.equal(textOf(reply, 'status'), 'success');
        assert.deepEqual(
          oauthError(await site.finishCode(textOf(reply, 'identifier'), '000000')),
          invalidOtp,
        );
      }
      assert.deepEqual(emulator.outbox(), []);
    });

    it('answers an error instead when passwordless.unknownUser is error', async () => {
      emulator.settings({ passwordless: { unknownUser: 'error' } });
      refused(await site.startCode({ username: 'nobody@example.com' }));
    });

    it('is refused when the flow is off, and not there when the site is not active', async () => {
      emulator.settings({ passwordless: { enabled: false } });
      refused(await site.startCode());
      emulator.settings({ site: { active: false } });
      const reply = await site.startCode();
      assert.equal(reply.status, 404);
      assert.deepEqual(Object.keys(members(reply)), ['invalid_request']);
    });

    it('takes templates of passwordless.emailTemplates only', async () => {
      refused(await site.startCode({ emailtemplate: '00X1' }));
      emulator.settings({ passwordless: { emailTemplates: ['00X1'] } });
      await start({ emailtemplate: '00X1' });
      assert.equal(emulator.outbox()[0]?.templateId, '00X1');
    });

    it('sends five an hour per user and channel, and then no more, whether or not the user exists', async () => {
      for (const username of ['alice@example.com', 'nobody@example.com']) {
        for (let time = 0; time < 5; time += 1) {
          assert.equal((await site.startCode({ username })).status, 200);
        }
        assert.match(refused(await site.startCode({ username })), /too many/);
      }
      await start({ verificationmethod: 'sms' });
      emulator.clock(3601);
      await start();
    });
  });

  describe('protection', () => {
    it('needs a reCAPTCHA token where requireRecaptcha is on', async () => {
      for (const token of [null, '', 'fail', 'score:0.69']) {
        assert.match(
          refused(await site.startCode({ recaptcha: token })),
          /recaptcha/,
          String(token),
        );
      }
      await start({ recaptcha: 'score:0.7' });
      await start({ recaptcha: 'anything' });
      await start({ recaptcha: null, recaptchaevent: { token: 'x', siteKey: 'k' } });
      refused(await site.startCode({ recaptcha: null, recaptchaevent: { token: '' } }));
      emulator.settings({ passwordless: { requireRecaptcha: false, requireAuth: false } });
      await start({ recaptcha: null });
    });

    it('takes pass and listed tokens only in mode list, and does not look in mode off', async () => {
      emulator.settings({ recaptcha: { mode: 'list', accept: ['mine'] } });
      await start({ recaptcha: 'mine' });
      await start({ recaptcha: 'pass' });
      refused(await site.startCode({ recaptcha: 'anything' }));
      refused(await site.startCode({ recaptcha: 'score:1' }));
      emulator.settings({ recaptcha: { mode: 'off' } });
      await start({ recaptcha: null });
    });

    it('needs a live token with scope pwdless_login_api where requireAuth is on', async () => {
      emulator.settings({ passwordless: { requireAuth: true, requireRecaptcha: false } });
      const order = { client: '3MVG9.private', username: 'bob@example.com' };
      const { access_token: right } = await emulator.tokens({
        ...order,
        scope: 'pwdless_login_api',
      });
      const { access_token: other } = await emulator.tokens({ ...order, scope: 'forgot_password' });
      const unauthorized = [
        { message: 'Session expired or invalid', errorCode: 'INVALID_SESSION_ID' },
      ];
      for (const headers of [{}, bearer('nonsense'), bearer(other)]) {
        const reply = await site.startCode({}, headers);
        assert.equal(reply.status, 401);
        assert.deepEqual(parsed(reply), unauthorized);
      }
      assert.equal((await site.startCode({}, bearer(right))).status, 200);
      emulator.clock(1801);
      assert.equal((await site.startCode({}, bearer(right))).status, 401);
    });
  });

  describe('authorize', () => {
    it('logs in with identifier and code, and the visitor hint comes along', async () => {
      const { identifier, code } = await start();
      const uvid = uuid();
      const redirected = site.finishCode(identifier, code, { 'uvid-hint': uvid });
      const reply = await site.token({ code: await site.code(redirected) });
      const claims = part(textOf(reply, 'access_token'), 1);
      assert.equal(claims['uvid'], uvid);
      assert.match(textOf(reply, 'id'), /005/);
    });

    it('takes identifier and code in the body as well', async () => {
      const { identifier, code } = await start();
      const headers = { authorization: '' };
      const form = { username: identifier, password: code };
      location(await site.finishCode(identifier, code, headers, form));
    });

    it('takes a code once', async () => {
      const { identifier, code } = await start();
      location(await site.finishCode(identifier, code));
      assert.deepEqual(oauthError(await site.finishCode(identifier, code)), invalidOtp);
    });

    it('answers invalid OTP to a wrong code and an unknown identifier', async () => {
      const { identifier, code } = await start();
      assert.deepEqual(oauthError(await site.finishCode(identifier, `${code}0`)), invalidOtp);
      assert.deepEqual(oauthError(await site.finishCode('MFF0no', code)), invalidOtp);
    });

    it('answers invalid headers without Auth-Verification-Type, and with the other one', async () => {
      const { identifier, code } = await start();
      for (const type of ['', 'sms', 'EMAIL']) {
        const reply = await site.finishCode(identifier, code, { 'auth-verification-type': type });
        assert.deepEqual(oauthError(reply), invalidHeaders, type);
      }
      location(await site.finishCode(identifier, code));
    });

    it('kills an identifier after otp.maxFailures wrong tries, and locks nobody', async () => {
      const { identifier, code } = await start();
      for (let time = 0; time < 3; time += 1) await site.finishCode(identifier, 'wrong');
      assert.deepEqual(oauthError(await site.finishCode(identifier, code)), invalidOtp);
      location(await site.named({}, basic('alice@example.com', password)));
      const again = await start();
      location(await site.finishCode(again.identifier, again.code));
    });

    it('refuses codes older than a day by e-mail and a quarter of an hour by sms', async () => {
      const sms = await start({ verificationmethod: 'sms' });
      const email = await start();
      emulator.clock(901);
      const headers = { 'auth-verification-type': 'sms' };
      assert.deepEqual(
        oauthError(await site.finishCode(sms.identifier, sms.code, headers)),
        invalidOtp,
      );
      emulator.clock(86_400 - 1000);
      location(await site.finishCode(email.identifier, email.code));
      const late = await start();
      emulator.clock(86_401);
      assert.deepEqual(oauthError(await site.finishCode(late.identifier, late.code)), invalidOtp);
    });

    it('refuses a user who has become inactive', async () => {
      const { identifier, code } = await start({ username: 'bob@example.com' });
      emulator.user('bob@example.com', { isActive: false });
      const reply = await site.finishCode(identifier, code);
      assert.deepEqual(oauthError(reply), [400, 'invalid_grant', 'authentication failure']);
    });
  });

  describe('asking again', () => {
    it('sends the same code under a new identifier; both identifiers work until it is used', async () => {
      const first = await start();
      const second = await start();
      assert.equal(first.code, second.code);
      assert.notEqual(first.identifier, second.identifier);
      location(await site.finishCode(first.identifier, first.code));
      assert.deepEqual(
        oauthError(await site.finishCode(second.identifier, second.code)),
        invalidOtp,
      );
      assert.notEqual((await start()).code, first.code);
    });

    it('sends a new code once the earlier one was mistyped or expired', async () => {
      const first = await start();
      await site.finishCode(first.identifier, 'wrong');
      const second = await start();
      assert.notEqual(second.code, first.code);
      emulator.clock(86_401);
      assert.notEqual((await start()).code, second.code);
    });

    it('sends a new code each time when otp.resendSameCode is off', async () => {
      emulator.settings({ otp: { resendSameCode: false, digits: 10 } });
      assert.notEqual((await start()).code, (await start()).code);
    });

    it('sends otp.fixed, or as many digits as otp.digits says', async () => {
      emulator.settings({ otp: { fixed: '123456' } });
      assert.equal((await start()).code, '123456');
      emulator.settings({ otp: { fixed: null, digits: 8, resendSameCode: false } });
      assert.match((await start()).code, /^\d{8}$/);
    });
  });

  describe('user discovery', () => {
    const hint = { username: null, login_hint: '+12025550101' };

    it('is used for login_hint when discovery of login or forgot password is on', async () => {
      refused(await site.startCode(hint));
      for (const settings of [
        { login: { discovery: true } },
        { login: { discovery: false }, forgotPassword: { discovery: true } },
      ]) {
        emulator.settings(settings);
        await start(hint);
        assert.equal(emulator.outbox()[0]?.username, 'alice@example.com');
      }
    });

    it('takes the plain username when there is one', async () => {
      emulator.settings({ login: { discovery: true } });
      await start({ username: 'bob@example.com', login_hint: '+12025550101' });
      assert.equal(emulator.outbox()[0]?.username, 'bob@example.com');
    });

    it('fails for none and several', async () => {
      emulator.settings({ login: { discovery: true } });
      refused(await site.startCode({ ...hint, login_hint: 'nobody' }));
      emulator.user('twin@example.com', { mobilePhone: '+12025550101' });
      refused(await site.startCode(hint));
    });
  });
});

describe('emulator: passwordless discovery by a handler', () => {
  it('is told the channel and customdata as text; its message is the answer', async () => {
    const asked: unknown[] = [];
    const emulator = await startEmulator({
      settings: { login: { discovery: true } },
      discover: (input) => {
        asked.push([input.networkId, input.verificationAction, input.customDataJson]);
        return Promise.resolve({ userIds: null, customErrorMessage: 'No such card' });
      },
    });
    const site = new Site(emulator);
    const reply = await site.startCode({
      username: null,
      login_hint: 'card 7',
      customdata: { shop: 1 },
    });
    await emulator.close();
    assert.deepEqual([reply.status, members(reply)], [400, { invalid_request: 'No such card' }]);
    assert.deepEqual(asked, [['0DBxx0000004C9IGAU', 'EMAIL', '{"shop":1}']]);
  });
});
