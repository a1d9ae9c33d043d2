import assert from 'node:assert/strict';
import { startEmulator, type ClientInput, type Emulator } from 'sf-headless-emulator';
import {
  members,
  oauthError,
  part,
  password,
  privateClient,
  Site,
  textOf,
  uuid,
} from './browserless.js';

const dead = [400, 'invalid_grant', 'expired access/refresh token'];

describe('emulator: refresh', () => {
  let emulator: Emulator;
  let site: Site;

  before(async () => {
    emulator = await startEmulator();
    site = new Site(emulator);
  });
  afterEach(() => emulator.reset());
  after(() => emulator.close());

  const app = (record: ClientInput): { client_id: string } => {
    emulator.client('app', { redirectUris: [site.echo], isNamedUserJwtEnabled: true, ...record });
    return { client_id: 'app' };
  };

  it('answers a new access token and no refresh token; the old one goes on', async () => {
    const first = await site.login();
    const refreshToken = textOf(first, 'refresh_token');
    for (let time = 0; time < 2; time += 1) {
      const reply = await site.refresh(refreshToken);
      assert.equal(reply.status, 200, reply.text);
      assert.equal(members(reply)['refresh_token'], undefined);
      assert.notEqual(textOf(reply, 'access_token'), textOf(first, 'access_token'));
      assert.equal(textOf(reply, 'id'), textOf(first, 'id'));
      assert.match(textOf(reply, 'id_token'), /^eyJ/);
      assert.equal((await site.userinfo(textOf(reply, 'access_token'))).status, 200);
    }
    assert.equal((await site.userinfo(textOf(first, 'access_token'))).status, 200);
  });

  it('is taken from hybrid_refresh alike', async () => {
    const refreshToken = textOf(await site.login(), 'refresh_token');
    const reply = await site.refresh(refreshToken, { grant_type: 'hybrid_refresh' });
    assert.equal(reply.status, 200);
  });

  it('refuses unknown tokens, access tokens and tokens of another client', async () => {
    const login = await site.login();
    app({});
    for (const reply of [
      await site.refresh('5Aep861No'),
      await site.refresh(textOf(login, 'access_token')),
      await site.refresh(textOf(login, 'refresh_token'), { client_id: 'app' }),
    ]) {
      assert.deepEqual(oauthError(reply), dead);
    }
  });

  it('needs the secret where isSecretRequiredForRefreshToken is on, and checks an optional one', async () => {
    const login = await site.login(
      { client_id: privateClient },
      {},
      {
        client_secret: 'emulator-secret',
      },
    );
    const refreshToken = textOf(login, 'refresh_token');
    const client = { client_id: privateClient };
    const invalid = [400, 'invalid_client', 'invalid client credentials'];
    assert.deepEqual(oauthError(await site.refresh(refreshToken, client)), invalid);
    const right = { ...client, client_secret: 'emulator-secret' };
    assert.equal((await site.refresh(refreshToken, right)).status, 200);

    const optional = app({ secret: 's' });
    const other = textOf(await site.login(optional), 'refresh_token');
    assert.equal((await site.refresh(other, optional)).status, 200);
    const wrong = await site.refresh(other, { ...optional, client_secret: 'no' });
    assert.deepEqual(oauthError(wrong), invalid);
  });

  describe('with rotation', () => {
    it('answers a new refresh token', async () => {
      const client = app({ isRefreshTokenRotationEnabled: true });
      const first = textOf(await site.login(client), 'refresh_token');
      const second = textOf(await site.refresh(first, client), 'refresh_token');
      assert.notEqual(first, second);
      assert.equal((await site.refresh(second, client)).status, 200);
    });

    it('revokes the current refresh token and its access tokens when a spent one comes again', async () => {
      const client = app({ isRefreshTokenRotationEnabled: true });
      const login = await site.login(client);
      const first = textOf(login, 'refresh_token');
      const renewed = await site.refresh(first, client);
      assert.deepEqual(oauthError(await site.refresh(first, client)), dead);
      const current = textOf(renewed, 'refresh_token');
      assert.deepEqual(oauthError(await site.refresh(current, client)), dead);
      for (const reply of [login, renewed]) {
        assert.equal((await site.userinfo(textOf(reply, 'access_token'))).status, 403);
      }
    });

    it('lets only one of two parallel refreshes through, and revokes what that one was given', async () => {
      const client = app({ isRefreshTokenRotationEnabled: true });
      const first = textOf(await site.login(client), 'refresh_token');
      const both = await Promise.all([site.refresh(first, client), site.refresh(first, client)]);
      assert.deepEqual(both.map((reply) => reply.status).sort(), [200, 400]);
      const winner = both.find((reply) => reply.status === 200);
      assert.ok(winner);
      assert.equal((await site.userinfo(textOf(winner, 'access_token'))).status, 403);
      assert.deepEqual(
        oauthError(await site.refresh(textOf(winner, 'refresh_token'), client)),
        dead,
      );
    });
  });

  describe('refreshTokenPolicyType', () => {
    it('infinite: years later', async () => {
      const client = app({});
      const refreshToken = textOf(await site.login(client), 'refresh_token');
      emulator.clock(10 * 365 * 86_400);
      assert.equal((await site.refresh(refreshToken, client)).status, 200);
    });

    it('specific_lifetime: from the login on', async () => {
      const client = app({ refreshTokenPolicyType: 'specific_lifetime:2:HOURS' });
      const refreshToken = textOf(await site.login(client), 'refresh_token');
      emulator.clock(7100);
      assert.equal((await site.refresh(refreshToken, client)).status, 200);
      emulator.clock(101);
      assert.deepEqual(oauthError(await site.refresh(refreshToken, client)), dead);
    });

    it('specific_inactivity: from the last use on', async () => {
      const client = app({ refreshTokenPolicyType: 'specific_inactivity:1:DAYS' });
      const refreshToken = textOf(await site.login(client), 'refresh_token');
      for (let day = 0; day < 3; day += 1) {
        emulator.clock(86_000);
        assert.equal((await site.refresh(refreshToken, client)).status, 200);
      }
      emulator.clock(86_401);
      assert.deepEqual(oauthError(await site.refresh(refreshToken, client)), dead);
    });
  });

  it('keeps five approvals per user and client; the sixth login revokes the oldest with its access tokens', async () => {
    const logins = [];
    for (let time = 0; time < 6; time += 1) logins.push(await site.login());
    const other = await site.code(site.named({ username: 'bob@example.com', password }));
    assert.equal((await site.token({ code: other })).status, 200);
    const [oldest, second] = logins;
    assert.ok(oldest && second);
    assert.deepEqual(oauthError(await site.refresh(textOf(oldest, 'refresh_token'))), dead);
    assert.equal((await site.userinfo(textOf(oldest, 'access_token'))).status, 403);
    assert.equal((await site.refresh(textOf(second, 'refresh_token'))).status, 200);
  });

  it('counts as the oldest who logged in first, however lately refreshed', async () => {
    const client = app({ isRefreshTokenRotationEnabled: true });
    const logins = [];
    for (let time = 0; time < 5; time += 1) logins.push(await site.login(client));
    const [oldest, second] = logins.map((login) => textOf(login, 'refresh_token'));
    const renewed = textOf(await site.refresh(oldest ?? '', client), 'refresh_token');
    await site.login(client);
    assert.deepEqual(oauthError(await site.refresh(renewed, client)), dead);
    assert.equal((await site.refresh(second ?? '', client)).status, 200);
  });

  it('does not count approvals that have ended by their policy', async () => {
    const client = app({ refreshTokenPolicyType: 'specific_inactivity:1:HOURS' });
    const kept = textOf(await site.login(client), 'refresh_token');
    for (let time = 0; time < 4; time += 1) await site.login(client);
    emulator.clock(3000);
    await site.refresh(kept, client);
    emulator.clock(1000);
    await site.login(client);
    assert.equal((await site.refresh(kept, client)).status, 200);
  });

  it('leaves no access token alive that was on its way when its approval ended', async () => {
    const client = app({});
    const logins = await Promise.all(Array.from({ length: 12 }, () => site.login(client)));
    const alive = await Promise.all(
      logins.map(async (login) => (await site.userinfo(textOf(login, 'access_token'))).status),
    );
    assert.equal(alive.filter((status) => status === 200).length, 5);
  });

  it('refuses a user who is inactive by now, with inactive_user under quirks.inactiveUserError', async () => {
    const refreshToken = textOf(await site.login(), 'refresh_token');
    emulator.user('alice@example.com', { password, isActive: false });
    assert.equal(oauthError(await site.refresh(refreshToken))[1], 'invalid_grant');
    emulator.settings({ quirks: { inactiveUserError: true } });
    assert.equal(oauthError(await site.refresh(refreshToken))[1], 'inactive_user');
  });

  describe('and the visitor id', () => {
    const refreshed = async (): Promise<Record<string, unknown>> => {
      const login = await site.login({}, { 'uvid-hint': uuid() });
      const reply = await site.refresh(textOf(login, 'refresh_token'));
      return part(textOf(reply, 'access_token'), 1);
    };

    it('is still in the JWT', async () => {
      assert.equal(typeof (await refreshed())['uvid'], 'string');
    });

    it('is gone when quirks.uvidSurvivesRefresh is off', async () => {
      emulator.settings({ quirks: { uvidSurvivesRefresh: false } });
      assert.equal((await refreshed())['uvid'], undefined);
    });
  });
});
