import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import {
  basic,
  bearer,
  header,
  members,
  parsed,
  password,
  Site,
  textOf,
  type Headers,
  type Reply,
} from './browserless.js';

const sent = { status_code: 'otp_sent', status: 'success' };
const changed = { status_code: 'success', status: 'success' };
const invalidOtp = { status_code: 'invalid_otp', otp_error: 'invalid OTP', status: 'failed' };
const username = 'alice@example.com';
const newpassword = 'Red-Kite-43';

describe('emulator: forgot password', () => {
  let emulator: Emulator;
  let site: Site;

  before(async () => {
    emulator = await startEmulator();
    site = new Site(emulator);
  });
  afterEach(() => emulator.reset());
  after(() => emulator.close());

  const call = (body: Record<string, unknown>, headers: Headers = {}): Promise<Reply> =>
    site.headless('forgot_password', body, headers);
  const ask = (body: Record<string, unknown> = {}, headers: Headers = {}): Promise<Reply> =>
    call({ username, recaptcha: 'pass', ...body }, headers);
  const change = (otp: string, body: Record<string, unknown> = {}): Promise<Reply> =>
    call({ username, otp, newpassword, ...body });
  const refused = (reply: Reply): string => {
    assert.equal(reply.status, 400, reply.text);
    assert.deepEqual(Object.keys(members(reply)), ['invalid_request']);
    return textOf(reply, 'invalid_request');
  };
  const answered = (reply: Reply, body: object): void => {
    assert.deepEqual([reply.status, parsed(reply)], [200, body]);
  };
  const failed = (reply: Reply, body: object): void => {
    assert.deepEqual([reply.status, parsed(reply)], [400, body]);
  };
  const regenerate = (reply: Reply): void => {
    assert.equal(reply.status, 400, reply.text);
    assert.deepEqual(Object.keys(members(reply)), ['status_code', 'otp_error', 'status']);
    assert.equal(textOf(reply, 'status_code'), 'regenerate_otp');
    assert.equal(textOf(reply, 'status'), 'failed');
  };
  const start = async (body: Record<string, unknown> = {}): Promise<string> => {
    answered(await ask(body), sent);
    return emulator.outbox()[0]?.code ?? '';
  };
  const logsIn = async (secret: string): Promise<boolean> =>
    (await site.named({}, basic(username, secret))).status === 302;

  describe('the first call', () => {
    it('sends six digits by e-mail, without any identifier', async () => {
      const code = await start();
      assert.match(code, /^\d{6}$/);
      const [message] = emulator.outbox();
      assert.ok(message);
      const { at, ...rest } = message;
      assert.ok(Math.abs(at - Date.now()) < 5000);
      assert.deepEqual(rest, {
        to: username,
        channel: 'email',
        code,
        purpose: 'forgotPassword',
        username,
      });
    });

    it('is told by otp and newpassword being null or absent', async () => {
      await start({ otp: null, newpassword: null });
    });

    it('sends by sms to a verified phone', async () => {
      await start({ verificationmethod: 'sms' });
      assert.equal(emulator.outbox()[0]?.to, '+12025550101');
    });

    it('answers alike, and sends nothing, to unknown, inactive, locked and unverified users', async () => {
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
        const reply = await ask(body);
        answered(reply, sent);
        assert.match(header(reply, 'x-emulator-reason'), /nothing was sent/);
      }
      assert.deepEqual(emulator.outbox(), []);
    });

    it('refuses a missing username, another verificationmethod and what is not a JSON object', async () => {
      assert.match(refused(await ask({ username: null })), /username/);
      assert.match(refused(await ask({ username: 7 })), /username/);
      assert.match(refused(await ask({ verificationmethod: 'totp' })), /verificationmethod/);
      const form = await site.post('/services/auth/headless/forgot_password', { username });
      assert.match(refused(form), /JSON/);
    });

    it('sends five an hour per user and channel, and then no more, whether or not the user exists', async () => {
      for (const name of [username, 'nobody@example.com']) {
        for (let time = 0; time < 5; time += 1) answered(await ask({ username: name }), sent);
        assert.match(refused(await ask({ username: name })), /too many/);
      }
      await start({ verificationmethod: 'sms' });
      emulator.clock(3601);
      await start();
    });

    it('looks at emailtemplate only where templateAllowlisting is on', async () => {
      emulator.settings({
        registration: { emailTemplates: ['00X1'] },
        passwordless: { emailTemplates: ['00X2'] },
      });
      await start({ emailtemplate: '00X1' });
      assert.equal(emulator.outbox()[0]?.templateId, undefined);
      emulator.settings({ forgotPassword: { templateAllowlisting: true } });
      for (const template of ['00X1', '00X2']) {
        await start({ emailtemplate: template });
        assert.equal(emulator.outbox()[0]?.templateId, template);
      }
      assert.match(refused(await ask({ emailtemplate: '00X3' })), /emailtemplate/);
      assert.match(refused(await ask({ emailtemplate: '00X3', username: null })), /username/);
    });
  });

  describe('the second call', () => {
    it('changes the password, and nothing else', async () => {
      const before = emulator.state().users[username];
      answered(await change(await start()), changed);
      assert.deepEqual(emulator.state().users[username], before);
      assert.equal(await logsIn(password), false);
      assert.equal(await logsIn(newpassword), true);
    });

    it('leaves sessions alone, and ends that the password has expired', async () => {
      emulator.user(username, { password, passwordExpired: true });
      const token = textOf(await site.login(), 'access_token');
      answered(await change(await start()), changed);
      assert.equal((await site.userinfo(token)).status, 200);
      assert.equal(emulator.state().users[username]?.passwordExpired, false);
    });

    it('takes a code sent by sms, and the username in any case', async () => {
      const code = await start({ verificationmethod: 'sms' });
      answered(await change(code, { username: 'ALICE@example.com' }), changed);
    });

    it('gives a password to a user who had none', async () => {
      emulator.user(username, {});
      answered(await change(await start()), changed);
      assert.equal(await logsIn(newpassword), true);
    });

    it('answers invalid_otp to a wrong code, and takes the right one afterwards', async () => {
      const code = await start();
      failed(await change(`${code}0`), invalidOtp);
      failed(await change(''), invalidOtp);
      assert.equal(await logsIn(password), true);
      answered(await change(code), changed);
    });

    it('answers regenerate_otp after maxAttempts wrong codes, until a new one is sent', async () => {
      const code = await start();
      for (let time = 0; time < 5; time += 1) failed(await change('wrong'), invalidOtp);
      regenerate(await change(code));
      const again = await start();
      answered(await change(again), changed);
      emulator.settings({ forgotPassword: { maxAttempts: 1 } });
      await start();
      failed(await change('wrong'), invalidOtp);
      regenerate(await change('wrong'));
    });

    it('answers regenerate_otp to a used code, an expired one, and without any', async () => {
      regenerate(await change('000000'));
      const code = await start();
      answered(await change(code), changed);
      regenerate(await change(code, { newpassword: 'Green-Kite-44' }));
      const late = await start();
      emulator.clock(86_400);
      regenerate(await change(late));
      const sms = await start({ verificationmethod: 'sms' });
      emulator.clock(901);
      regenerate(await change(sms));
    });

    it('answers unknown users and those who got no code just as others with a wrong code', async () => {
      emulator.settings({ otp: { fixed: '123456' } });
      emulator.user('inactive@example.com', { password, isActive: false });
      for (const name of ['nobody@example.com', 'inactive@example.com', username]) {
        const code = name === username ? '654321' : '123456';
        const before = await change(code, { username: name });
        if (name === 'nobody@example.com') failed(before, invalidOtp);
        else regenerate(before);
        await ask({ username: name });
        for (let time = 0; time < 5; time += 1) {
          failed(await change(code, { username: name }), invalidOtp);
        }
        regenerate(await change(code, { username: name }));
      }
    });

    it('does not use up the code when the password breaks the policy', async () => {
      const code = await start();
      for (const [weak, text] of [
        ['short', 'Your password must be at least 8 characters long.'],
        ['', 'Your password must be at least 8 characters long.'],
        ['12345678', 'Your password must include a letter.'],
        ['letters-only', 'Your password must include a number.'],
        [password, 'You cannot use one of your last 3 passwords again.'],
      ] as const) {
        const reply = await change(code, { newpassword: weak });
        failed(reply, {
          status_code: 'password_policy_check_failure',
          password_error: text,
          status: 'failed',
        });
      }
      answered(await change(code), changed);
    });

    it('says nothing of the password before the code is right', async () => {
      await start();
      failed(await change('wrong', { newpassword: 'short' }), invalidOtp);
    });

    it('takes a password again once passwordPolicy.history others came after it', async () => {
      for (const next of ['Kite-0001', 'Kite-0002']) {
        answered(await change(await start(), { newpassword: next }), changed);
      }
      const code = await start();
      assert.equal(
        textOf(await change(code, { newpassword: password }), 'status_code'),
        'password_policy_check_failure',
      );
      answered(await change(code, { newpassword: 'Kite-0003' }), changed);
      answered(await change(await start(), { newpassword: password }), changed);
      emulator.settings({ passwordPolicy: { history: 0 } });
      emulator.clock(3601);
      answered(await change(await start(), { newpassword: password }), changed);
    });

    it('refuses when only one of otp and newpassword is there, or one is no text', async () => {
      const code = await start();
      assert.match(refused(await change(code, { newpassword: null })), /newpassword/);
      assert.match(refused(await change(code, { otp: null })), /otp/);
      assert.match(refused(await change(code, { otp: 123_456 })), /otp/);
      assert.match(refused(await change(code, { username: null })), /username/);
    });

    it('does not take the code of a passwordless login, and the other way round', async () => {
      emulator.settings({ otp: { digits: 12 } });
      const login = await site.startCode();
      const loginCode = emulator.outbox()[0]?.code ?? '';
      const code = await start();
      failed(await change(loginCode), invalidOtp);
      const reply = await site.finishCode(textOf(login, 'identifier'), code);
      assert.equal(reply.status, 400);
    });
  });

  describe('asking again', () => {
    it('sends the same code until it was used or mistyped; then the newest alone counts', async () => {
      emulator.settings({ otp: { digits: 12 } });
      const first = await start();
      assert.equal(await start(), first);
      failed(await change('wrong'), invalidOtp);
      const second = await start();
      assert.notEqual(second, first);
      failed(await change(first), invalidOtp);
      answered(await change(second), changed);
      assert.notEqual(await start(), second);
    });
  });

  describe('protection', () => {
    it('is refused when the flow is off, and not there when the site is not active', async () => {
      const code = await start();
      emulator.settings({ forgotPassword: { enabled: false } });
      refused(await ask());
      refused(await change(code));
      emulator.settings({ site: { active: false } });
      assert.equal((await ask()).status, 404);
    });

    it('wants reCAPTCHA for the first call only, and tolerates it in the second', async () => {
      assert.match(refused(await ask({ recaptcha: null })), /recaptcha/);
      assert.match(refused(await ask({ recaptcha: 'fail' })), /recaptcha/);
      await start({ recaptcha: null, recaptchaevent: { token: 'pass', expectedAction: 'login' } });
      answered(await change(await start(), { recaptcha: 'fail' }), changed);
    });

    it('wants a bearer with scope forgot_password for the first call only, and takes it in the second', async () => {
      emulator.settings({ forgotPassword: { requireAuth: true, requireRecaptcha: false } });
      const order = { client: '3MVG9.private', username: 'bob@example.com' };
      const { access_token: right } = await emulator.tokens({ ...order, scope: 'forgot_password' });
      const { access_token: other } = await emulator.tokens({ ...order, scope: 'api' });
      for (const headers of [{}, bearer(other)]) {
        const reply = await ask({}, headers);
        assert.equal(reply.status, 401);
        assert.deepEqual(parsed(reply), [
          { message: 'Session expired or invalid', errorCode: 'INVALID_SESSION_ID' },
        ]);
      }
      answered(await ask({}, bearer(right)), sent);
      const otp = emulator.outbox()[0]?.code ?? '';
      failed(await change(`${otp}0`), invalidOtp);
      answered(await call({ username, otp, newpassword }, bearer(right)), changed);
    });
  });

  describe('user discovery', () => {
    const phone = { username: null, login_hint: '+12025550101' };

    it('is off by default', async () => {
      assert.match(refused(await ask(phone)), /username/);
      const code = await start();
      assert.match(refused(await change(code, phone)), /username/);
    });

    it('links the calls by login_hint, or by the username that was found', async () => {
      emulator.settings({ forgotPassword: { discovery: true } });
      answered(await change(await start(phone), phone), changed);
      const code = await start(phone);
      assert.equal(emulator.outbox()[0]?.username, username);
      answered(await change(code, { newpassword: 'Green-Kite-44' }), changed);
    });

    it('lets a code sent for the username count for an earlier hint', async () => {
      emulator.settings({ forgotPassword: { discovery: true }, otp: { resendSameCode: false } });
      await start(phone);
      answered(await change(await start(), phone), changed);
    });

    it('answers none and several like everybody', async () => {
      emulator.settings({ forgotPassword: { discovery: true } });
      emulator.user('twin@example.com', { mobilePhone: '+12025550101', mobileVerified: true });
      for (const hint of ['+12025550101', 'card 7']) {
        const body = { username: null, login_hint: hint };
        regenerate(await change('000000', body));
        answered(await ask(body), sent);
        failed(await change('000000', body), invalidOtp);
      }
      assert.deepEqual(emulator.outbox(), []);
    });
  });
});

