import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import { header, members, oauthError, part, password, textOf, uuid } from './browserless.js';
import { challenged, codeOf, FirstPartyApp } from './first-party-app.js';

const alice = 'alice@example.com';

describe('emulator: first-party applications', () => {
  let emulator: Emulator;
  let app: FirstPartyApp;
  const newestCode = (): string => emulator.outbox()[0]?.code ?? '';
  const userOf = async (code: string): Promise<unknown> => {
    const token = textOf(await app.redeem(code), 'access_token');
    return members(await app.site.userinfo(token))['preferred_username'];
  };

  before(async () => {
    emulator = await startEmulator();
  });
  beforeEach(() => {
    app = new FirstPartyApp(emulator).register();
  });
  afterEach(() => emulator.reset());
  after(() => emulator.close());

  describe('password login', () => {
    it('answers an authorization code in one call, by form or JSON, at three paths', async () => {
      for (const json of [false, true]) {
        for (const path of [
          'v1/authorization_challenge',
          'authorization_challenge',
          'authorize-challenge',
        ]) {
          const manner = { json, path: `/services/oauth2/${path}` };
          const reply = await app.first(
            { username: alice, password, response_type: 'code' },
            manner,
          );
          assert.match(header(reply, 'cache-control'), /no-store/);
          assert.equal(await userOf(codeOf(reply)), alice);
        }
      }
    });

    it('knows the client from the attestation alone', async () => {
      codeOf(await app.first({ username: alice, password, client_id: undefined }));
    });

    it('takes null and empty members for absent', async () => {
      const absent = { auth_session: null, otp: '', userdata: null, scope: '' };
      codeOf(await app.first({ username: alice, password, ...absent }, { json: true }));
      codeOf(await app.first({ username: alice, password, otp: '', auth_session: '' }));
    });

    it('lets users with an expired password in, unless quirks.enforceExpiredPasswords is on', async () => {
      emulator.user('old@example.com', { password, passwordExpired: true });
      const login = { username: 'old@example.com', password };
      codeOf(await app.first(login));
      emulator.settings({ quirks: { enforceExpiredPasswords: true } });
      challenged(await app.first(login), 'invalid_credentials');
    });

    it('challenges a wrong password and takes the right one alone, with the session', async () => {
      const wrong = await app.first({ username: alice, password: 'no' });
      assert.deepEqual(Object.keys(members(wrong)), ['error', 'error_code', 'auth_session']);
      const session = challenged(wrong, 'invalid_credentials');
      const retry = { password, auth_session: session };
      assert.equal(await userOf(codeOf(await app.challenge(retry, { assertion: null }))), alice);
    });

    it('answers alike to unknown, locked, inactive and multi-factor users', async () => {
      emulator.user('locked@example.com', { password, isLocked: true });
      emulator.user('inactive@example.com', { password, isActive: false });
      emulator.user('mfa@example.com', { password, isMfaRequired: true });
      for (const name of ['nobody', 'locked', 'inactive', 'mfa']) {
        const reply = await app.first({ username: `${name}@example.com`, password });
        assert.deepEqual(Object.keys(members(reply)), ['error', 'error_code', 'auth_session']);
        challenged(reply, 'invalid_credentials');
      }
    });

    it('finds the user by login_hint when user discovery is on', async () => {
      const hinted = { login_hint: '+12025550101', password };
      challenged(await app.first(hinted), 'credentials_required');
      emulator.settings({ login: { discovery: true } });
      assert.equal(await userOf(codeOf(await app.first(hinted))), alice);
      challenged(await app.first({ login_hint: 'nobody', password }), 'invalid_credentials');
    });

    it('asks for credentials when there is nothing to go by', async () => {
      const session = challenged(await app.first({}), 'credentials_required');
      const next = { username: alice, password, auth_session: session };
      codeOf(await app.challenge(next));
      challenged(await app.first({ password }), 'credentials_required');
      challenged(await app.first({ otp: '123456' }), 'credentials_required');
    });
  });

  describe('passwordless login', () => {
    it('sends a code by e-mail or sms and takes it with the session, by form or JSON', async () => {
      for (const json of [false, true]) {
        for (const verificationmethod of ['email', 'sms']) {
          const start = { username: alice, verificationmethod, recaptcha: 'pass' };
          const reply = await app.first(start, { json });
          const status = { state: 'otp_sent', type: verificationmethod.toUpperCase() };
          assert.deepEqual(members(reply)['login_status'], status);
          const session = challenged(reply, 'login_initialized');
          const [message] = emulator.outbox();
          assert.deepEqual(
            [message?.channel, message?.purpose],
            [verificationmethod, 'passwordless'],
          );
          assert.equal(message?.identifier, undefined);
          const finish = { auth_session: session, otp: newestCode() };
          assert.equal(await userOf(codeOf(await app.challenge(finish, { json }))), alice);
        }
      }
    });

    it('challenges a wrong code and goes on with the next session', async () => {
      const start = await app.first({ username: alice, recaptcha: 'pass' });
      const wrong = { auth_session: challenged(start, 'login_initialized'), otp: 'no' };
      const session = challenged(await app.challenge(wrong), 'invalid_otp');
      codeOf(await app.challenge({ auth_session: session, otp: newestCode() }));
    });

    it('takes no expired code and no code where none was sent', async () => {
      const start = { username: alice, verificationmethod: 'sms', recaptcha: 'pass' };
      emulator.settings({ otp: { ttl: { sms: 60 } } });
      const session = challenged(await app.first(start), 'login_initialized');
      emulator.clock(61);
      const late = { auth_session: session, otp: newestCode() };
      challenged(await app.challenge(late), 'invalid_otp');
      const other = challenged(await app.first({}), 'credentials_required');
      challenged(await app.challenge({ auth_session: other, otp: newestCode() }), 'invalid_otp');
    });

    it('sends again when the start is repeated within the session', async () => {
      const start = { username: alice, recaptcha: 'pass' };
      const session = challenged(await app.first(start), 'login_initialized');
      const again = await app.challenge({ ...start, auth_session: session });
      assert.equal(emulator.outbox().length, 2);
      const finish = { auth_session: challenged(again, 'login_initialized'), otp: newestCode() };
      codeOf(await app.challenge(finish));
    });

    it('answers alike to a user who cannot be sent a code, and sends nothing', async () => {
      emulator.user('unverified@example.com', { emailVerified: false });
      emulator.settings({ login: { discovery: true } });
      for (const who of [
        { username: 'nobody@example.com' },
        { username: 'unverified@example.com' },
        { login_hint: 'nobody' },
      ]) {
        const reply = await app.first({ ...who, recaptcha: 'pass' });
        const names = ['error', 'error_code', 'auth_session', 'login_status'];
        assert.deepEqual(Object.keys(members(reply)), names);
        const session = challenged(reply, 'login_initialized');
        challenged(await app.challenge({ auth_session: session, otp: '123456' }), 'invalid_otp');
      }
      assert.deepEqual(emulator.outbox(), []);
    });

    it('allows a password instead of the code', async () => {
      const start = await app.first({ username: alice, recaptcha: 'pass' });
      const session = challenged(start, 'login_initialized');
      codeOf(await app.challenge({ auth_session: session, password }));
    });
  });

  it('speaks the words of the draft when firstParty.vocabulary is draft', async () => {
    emulator.settings({ firstParty: { vocabulary: 'draft' } });
    const reply = await app.first({ username: alice, recaptcha: 'pass' });
    const { error, error_code: errorCode, login_status: status } = members(reply);
    assert.deepEqual([reply.status, error], [400, 'insufficient_authorization']);
    assert.deepEqual(
      [errorCode, status],
      ['login_initialized', { state: 'otp_sent', type: 'EMAIL' }],
    );
  });

  it('carries the guest of Uvid-Hint into the token, from any call', async () => {
    const uvid = uuid();
    const headers = { 'uvid-hint': await app.site.guestToken(uvid) };
    const atOnce = await app.first({ username: alice, password }, { headers });
    const wrong = await app.first({ username: alice, password: 'no' }, { headers });
    const session = challenged(wrong, 'invalid_credentials');
    const later = await app.challenge({ auth_session: session, password });
    for (const reply of [atOnce, later]) {
      const token = textOf(await app.redeem(codeOf(reply)), 'access_token');
      assert.equal(part(token, 1)['uvid'], uvid);
    }
    const nonsense = await app.first(
      { username: alice, password },
      { headers: { 'uvid-hint': 'x' } },
    );
    assert.deepEqual(oauthError(nonsense), [400, 'invalid_request', 'uvid invalid']);
  });
});
