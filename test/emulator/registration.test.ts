import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import {
  basic,
  bearer,
  header,
  location,
  members,
  oauthError,
  parsed,
  part,
  publicClient,
  send,
  Site,
  textOf,
  uuid,
  type Headers,
  type Reply,
} from './browserless.js';

const invalidOtp = [400, 'invalid_grant', 'invalid OTP'];
const invalidHeaders = [400, 'invalid_request', 'invalid headers'];

const userdata = {
  firstName: 'Ana',
  lastName: 'Ruiz',
  email: 'ana@example.com',
  username: 'ana.ruiz@example.com',
};

const ana = { userdata, password: 'Blue-Kite-42', recaptcha: 'pass', verificationmethod: 'email' };

const byPhone = {
  userdata: { ...userdata, mobilePhone: '+1 2025550143' },
  verificationmethod: 'sms',
};

describe('emulator: registration', () => {
  let emulator: Emulator;
  let site: Site;

  before(async () => {
    emulator = await startEmulator();
    site = new Site(emulator);
  });
  afterEach(() => emulator.reset());
  after(() => emulator.close());

  const init = (body: Record<string, unknown> = {}, headers: Headers = {}): Promise<Reply> =>
    site.headless('init/registration', { ...ana, ...body }, headers);
  const refused = (reply: Reply): string => {
    assert.equal(reply.status, 400, reply.text);
    assert.deepEqual(Object.keys(members(reply)), ['invalid_request']);
    return textOf(reply, 'invalid_request');
  };
  const start = async (body: Record<string, unknown> = {}) => {
    const reply = await init(body);
    assert.equal(reply.status, 200, reply.text);
    return { identifier: textOf(reply, 'identifier'), code: emulator.outbox()[0]?.code ?? '' };
  };
  const finish = (
    { identifier, code }: { identifier: string; code: string },
    headers: Headers = {},
    form: Record<string, string> = {},
  ): Promise<Reply> =>
    site.finishCode(
      identifier,
      code,
      { 'auth-request-type': 'user-registration', ...headers },
      form,
    );
  const user = (username = userdata.username) => emulator.state().users[username];

  describe('init', () => {
    it('sends a code by e-mail and answers status, email and identifier, without making a user', async () => {
      const reply = await init();
      assert.equal(reply.status, 200);
      assert.deepEqual(Object.keys(members(reply)), ['status', 'email', 'identifier']);
      assert.equal(textOf(reply, 'status'), 'success');
      assert.equal(textOf(reply, 'email'), 'ana@example.com');
      const [message] = emulator.outbox();
      assert.ok(message);
      const { code, at, ...rest } = message;
      assert.match(code, /^\d{6}$/);
      assert.ok(Math.abs(at - Date.now()) < 5000);
      assert.deepEqual(rest, {
        to: 'ana@example.com',
        channel: 'email',
        purpose: 'registration',
        identifier: textOf(reply, 'identifier'),
        username: 'ana.ruiz@example.com',
      });
      assert.equal(user(), undefined);
    });

    it('answers an identifier that is no record id and holds no colon', async () => {
      const { identifier } = await start();
      assert.match(identifier, /^[A-Za-z0-9+/]{16}$/);
      assert.doesNotMatch(Buffer.from(identifier, 'base64').toString('latin1'), /^0Qt/);
    });

    it('sends by sms to mobilePhone or phone of userdata, or to mobilePhone of customdata, and answers the e-mail', async () => {
      for (const [body, to] of [
        [byPhone, '+1 2025550143'],
        [{ userdata: { ...userdata, phone: '+2' }, customdata: { mobilePhone: '+3' } }, '+2'],
        [{ customdata: { mobilePhone: '+3' } }, '+3'],
        [{ customdata: '{"mobilePhone":"+4"}' }, '+4'],
      ] as const) {
        const reply = await init({ ...body, verificationmethod: 'sms' });
        assert.equal(textOf(reply, 'email'), 'ana@example.com');
        assert.equal(emulator.outbox()[0]?.to, to);
      }
      assert.match(refused(await init({ verificationmethod: 'sms' })), /mobilePhone/);
    });

    it('takes null for absent', async () => {
      await start({ customdata: null, emailtemplate: null, password: null });
    });

    it('refuses what is not a JSON object', async () => {
      const path = '/services/auth/headless/init/registration';
      assert.match(refused(await site.post(path, { verificationmethod: 'email' })), /JSON/);
      const url = emulator.url + path;
      assert.match(refused(await send(url, { method: 'POST', body: '[]' })), /JSON/);
      assert.match(refused(await send(url, { method: 'POST' })), /JSON/);
    });

    it('refuses missing userdata, e-mail and verificationmethod, and members of another type', async () => {
      for (const [body, named] of [
        [{ userdata: null }, /userdata/],
        [{ userdata: 'Ana' }, /userdata/],
        [{ userdata: { username: 'a@example.com' } }, /userdata\.email/],
        [{ userdata: { ...userdata, lastName: 7 } }, /userdata\.lastName/],
        [{ verificationmethod: null }, /verificationmethod/],
        [{ verificationmethod: 'EMAIL' }, /verificationmethod/],
        [{ password: 12345678 }, /password/],
        [{ emailtemplate: 1 }, /emailtemplate/],
      ] as const) {
        assert.match(refused(await init(body)), named);
      }
      assert.deepEqual(emulator.outbox(), []);
    });

    it('takes templates of registration.emailTemplates only', async () => {
      emulator.settings({ passwordless: { emailTemplates: ['00X1'] } });
      refused(await init({ emailtemplate: '00X1' }));
      emulator.settings({ registration: { emailTemplates: ['00X1'] } });
      await start({ emailtemplate: '00X1' });
      assert.equal(emulator.outbox()[0]?.templateId, '00X1');
    });

    it('checks the password policy and says what is wrong', async () => {
      for (const [password, text] of [
        ['Short-1', 'Your password must be at least 8 characters long.'],
        ['', 'Your password must be at least 8 characters long.'],
        ['12345678', 'Your password must include a letter.'],
        ['letters-only', 'Your password must include a number.'],
      ] as const) {
        const reply = await init({ password });
        assert.equal(reply.status, 400);
        assert.deepEqual(parsed(reply), {
          status_code: 'password_policy_check_failure',
          password_error: text,
          status: 'failed',
        });
      }
      assert.deepEqual(emulator.outbox(), []);
      emulator.settings({ passwordPolicy: { minLength: 2, letter: false, digit: false } });
      await start({ password: '--' });
    });

    it('does not look whether the username is taken', async () => {
      await start({ userdata: { ...userdata, username: 'alice@example.com' } });
    });

    it('sends five an hour per user and channel; refused passwords do not count', async () => {
      await init({ password: 'short' });
      for (let time = 0; time < 5; time += 1) await start();
      assert.match(refused(await init()), /too many/);
      await start({ ...byPhone, userdata: { ...byPhone.userdata, email: 'other@example.com' } });
      emulator.clock(3601);
      await start();
    });
  });

  describe('protection', () => {
    it('is refused when the flow is off, and not there when the site is not active', async () => {
      emulator.settings({ registration: { enabled: false } });
      refused(await init());
      emulator.settings({ site: { active: false } });
      const reply = await init();
      assert.equal(reply.status, 404);
      assert.deepEqual(Object.keys(members(reply)), ['invalid_request']);
    });

    it('needs a reCAPTCHA token where requireRecaptcha is on', async () => {
      for (const token of [null, '', 'fail', 'score:0.69', 'score:.3']) {
        assert.match(refused(await init({ recaptcha: token })), /recaptcha/, String(token));
      }
      await start({ recaptcha: '', recaptchaevent: { token: 'score:0.9', siteKey: 'k' } });
      assert.match(
        refused(await init({ recaptcha: null, recaptchaevent: { token: 'fail' } })),
        /re/,
      );
      emulator.settings({ registration: { requireRecaptcha: false } });
      await start({ recaptcha: null });
    });

    it('needs a live token with scope user_registration_api where requireAuth is on', async () => {
      emulator.settings({ registration: { requireAuth: true } });
      const order = { client: '3MVG9.private', username: 'bob@example.com' };
      const { access_token: right } = await emulator.tokens({
        ...order,
        scope: 'user_registration_api',
      });
      const { access_token: other } = await emulator.tokens({ ...order, scope: 'api' });
      for (const headers of [{}, bearer('nonsense'), bearer(other)]) {
        const reply = await init({ userdata: null, recaptcha: null }, headers);
        assert.equal(reply.status, 401);
        assert.deepEqual(parsed(reply), [
          { message: 'Session expired or invalid', errorCode: 'INVALID_SESSION_ID' },
        ]);
      }
      assert.equal((await init({}, bearer(right))).status, 200);
      assert.match(refused(await init({ recaptcha: null }, bearer(right))), /recaptcha/);
    });

    it('may be off altogether, which Setup would refuse', async () => {
      const open = { registration: { requireRecaptcha: false } };
      assert.match(emulator.settings(open).warning ?? '', /registration/);
      const started = await startEmulator({ settings: open });
      const reply = await new Site(started).headless('init/registration', {
        ...ana,
        recaptcha: null,
      });
      await started.close();
      assert.equal(reply.status, 200);
    });
  });

  describe('authorize', () => {
    it('makes the user with the password, verified by e-mail, and logs in', async () => {
      const redirected = await finish(await start(), {}, { state: 's 1' });
      const query = location(redirected).searchParams;
      assert.deepEqual(
        [...query.keys()],
        ['code', 'sfdc_community_url', 'sfdc_community_id', 'state'],
      );
      const made = user();
      assert.ok(made);
      const { firstName, lastName, email, emailVerified, mobileVerified, hasPassword } = made;
      assert.deepEqual(
        [firstName, lastName, email, emailVerified, mobileVerified, hasPassword],
        ['Ana', 'Ruiz', 'ana@example.com', true, false, true],
      );
      const reply = await site.token({ code: query.get('code') ?? '' });
      assert.match(textOf(reply, 'id'), new RegExp(`${made.userId}$`));
      location(await site.named({}, basic(userdata.username, ana.password)));
    });

    it('makes a user verified by phone, who can then log in with a code', async () => {
      const sms = { 'auth-verification-type': 'sms' };
      location(await finish(await start(byPhone), sms));
      const made = user();
      assert.deepEqual(
        [made?.mobilePhone, made?.mobileVerified, made?.emailVerified],
        ['+1 2025550143', true, false],
      );
      const reply = await site.startCode({
        username: userdata.username,
        verificationmethod: 'sms',
      });
      const code = emulator.outbox()[0]?.code ?? '';
      location(await site.finishCode(textOf(reply, 'identifier'), code, sms));
    });

    it('makes a user without password when there is none, or when it lies in userdata', async () => {
      for (const [username, body] of [
        ['none@example.com', {}],
        ['inside@example.com', { password: ana.password }],
      ] as const) {
        const inside = { ...userdata, username, ...body };
        location(await finish(await start({ userdata: inside, password: null })));
        assert.equal(user(username)?.hasPassword, false);
      }
    });

    it('carries the guest along, from header or body', async () => {
      const uvid = uuid();
      for (const [username, headers, form] of [
        ['one@example.com', { 'uvid-hint': `UVID ${uvid}` }, {}],
        ['two@example.com', {}, { uvid_hint: uvid }],
        ['three@example.com', { 'uvid-hint': await site.guestToken(uvid) }, {}],
      ] as const) {
        const started = await start({ userdata: { ...userdata, username } });
        const code = await site.code(finish(started, headers, form));
        const claims = part(textOf(await site.token({ code }), 'access_token'), 1);
        assert.equal(claims['uvid'], uvid);
      }
    });

    it('does not use up the code when the visitor hint is invalid', async () => {
      const started = await start();
      const reply = await finish(started, { 'uvid-hint': 'nonsense' });
      assert.deepEqual(oauthError(reply), [400, 'invalid_request', 'uvid invalid']);
      location(await finish(started));
    });

    it('answers invalid OTP to a wrong code and an unknown identifier', async () => {
      const { identifier, code } = await start();
      assert.deepEqual(oauthError(await finish({ identifier, code: `${code}0` })), invalidOtp);
      assert.deepEqual(oauthError(await finish({ identifier: 'dg3ono', code })), invalidOtp);
      assert.equal(user(), undefined);
    });

    it('answers invalid OTP to an identifier of a passwordless login, and the other way round', async () => {
      const identifier = textOf(await site.startCode(), 'identifier');
      const code = emulator.outbox()[0]?.code ?? '';
      assert.deepEqual(oauthError(await finish({ identifier, code })), invalidOtp);
      const registration = await start();
      const reply = await site.finishCode(registration.identifier, registration.code);
      assert.deepEqual(oauthError(reply), invalidOtp);
    });

    it('answers invalid headers without Auth-Verification-Type, and with the other one', async () => {
      const started = await start();
      for (const type of ['', 'sms', 'EMAIL']) {
        const reply = await finish(started, { 'auth-verification-type': type });
        assert.deepEqual(oauthError(reply), invalidHeaders, type);
      }
      location(await finish(started));
    });

    it('takes a code once', async () => {
      const started = await start();
      location(await finish(started));
      assert.deepEqual(oauthError(await finish(started)), invalidOtp);
    });

    it('kills an identifier after otp.maxFailures wrong tries', async () => {
      const { identifier, code } = await start();
      for (let time = 0; time < 3; time += 1) await finish({ identifier, code: 'wrong' });
      assert.deepEqual(oauthError(await finish({ identifier, code })), invalidOtp);
      location(await finish(await start()));
    });

    it('keeps the data a day by e-mail and a quarter of an hour by sms', async () => {
      const email = await start();
      const sms = await start(byPhone);
      emulator.clock(901);
      const headers = { 'auth-verification-type': 'sms' };
      assert.deepEqual(oauthError(await finish(sms, headers)), invalidOtp);
      emulator.clock(86_400 - 902);
      location(await finish(email));
      const late = await start({ userdata: { ...userdata, username: 'late@example.com' } });
      emulator.clock(86_401);
      assert.deepEqual(oauthError(await finish(late)), invalidOtp);
    });

    it('refuses a taken username, whatever its case, and leaves that user alone', async () => {
      const started = await start({ userdata: { ...userdata, username: 'ALICE@example.com' } });
      const before = user('alice@example.com');
      const reply = await finish(started);
      assert.deepEqual(oauthError(reply), [400, 'invalid_grant', 'duplicate username']);
      assert.deepEqual(user('alice@example.com'), before);
    });

    it('refuses a registration without username', async () => {
      const reply = await finish(await start({ userdata: { ...userdata, username: null } }));
      assert.deepEqual(oauthError(reply), [400, 'invalid_grant', 'user registration failed']);
      assert.match(header(reply, 'x-emulator-reason'), /username/);
    });

    it('lets in approved users only where an app names them', async () => {
      const app = { redirectUris: [site.echo], preapprovedUsers: [userdata.username] };
      emulator.client('approved', app);
      location(await finish(await start(), {}, { client_id: 'approved' }));
      const other = { ...userdata, username: 'other@example.com' };
      const reply = await finish(await start({ userdata: other }), {}, { client_id: 'approved' });
      assert.equal(oauthError(reply)[1], 'invalid_app_access');
    });

    it('wants a code challenge where the app requires PKCE', async () => {
      emulator.client(publicClient, { redirectUris: [site.echo], isPkceRequired: true });
      const started = await start();
      assert.equal(oauthError(await finish(started))[1], 'invalid_request');
      location(await finish(started, {}, { code_challenge: 'x'.repeat(43) }));
    });
  });

  describe('asking again', () => {
    it('sends the same code for the same data under a new identifier; both work until it is used', async () => {
      const first = await start();
      const second = await start({ recaptcha: 'another' });
      assert.equal(first.code, second.code);
      assert.notEqual(first.identifier, second.identifier);
      location(await finish(first));
      assert.deepEqual(oauthError(await finish(second)), invalidOtp);
    });

    it('sends another code for other data, and each registers its own', async () => {
      emulator.settings({ otp: { digits: 12 } });
      const first = await start();
      const other = { ...userdata, username: 'other@example.com' };
      for (const body of [{ password: 'Other-Kite-43' }, { customdata: { a: 1 } }]) {
        assert.notEqual((await start(body)).code, first.code);
      }
      const second = await start({ userdata: other });
      assert.notEqual(second.code, first.code);
      const crossed = { identifier: first.identifier, code: second.code };
      assert.deepEqual(oauthError(await finish(crossed)), invalidOtp);
      location(await finish(second));
      assert.equal(user(), undefined);
      location(await finish(first));
      assert.ok(user());
    });

    it('sends a new code once the earlier one was mistyped, and each time when otp.resendSameCode is off', async () => {
      emulator.settings({ otp: { digits: 12 } });
      const first = await start();
      await finish({ identifier: first.identifier, code: 'wrong' });
      const second = await start();
      assert.notEqual(second.code, first.code);
      emulator.settings({ otp: { resendSameCode: false } });
      assert.notEqual((await start()).code, second.code);
    });
  });
});
