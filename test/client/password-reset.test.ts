import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import type { HeadlessClient } from '../../lib/index.js';
import { Issuer } from '../support/issuer.js';
import { clientFor } from '../support/shop.js';
import { rejects } from './rejects.js';

const username = 'alice@example.com';
const newPassword = 'Red-Kite-43';

describe('client.startPasswordReset and client.finishPasswordReset', () => {
  let emulator: Emulator;
  let client: HeadlessClient;
  before(async () => {
    emulator = await startEmulator();
    client = clientFor(emulator);
  });
  after(async () => {
    await client.close();
    await emulator.close();
  });
  afterEach(() => {
    emulator.reset();
  });
  const start = (more: object = {}) =>
    client.startPasswordReset({ username, recaptcha: 'pass', ...more });
  const mailed = (): string => emulator.outbox()[0]?.code ?? '';

  it('set a new password', async () => {
    await start();
    await client.finishPasswordReset({ username, code: mailed(), newPassword });
    await client.login({ username, password: newPassword });
  });

  it('answer for a user who does not exist as for one who does', async () => {
    await start({ username: 'nobody@example.com' });
    const finish = { username: 'nobody@example.com', code: '123456', newPassword };
    await rejects(client.finishPasswordReset(finish), 'invalid_code');
  });

  it('tell a wrong code, a dead code and a bad password apart', async () => {
    emulator.settings({ forgotPassword: { maxAttempts: 2 } });
    await start();
    const code = mailed();
    const finish = (typed: string, password = newPassword) =>
      client.finishPasswordReset({ username, code: typed, newPassword: password });
    await rejects(finish('000'), 'invalid_code');
    const error = await rejects(finish(code, 'kurz'), 'password_policy', ['kurz', code]);
    assert.match(error.fields?.['newPassword'] ?? '', /at least 8/);
    await rejects(finish('000'), 'invalid_code');
    await rejects(finish(code), 'new_code_required');
  });

  it('use a code once', async () => {
    await start();
    const finish = { username, code: mailed(), newPassword };
    await client.finishPasswordReset(finish);
    await rejects(
      client.finishPasswordReset({ ...finish, newPassword: 'Blue-Kite-4' }),
      'new_code_required',
    );
  });

  it('say how the code shall travel only where it is no matter of course', async () => {
    const sent = () => JSON.parse(emulator.log().at(-1)?.body ?? '') as Record<string, unknown>;
    await start({ method: 'email' });
    assert.deepEqual(Object.keys(sent()), ['username', 'recaptcha']);
    await start({ method: 'sms' });
    assert.equal(sent()['verificationmethod'], 'sms');
    emulator.settings({ forgotPassword: { discovery: true } });
    await client.startPasswordReset({
      loginHint: username,
      recaptcha: 'pass',
      customdata: { a: 1 },
    });
    assert.deepEqual(sent(), {
      login_hint: username,
      customdata: { a: 1 },
      verificationmethod: 'email',
      recaptcha: 'pass',
    });
  });

  it('report set-up faults as such', async () => {
    await rejects(start({ recaptcha: undefined }), 'recaptcha_required');
    emulator.settings({ forgotPassword: { requireAuth: true } });
    await rejects(start(), 'integration_token_required');
    emulator.settings({ forgotPassword: { enabled: false } });
    await rejects(start(), 'flow_disabled');
  });

  it('send the integration user’s token with both calls', async () => {
    emulator.settings({ forgotPassword: { requireAuth: true, requireRecaptcha: false } });
    emulator.client('3MVG9.public', { scopes: ['api', 'forgot_password'] });
    const { access_token: token } = await emulator.tokens({
      client: '3MVG9.public',
      username: 'bob@example.com',
      scope: 'forgot_password',
    });
    const trusted = clientFor(emulator, { integration: { token: () => token } });
    await trusted.startPasswordReset({ username });
    await trusted.finishPasswordReset({ username, code: mailed(), newPassword });
    assert.deepEqual(
      emulator.log().map(({ headers }) => headers['authorization']),
      [`Bearer ${token}`, `Bearer ${token}`],
    );
    await trusted.close();
  });

  it('need a user, a code and a password', async () => {
    await rejects(client.startPasswordReset({}), 'missing_credentials');
    await rejects(start({ loginHint: 'x' }), 'invalid_argument');
    const finish = { username, code: '1', newPassword };
    await rejects(client.finishPasswordReset({ ...finish, code: '' }), 'missing_credentials');
    await rejects(
      client.finishPasswordReset({ ...finish, newPassword: '' }),
      'missing_credentials',
    );
    assert.deepEqual(emulator.log(), []);
  });

  describe('believe no success that is none', () => {
    const path = '/portal/services/auth/headless/forgot_password';
    const answered = (title: string, body: object, start: boolean, finish: boolean): void => {
      it(title, async () => {
        const issuer = await Issuer.start();
        const other = clientFor(emulator, { site: `${issuer.origin}/portal` });
        issuer.json(path, 200, body);
        const outcome = (run: Promise<void>): Promise<boolean> =>
          run.then(
            () => true,
            () => false,
          );
        const finishing = { username, code: '1', newPassword };
        assert.equal(await outcome(other.startPasswordReset({ username })), start);
        assert.equal(await outcome(other.finishPasswordReset(finishing)), finish);
        await other.close();
        await issuer.close();
      });
    };
    answered('nothing', {}, false, false);
    answered('the guide’s answer to a start', { status_code: 'otp_sent' }, true, false);
    answered('the guide’s answer to a finish', { status_code: 'success' }, false, true);
    answered('what the samples look at', { status: 'success' }, true, true);
    answered('a failure', { status_code: 'success', status: 'failed' }, false, false);
    answered('a sent code', { status_code: 'otp_sent', status: 'success' }, true, false);
  });
});