describe('emulator: forgot password with a discovery handler', () => {
  it('is told the channel and customdata; its message is not answered', async () => {
    const asked: unknown[] = [];
    const emulator = await startEmulator({
      settings: { forgotPassword: { discovery: true } },
      discover: ({ loginHint, verificationAction, customDataJson }) => {
        asked.push([loginHint, verificationAction, customDataJson]);
        return { customErrorMessage: 'No such card' };
      },
    });
    const reply = await new Site(emulator).headless('forgot_password', {
      login_hint: 'card 7',
      verificationmethod: 'sms',
      customdata: { shop: 1 },
      recaptcha: 'pass',
    });
    await emulator.close();
    assert.deepEqual([reply.status, parsed(reply)], [200, sent]);
    assert.match(header(reply, 'x-emulator-reason'), /No such card/);
    assert.deepEqual(asked, [['card 7', 'SMS', '{"shop":1}']]);
  });

  it('sends to the one user it returns', async () => {
    let ids: string[] = [];
    const emulator = await startEmulator({
      settings: { forgotPassword: { discovery: true } },
      discover: () => ({ userIds: ids }),
    });
    ids = [emulator.state().users[username]?.userId ?? ''];
    await new Site(emulator).headless('forgot_password', { login_hint: 'card 7', recaptcha: 'x' });
    const to = emulator.outbox().map((message) => message.to);
    await emulator.close();
    assert.deepEqual(to, [username]);
  });
});
