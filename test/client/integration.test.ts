import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import {
  HeadlessClient,
  HeadlessError,
  type HeadlessErrorCode,
  type IntegrationOptions,
} from '../../lib/index.js';
import { selfSigned } from '../emulator/certificate.js';
import { assertNothingSecret } from '../support/secrets.js';
import { firstParty, firstPartyClient, registerFirstParty } from '../support/first-party.js';
import { clientFor } from '../support/shop.js';
import { rejects as rejectsWith } from './rejects.js';

const scope = 'pwdless_login_api';
const robot = 'robot@example.com';
const start = { username: 'alice@example.com' };
const init = 'POST /portal/services/auth/headless/init/passwordless/login';
const token = 'POST /portal/services/oauth2/token';
const endpoints = {
  passwordless: '/services/auth/headless/init/passwordless/login',
  registration: '/services/auth/headless/init/registration',
  passwordReset: '/services/auth/headless/forgot_password',
  challenge: '/services/oauth2/v1/authorization_challenge',
} as const;
const deadToken = [{ message: 'Session expired or invalid', errorCode: 'INVALID_SESSION_ID' }];
const clientSecret = 'the robot’s secret';
const { key, publicKey } = selfSigned();

const rejects = (run: Promise<unknown>, code: HeadlessErrorCode): Promise<HeadlessError> =>
  rejectsWith(run, code, [clientSecret, key]);

