import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import {
  basic,
  location,
  oauthError,
  password,
  publicClient,
  Site,
  textOf,
} from './browserless.js';

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
      const inBoth = await site.authorize(
        { login_hint: '+12025550101' },
        { ...headers, ...basicHint },
      );
      assert.deepEqual(oauthError(inBoth), [400, 'invalid_grant', 'authentication failure']);
    });

    it('does not read login_hint and password of a GET', async () => {
      emulator.settings({ login: { discovery: true } });
      const query = new URLSearchParams({
        ...form,
        response_type: 'code_credentials',
        client_id: publicClient,
        redirect_uri: site.echo,
      });
      const reply = await site.get(`/services/oauth2/authorize?${query.toString()}`, headers);
      assert.deepEqual(oauthError(reply), [400, 'invalid_grant', 'authentication failure']);
    });

    it('takes the plain username when there is one', async () => {
      emulator.settings({ login: { discovery: true } });
      const both = { ...form, username: 'bob@example.com' };
      const reply = await site.token({ code: await site.code(site.authorize(both, headers)) });
      const bob = emulator.state().users['bob@example.com']?.userId;
      assert.ok(textOf(reply, 'id').endsWith(`/${bob ?? 'nobody'}`));
    });

    it('is on for password login only where login.discovery is', async () => {
      emulator.settings({ forgotPassword: { discovery: true } });
      assert.equal((await site.authorize(form, headers)).status, 400);
    });

    it('refuses users who may not log in as it refuses wrong passwords', async () => {
      emulator.settings({ login: { discovery: true } });
      emulator.user('locked@example.com', { password, mobilePhone: '+1', isLocked: true });
      const reply = await site.authorize({ ...form, login_hint: '+1' }, headers);
      assert.deepEqual(oauthError(reply), [400, 'invalid_grant', 'authentication failure']);
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

  it('is told where and by whom it is asked', async () => {
    const asked: unknown[] = [];
    const emulator = await startEmulator({
      settings: { login: { discovery: true } },
      discover: ({ networkId, requestAttributes }) => {
        asked.push(networkId, requestAttributes);
        return {};
      },
    });
    const headers = { 'user-agent': 'Shop/1' };
    const reply = await new Site(emulator).authorize({ login_hint: 'card 7', password }, headers);
    await emulator.close();
    assert.deepEqual(oauthError(reply), [400, 'invalid_grant', 'authentication failure']);
    assert.deepEqual(asked, [
      '0DBxx0000004C9IGAU',
      {
        CommunityUrl: emulator.url,
        IpAddress: '127.0.0.1',
        UserAgent: 'Shop/1',
        Platform: '',
        Application: '',
        City: '',
        Country: '',
        Subdivision: '',
      },
    ]);
  });

  it('fails with its message when it returns several users or an unknown one', async () => {
    let ids: string[] = [];
    const emulator = await startEmulator({
      settings: { login: { discovery: true } },
      discover: () => ({ userIds: ids, customErrorMessage: 'Several have this card' }),
    });
    const everybody = Object.values(emulator.state().users).map((user) => user.userId);
    const answers: unknown[] = [];
    for (ids of [everybody, ['005xx000001NoOne'], []]) {
      const form = { login_hint: 'card 7', password };
      answers.push(oauthError(await new Site(emulator).authorize(form)));
    }
    await emulator.close();
    const refusal = [400, 'invalid_grant', 'Several have this card'];
    assert.deepEqual(answers, [refusal, refusal, refusal]);
  });
});
