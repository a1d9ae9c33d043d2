import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import { HeadlessError, type HeadlessClient } from '../../lib/index.js';
import { Issuer } from '../support/issuer.js';
import { noteError } from '../support/secrets.js';
import { clientFor } from '../support/shop.js';

const username = 'alice@example.com';
const userdata = { lastName: 'Ruiz', email: 'ana@example.com', username: 'ana@example.com' };
const password = 'Blue-Kite-42';
const endpoints = '/portal/services/auth/headless';

describe('what the headless endpoints answer', () => {
  let emulator: Emulator;
  let issuer: Issuer;
  let client: HeadlessClient;
  before(async () => {
    emulator = await startEmulator();
    issuer = await Issuer.start();
    client = clientFor(emulator, { site: `${issuer.origin}/portal` });
  });
  after(async () => {
    await client.close();
    await issuer.close();
    await emulator.close();
  });

  interface Call {
    readonly path: string;
    readonly success: object;
    readonly run: () => Promise<unknown>;
  }
  const calls: Readonly<Record<string, Call>> = {
    startOtp: {
      path: `${endpoints}/init/passwordless/login`,
      success: { identifier: 'MFF0', status: 'success' },
      run: () => client.startOtp({ username }),
    },
    startRegistration: {
      path: `${endpoints}/init/registration`,
      success: { identifier: 'dg3o', status: 'success', email: 'ana@example.com' },
      run: () => client.startRegistration({ userdata, password }),
    },
    startPasswordReset: {
      path: `${endpoints}/forgot_password`,
      success: { status_code: 'otp_sent', status: 'success' },
      run: () => client.startPasswordReset({ username }),
    },
    finishPasswordReset: {
      path: `${endpoints}/forgot_password`,
      success: { status_code: 'success', status: 'success' },
      run: () => client.finishPasswordReset({ username, code: '123456', newPassword: password }),
    },
  };

  for (const [name, { path, success, run }] of Object.entries(calls)) {
    const codeOf = async (status: number, body: unknown): Promise<string | undefined> => {
      issuer.json(path, status, body);
      try {
        await run();
        return undefined;
      } catch (error) {
        noteError(error);
        assert.ok(error instanceof HeadlessError, String(error));
        return error.code;
      }
    };
    describe(`to ${name}`, () => {
      it('is a success with any status from 200 to 299', async () => {
        for (const status of [200, 201, 202, 299])
          assert.equal(await codeOf(status, success), undefined);
      });
      it('is none with another status, in a list, or with a status word that is not `success`', async () => {
        assert.equal(await codeOf(400, success), 'unexpected_answer');
        assert.equal(await codeOf(200, [success]), 'unexpected_answer');
        for (const word of [false, true, 0, '', 'failed', ['success']]) {
          assert.equal(await codeOf(200, { ...success, status: word }), 'unexpected_answer');
        }
      });
      for (const [title, body] of Object.entries({
        'of words that are not known': { error: 'something_new' },
        'of the access token': { invalid_request: 'access token required' },
        'without a word': {},
        'in the words of RFC 6750': { error: 'invalid_token' },
      })) {
        it(`is a matter of the integration user’s token: a 401 ${title}`, async () => {
          assert.equal(await codeOf(401, body), 'integration_token_required');
        });
      }
      it('has the meaning that it tells, also with a 401', async () => {
        const captcha = { invalid_request: 'recaptcha validation failed' };
        assert.equal(await codeOf(401, captcha), 'recaptcha_required');
        assert.equal(await codeOf(401, { error: 'invalid_client_id' }), 'invalid_client_id');
        assert.equal(await codeOf(400, { error: 'something_new' }), 'unexpected_answer');
      });
    });
  }

  it('about a password names the field, even where it names the user as well', async () => {
    const said = 'Your password cannot equal or contain your user name.';
    issuer.json(`${endpoints}/init/registration`, 400, { invalid_request: said });
    await assert.rejects(client.startRegistration({ userdata, password }), (error: unknown) => {
      assert.ok(error instanceof HeadlessError);
      assert.deepEqual([error.code, error.fields], ['password_policy', { password: said }]);
      return true;
    });
    await assert.rejects(client.startRegistration({ userdata }), {
      code: 'registration_refused',
    });
  });
});
