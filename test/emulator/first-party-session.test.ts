import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import { oauthError, password } from './browserless.js';
import { challenged, codeOf, FirstPartyApp } from './first-party-app.js';

const alice = 'alice@example.com';
const invalidSession = [400, 'invalid_session', 'invalid auth session'];

describe('emulator: first-party applications', () => {
  let emulator: Emulator;
  let app: FirstPartyApp;
  const newestCode = (): string => emulator.outbox()[0]?.code ?? '';

  before(async () => {
    emulator = await startEmulator();
  });
  beforeEach(() => {
    app = new FirstPartyApp(emulator).register();
  });
  afterEach(() => emulator.reset());
  after(() => emulator.close());

  describe('auth_session', () => {
    const wrong = { username: alice, password: 'no' };
    const attempt = async (session: string): Promise<string> =>
      challenged(
        await app.challenge({ auth_session: session, password: 'no' }),
        'invalid_credentials',
      );

    it('is another one in every challenge, and an earlier one is refused', async () => {
      const first = challenged(await app.first(wrong), 'invalid_credentials');
      const second = await attempt(first);
      assert.notEqual(second, first);
      const replayed = await app.challenge({ auth_session: first, password });
      assert.deepEqual(oauthError(replayed), invalidSession);
      codeOf(await app.challenge({ auth_session: second, password }));
    });

    it('stays the same when firstParty.rotateAuthSession is off', async () => {
      emulator.settings({ firstParty: { rotateAuthSession: false } });
      const first = challenged(await app.first(wrong), 'invalid_credentials');
      assert.equal(await attempt(first), first);
    });

    it('serves one success', async () => {
      for (const rotateAuthSession of [true, false]) {
        emulator.settings({ firstParty: { rotateAuthSession } });
        const session = challenged(await app.first(wrong), 'invalid_credentials');
        const right = { auth_session: session, password };
        const both = await Promise.all([app.challenge(right), app.challenge(right)]);
        assert.deepEqual(both.map(({ status }) => status).sort(), [200, 400]);
        assert.deepEqual(oauthError(await app.challenge(right)), invalidSession);
      }
    });

    it('ends after five wrong answers, passwords and codes together', async () => {
      let session = challenged(await app.first(wrong), 'invalid_credentials');
      for (let tries = 2; tries <= 3; tries += 1) session = await attempt(session);
      const start = { auth_session: session, username: alice, recaptcha: 'pass' };
      session = challenged(await app.challenge(start), 'login_initialized');
      for (let tries = 4; tries <= 5; tries += 1) {
        const reply = await app.challenge({ auth_session: session, otp: 'no' });
        session = challenged(reply, 'invalid_otp');
      }
      const sixth = await app.challenge({ auth_session: session, otp: newestCode() });
      assert.deepEqual(oauthError(sixth), invalidSession);
    });

    it('lives for firstParty.sessionTtl from the first call on', async () => {
      emulator.settings({ firstParty: { sessionTtl: 600 } });
      const first = challenged(await app.first(wrong), 'invalid_credentials');
      emulator.clock(400);
      const second = await attempt(first);
      emulator.clock(201);
      const late = await app.challenge({ auth_session: second, password });
      assert.deepEqual(oauthError(late), invalidSession);
    });

    it('is not lost by a call that is refused', async () => {
      const session = challenged(await app.first(wrong), 'invalid_credentials');
      const refused = await app.challenge({ auth_session: session, password, scope: 'nope' });
      assert.equal(refused.status, 400);
      codeOf(await app.challenge({ auth_session: session, password }));
    });

    it('belongs to one client', async () => {
      const session = challenged(await app.first(wrong), 'invalid_credentials');
      const other = new FirstPartyApp(emulator, '3MVG9.other').register();
      const foreign = await other.challenge({ auth_session: session, password });
      assert.deepEqual(oauthError(foreign), invalidSession);
      codeOf(await app.challenge({ auth_session: session, password }));
    });

    it('is unknown after a reset, with and without a client to go by', async () => {
      const session = challenged(await app.first(wrong), 'invalid_credentials');
      emulator.reset();
      app.register();
      for (const assertion of [null, app.assertion()]) {
        const reply = await app.challenge({ auth_session: session, password }, { assertion });
        assert.deepEqual(oauthError(reply), invalidSession);
      }
    });
  });
});
