import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import {
  browserFlow,
  FirstPartyStrategy,
  GuestStrategy,
  HeadlessError,
  headlessErrorCodes,
  headlessSession,
  OtpStrategy,
  passwordReset,
  PasswordStrategy,
  RegistrationStrategy,
  SsoStrategy,
} from '../lib/index.js';
import { firstPartyClient, registerFirstParty } from './support/first-party.js';
import { assertNothingSecret, notedErrors } from './support/secrets.js';
import { clientFor } from './support/shop.js';

/** Runs last, as its file name says: it looks at every error that the whole suite has seen. */
describe('no secret shows', () => {
  let emulator: Emulator;
  before(async () => {
    emulator = await startEmulator();
  });
  after(async () => {
    await emulator.close();
  });
  const alice = { username: 'alice@example.com', password: 'Passw0rd!' };

  it('in a client, a strategy or the middleware, at any depth, after logins', async () => {
    const client = clientFor(emulator, {
      clientId: '3MVG9.private',
      clientSecret: 'emulator-secret',
    });
    await client.login(alice);
    await client.guest();
    assertNothingSecret(client, 'the client');
    const verify = (): object => ({});
    assertNothingSecret(new PasswordStrategy({ client }, verify), 'PasswordStrategy');
    assertNothingSecret(new OtpStrategy({ client }, verify), 'OtpStrategy');
    assertNothingSecret(new FirstPartyStrategy({ client }, verify), 'FirstPartyStrategy');
    assertNothingSecret(new SsoStrategy({ client }, verify), 'SsoStrategy');
    assertNothingSecret(browserFlow({ client, flow: 'guest' }), 'browserFlow');
    assertNothingSecret(new RegistrationStrategy({ client }, verify), 'RegistrationStrategy');
    assertNothingSecret(passwordReset({ client }), 'passwordReset');
    assertNothingSecret(new GuestStrategy({ client }), 'GuestStrategy');
    assertNothingSecret(headlessSession({ client }), 'headlessSession');
    await client.close();
  });

  it('in what a login yields', async () => {
    const client = clientFor(emulator);
    assertNothingSecret(await client.login(alice), 'a named login');
    assertNothingSecret(await client.guest(), 'a guest login');
    await client.close();
  });

  it('in a first-party client, and in what its steps yield', async () => {
    registerFirstParty(emulator);
    const client = firstPartyClient(emulator);
    const wrong = { ...alice, password: 'not-it-1', flow: 'password' } as const;
    const outcome = await client.challenge(wrong);
    assert.ok(outcome.state === 'challenge');
    const { authSession = '', codeVerifier = '' } = JSON.parse(
      outcome.session.serialize(),
    ) as Record<string, string>;
    assertNothingSecret(outcome, 'a challenge', [authSession, codeVerifier]);
    const { password } = alice;
    assertNothingSecret(
      await client.challenge({ session: outcome.session, password }),
      'a first-party login',
      [codeVerifier],
    );
    assertNothingSecret(client, 'the client', ['PRIVATE KEY']);
    await client.close();
  });

  it('in any error of this suite', () => {
    const errors = notedErrors();
    for (const error of errors) {
      assertNothingSecret(error, `the error ${inspect(error, { depth: 0 })}`);
    }
  });

  it('in any code’s message or hint', () => {
    for (const code of headlessErrorCodes) assertNothingSecret(new HeadlessError(code), code);
  });

  it('and the check itself would see one', () => {
    const hidden = Object.defineProperty({}, 'deep', { value: { token: alice.password } });
    assert.throws(() => {
      assertNothingSecret(hidden, 'a hidden property');
    });
    assert.throws(() => {
      assertNothingSecret(
        new Error('x', { cause: { list: ['Basic YWxpY2U6UGFzcw=='] } }),
        'a cause',
      );
    });
  });
});