describe('the integration user’s token', () => {
  let emulator: Emulator;
  let client: HeadlessClient | undefined;
  before(async () => {
    emulator = await startEmulator();
  });
  after(async () => {
    await emulator.close();
  });
  beforeEach(() => {
    emulator.reset();
    emulator.settings({ passwordless: { requireAuth: true, requireRecaptcha: false } });
    emulator.user(robot, {});
    robotApp();
  });
  afterEach(async () => {
    await client?.close();
    client = undefined;
  });

  function robotApp(changes: object = {}): void {
    emulator.client('robot', {
      scopes: ['api', scope, 'user_registration_api', 'forgot_password', 'refresh_token'],
      secret: clientSecret,
      isConsumerSecretOptional: false,
      isClientCredentialsEnabled: true,
      clientCredentialsUser: robot,
      clientAssertionCertificate: publicKey,
      ...changes,
    });
  }
  const use = (integration?: IntegrationOptions): HeadlessClient =>
    (client = clientFor(emulator, integration && { integration }));
  const calls = (): string[] => emulator.log().map(({ method, path }) => `${method} ${path}`);
  const bySecret: IntegrationOptions = { clientId: 'robot', clientSecret };
  const byKey: IntegrationOptions = { clientId: 'robot', privateKey: key };
  const byAssertion: IntegrationOptions = { ...byKey, username: robot };

  it('is missed when the client has none', async () => {
    const error = await rejects(use().startOtp(start), 'integration_token_required');
    assert.match(error.hint ?? '', /`integration`/);
  });

  for (const [way, integration] of Object.entries({
    'client credentials, by a secret in the body': bySecret,
    'client credentials, by a secret in the header': { ...bySecret, secretIn: 'header' } as const,
    'client credentials, by a private key': byKey,
    'a JWT in the name of a user': byAssertion,
  })) {
    it(`comes by ${way}`, async () => {
      await use(integration).startOtp(start);
      assert.deepEqual(calls(), [token, init]);
      const [asked, sent] = emulator.log();
      assert.equal(new URLSearchParams(asked?.body).get('scope'), scope);
      assert.match(sent?.headers['authorization'] ?? '', /^Bearer \S{20,}$/);
      const [message] = emulator.outbox('alice@example.com');
      assert.ok(message);
    });
  }

  it('is the client’s own app’s, when no other app is named', async () => {
    robotApp({ redirectUris: ['http://localhost:3000/callback'] });
    client = clientFor(emulator, {
      clientId: 'robot',
      clientSecret,
      integration: { clientSecret },
    });
    await client.startOtp(start);
    assert.equal(new URLSearchParams(emulator.log()[0]?.body).get('client_id'), 'robot');
  });

  it('comes from the app, which is told the scope', async () => {
    const asked: string[] = [];
    const given = use({
      token: async (wanted) => {
        asked.push(wanted);
        const order = { client: 'robot', username: robot, scope: wanted };
        return (await emulator.tokens(order)).access_token;
      },
    });
    await given.startOtp(start);
    await given.startOtp(start);
    assert.deepEqual(asked, [scope]);
    assert.deepEqual(calls(), [init, init]);
  });

  it('is asked for once, and kept', async () => {
    const kept = use(bySecret);
    for (let index = 0; index < 3; index += 1) await kept.startOtp(start);
    assert.deepEqual(calls(), [token, init, init, init]);
  });

  it('is asked for once by fifty calls at a time', async () => {
    emulator.settings({ otp: { maxSendsPerHour: 100 } });
    const many = use(byAssertion);
    await Promise.all(Array.from({ length: 50 }, () => many.startOtp(start)));
    assert.equal(calls().filter((call) => call === token).length, 1);
    assert.equal(calls().filter((call) => call === init).length, 50);
  });

  it('is replaced once, and every call repeated once, when fifty calls find it revoked', async () => {
    emulator.settings({ otp: { maxSendsPerHour: 200 } });
    const many = use(bySecret);
    await many.startOtp(start);
    const dead = emulator.log()[1]?.headers['authorization']?.replace('Bearer ', '') ?? '';
    await many.revoke(dead);
    emulator.clearLog();
    await Promise.all(Array.from({ length: 50 }, () => many.startOtp(start)));
    assert.equal(calls().filter((call) => call === token).length, 1);
    assert.equal(calls().filter((call) => call === init).length, 100);
  });

  it('is replaced when it has ended by Salesforce’s clock', async () => {
    const old = use(bySecret);
    await old.startOtp(start);
    emulator.clock(24 * 3600);
    emulator.clearLog();
    await old.startOtp(start);
    assert.deepEqual(calls(), [init, token, init]);
  });

  it('is replaced without a vain call when its own end is near', async () => {
    const short = use({ ...bySecret, tokenLifetime: 0.05 });
    await short.startOtp(start);
    await new Promise((resolve) => setTimeout(resolve, 60));
    await short.startOtp(start);
    assert.deepEqual(calls(), [token, init, token, init]);
  });

  it('is not asked for a second time when a new one is refused', async () => {
    const wrong = use({ token: () => '00Dxx0000001gPL!not.alive' });
    await rejects(wrong.startOtp(start), 'integration_token_required');
    assert.deepEqual(calls(), [init]);
    await rejects(wrong.startOtp(start), 'integration_token_required');
    assert.deepEqual(calls(), [init, init, init]);
  });

  describe('is the only thing that a call is repeated for:', () => {
    /** Answers of one endpoint with status 401. */
    const answerWith = (endpoint: keyof typeof endpoints, body: object | string): void => {
      const match = `POST ${endpoints[endpoint]}`;
      emulator.faults([{ match, fault: 'status', status: 401, body: body as string }]);
    };
    const sentTo = (endpoint: keyof typeof endpoints): number =>
      calls().filter((call) => call.endsWith(endpoints[endpoint])).length;
    const outcome = (run: Promise<unknown>): Promise<unknown> => run.catch(() => undefined);

    for (const [title, body] of Object.entries({
      'a 401 without a word': '',
      'a 401 with words of its own': { invalid_request: 'not you' },
      'a wrong code': { status_code: 'invalid_otp', otp_error: 'invalid OTP', status: 'failed' },
      'a word for a dead token beside a status code': {
        ...{ status_code: 'failed', error: 'invalid_token' },
      },
      'a page': '<html><title>Unauthorized</title></html>',
    })) {
      it(`${title} is answered by no second call`, async () => {
        const given = use(bySecret);
        await given.startOtp(start);
        answerWith('passwordless', body);
        emulator.clearLog();
        await outcome(given.startOtp(start));
        assert.deepEqual(calls(), [init]);
        emulator.faults([]);
        emulator.clearLog();
        await given.startOtp(start);
        assert.deepEqual(calls(), [token, init], 'the next call has a new token');
      });
    }

    it('a registration’s password goes out once', async () => {
      emulator.settings({ registration: { requireAuth: true, requireRecaptcha: false } });
      const given = use(bySecret);
      const userdata = { lastName: 'Ruiz', email: 'ana@example.com', username: 'ana@example.com' };
      const registration = { userdata, password: 'Blue-Kite-42' };
      await given.startRegistration(registration);
      answerWith('registration', { error: 'access_denied' });
      emulator.clearLog();
      await outcome(given.startRegistration(registration));
      assert.equal(sentTo('registration'), 1);
    });

    it('a code and a new password go out once, even when the token is dead, and the next call has a new one', async () => {
      emulator.settings({ forgotPassword: { requireAuth: true, requireRecaptcha: false } });
      const given = use(bySecret);
      await given.startPasswordReset(start);
      answerWith('passwordReset', deadToken);
      emulator.clearLog();
      const finish = { ...start, code: '123456', newPassword: 'Red-Kite-43' };
      await rejects(given.finishPasswordReset(finish), 'integration_token_required');
      assert.equal(sentTo('passwordReset'), 1);
      emulator.faults([]);
      emulator.clearLog();
      await rejects(given.finishPasswordReset(finish), 'invalid_code');
      assert.equal(calls()[0], token);
    });

    describe('at the challenge endpoint', () => {
      const byCode = { flow: 'passwordless', ...start } as const;
      let given: HeadlessClient;
      beforeEach(async () => {
        registerFirstParty(emulator, { scopes: ['api', 'openid', 'refresh_token'] });
        given = client = firstPartyClient(emulator, { integration: bySecret });
        await given.challenge(byCode);
        emulator.clearLog();
      });

      it('a challenge is none, whatever its status: one code is mailed', async () => {
        const error = 'authorization_required';
        answerWith('challenge', { error, error_code: 'login_initialized', auth_session: 'as.1' });
        const { state } = await given.challenge(byCode);
        assert.equal(state, 'challenge');
        assert.equal(sentTo('challenge'), 1);
      });
      it('a dead token is, and the call has a proof of its own', async () => {
        answerWith('challenge', {
          error: 'invalid_request',
          error_description: 'access token required',
        });
        await rejectsWith(given.challenge(byCode), 'integration_token_required', [
          firstParty.clientSecret,
        ]);
        assert.equal(sentTo('challenge'), 2);
      });
      it('a refused client is none', async () => {
        answerWith('challenge', { error: 'invalid_client' });
        await rejectsWith(given.challenge(byCode), 'invalid_client', [firstParty.clientSecret]);
        assert.equal(sentTo('challenge'), 1);
      });
    });
  });

  it('never shows in what a start gives, nor in the client', async () => {
    const ticket = await use(bySecret).startOtp(start);
    assertNothingSecret([ticket, client], 'ticket and client', [clientSecret, key]);
  });

  describe('that cannot be had is the operator’s matter', () => {
    it('a wrong secret: integration_refused, in Salesforce’s words', async () => {
      const error = await rejects(
        use({ ...bySecret, clientSecret: 'not-it-1' }).startOtp(start),
        'integration_refused',
      );
      assert.equal(error.fault, 'configuration');
      assert.deepEqual(error.cause, {
        status: 400,
        error: 'invalid_client',
        description: 'invalid client credentials',
      });
    });
    it('a flow that is off, an unknown app, an unknown user: integration_refused', async () => {
      robotApp({ isClientCredentialsEnabled: false });
      await rejects(use(bySecret).startOtp(start), 'integration_refused');
      await client?.close();
      await rejects(
        use({ ...bySecret, clientId: 'nobody' }).startOtp(start),
        'integration_refused',
      );
      await client?.close();
      const nobody = { ...byAssertion, username: 'nobody@example.com' };
      await rejects(use(nobody).startOtp(start), 'integration_refused');
    });
    it('an app without the scope: integration_token_required, which names the scope', async () => {
      robotApp({ scopes: ['api'] });
      const error = await rejects(use(bySecret).startOtp(start), 'integration_token_required');
      assert.match(error.hint ?? '', /pwdless_login_api/);
      assert.deepEqual(calls(), [token]);
    });
    it('limits of logins are not the visitor’s: integration_refused', async () => {
      emulator.faults([
        { match: 'POST /services/oauth2/token', status: 429, fault: 'status', body: 'later' },
      ]);
      await rejects(use(bySecret).startOtp(start), 'integration_refused');
    });
    it('a private key that cannot be had: client_key_unusable', async () => {
      const lost = use({
        ...byAssertion,
        privateKey: () => Promise.reject<string>(new Error(key)),
      });
      await rejects(lost.startOtp(start), 'client_key_unusable');
    });
    for (const [title, given] of Object.entries({
      nothing: undefined,
      'an empty text': '',
      'two lines': 'a\r\nX-Evil: 1',
    } as Record<string, unknown>)) {
      it(`a function that gives ${title}: integration_refused`, async () => {
        const odd = use({ token: () => given as string });
        await rejects(odd.startOtp(start), 'integration_refused');
      });
    }
    it('a function that fails: integration_refused, with the kind of its error and nothing it holds', async () => {
      const secret = 'a-secret-of-the-robot';
      const cause = Object.assign(new Error(`client_secret=${secret} was refused`), {
        code: 'ERR_BAD_REQUEST',
        status: 401,
        config: { data: `grant_type=client_credentials&client_secret=${secret}` },
      });
      const failing = use({ token: () => Promise.reject<string>(cause) });
      const error = await rejectsWith(failing.startOtp(start), 'integration_refused', [secret]);
      assert.deepEqual(error.cause, { name: 'Error', code: 'ERR_BAD_REQUEST', status: 401 });
    });
    it('a function that a client of this library fails in: integration_refused, with that error', async () => {
      const cause = new HeadlessError('invalid_client');
      const failing = use({ token: () => Promise.reject<string>(cause) });
      assert.equal((await rejects(failing.startOtp(start), 'integration_refused')).cause, cause);
    });
  });

  describe('that the network keeps away stays a matter of the network', () => {
    for (const [fault, code] of Object.entries({
      reset: 'connection_lost',
      truncate: 'connection_lost',
      status: 'server_error',
    } as const)) {
      it(`${fault}: ${code}`, async () => {
        emulator.faults([{ match: 'POST /services/oauth2/token', fault: fault as 'reset' }]);
        await rejects(use(bySecret).startOtp(start), code);
      });
    }
    it('no connection: unreachable', async () => {
      const nowhere = { ...bySecret, loginUrl: 'http://127.0.0.1:1' };
      await rejects(use(nowhere).startOtp(start), 'unreachable');
    });
    it('no connection, as another client of the app’s function found: unreachable', async () => {
      const token = () => Promise.reject<string>(new HeadlessError('unreachable'));
      await rejects(use({ token }).startOtp(start), 'unreachable');
    });
    it('and a later call asks again', async () => {
      const again = use(bySecret);
      emulator.faults([{ match: 'POST /services/oauth2/token', fault: 'reset', times: 1 }]);
      await rejects(again.startOtp(start), 'connection_lost');
      await again.startOtp(start);
    });
  });
});
