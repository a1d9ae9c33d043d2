import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import { basic, location, oauthError, password, publicClient, Site } from './browserless.js';

describe('emulator: authorize, password login', () => {
  let emulator: Emulator;
  let site: Site;

  before(async () => {
    emulator = await startEmulator();
    site = new Site(emulator);
  });
  afterEach(() => emulator.reset());
  after(() => emulator.close());

  describe('user discovery', () => {
    const form = { login_hint: '+12025550101', password };
    const headers = { 'auth-request-type': 'Named-User' };

    it('is off by default', async () => {
      assert.equal((await site.authorize(form, headers)).status, 400);
    });

    it('finds by phone, e-mail or username without regard to case', async () => {
      emulator.settings({ login: { discovery: true } });
      emulator.user('u1@example.com', { password, email: 'Mail@example.com' });
      for (const hint of ['+12025550101', 'mail@EXAMPLE.com', 'U1@example.com']) {
        location(await site.authorize({ ...form, login_hint: hint }, headers));
      }
    });

    it('fails for none and for several', async () => {
      emulator.settings({ login: { discovery: true } });
      emulator.user('twin@example.com', { password, email: 'alice@example.com' });
      for (const hint of ['alice@example.com', 'nobody']) {
        const reply = await site.authorize({ ...form, login_hint: hint }, headers);
        assert.deepEqual(oauthError(reply), [400, 'invalid_grant', 'authentication failure']);
      }
    });

    it('still checks the password', async () => {
      emulator.settings({ login: { discovery: true } });
      assert.equal((await site.authorize({ ...form, password: 'no' }, headers)).status, 400);
    });

    it('does not read login_hint from the query or with the password in a Basic header', async () => {
      emulator.settings({ login: { discovery: true } });
      const query = new URLSearchParams(form).toString();
      const inQuery = await site.post(
        `/services/oauth2/authorize?${query}`,
        { response_type: 'code_credentials', client_id: publicClient, redirect_uri: site.echo },
        headers,
      );
      assert.equal(inQuery.status, 400);
      const basicHint = basic('+12025550101', password);
      assert.equal((await site.authorize({}, { ...headers, ...basicHint })).status, 400);
    });
  });
});

describe('emulator: a discovery handler of its own', () => {
  it('is asked with the hint and its message becomes the description', async () => {
    const asked: unknown[] = [];
    const emulator = await startEmulator({
      settings: { login: { discovery: true } },
      discover: (input) => {
        asked.push([input.loginHint, input.customDataJson, input.verificationAction]);
        return { customErrorMessage: 'No user identified' };
      },
    });
    const reply = await new Site(emulator).authorize({
      login_hint: 'card 7',
      password,
      customdata: '{"shop":1}',
    });
    await emulator.close();
    assert.deepEqual(oauthError(reply), [400, 'invalid_grant', 'No user identified']);
    assert.deepEqual(asked, [['card 7', '{"shop":1}', null]]);
  });

  it('logs in the one user it returns, and fails when it throws', async () => {
    let ids = (): string[] => [];
    const emulator = await startEmulator({
      settings: { login: { discovery: true } },
      discover: () => ({ userIds: new Set(ids()) }),
    });
    const site = new Site(emulator);
    const form = { login_hint: 'card 7', password };
    const alice = emulator.state().users['alice@example.com']?.userId ?? '';
    ids = () => [alice];
    const one = await site.authorize(form);
    ids = () => {
      throw new Error('handler failed');
    };
    const thrown = await site.authorize(form);
    await emulator.close();
    location(one);
    assert.equal(thrown.status, 400);
  });
});
