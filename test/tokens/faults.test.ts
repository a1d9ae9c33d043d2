import assert from 'node:assert/strict';
import { startEmulator, type Emulator, type FaultRule } from 'sf-headless-emulator';
import { Agent, buildConnector } from 'undici';
import type { Shop } from '../support/shop.js';
import {
  askToken,
  assertNoneTwice,
  createTokenShop,
  isAlive,
  loggedIn,
  pass,
  refreshesSeen,
  rotate,
  sessionCookie,
  shortLived,
  tokenOf,
} from './token-shop.js';

const refresh = 'POST /services/oauth2/token';

/** What a lost answer leads to. Each has an emulator of its own, so that all can wait at the same time. */
async function loseAnswer(emulator: Emulator, rule: Omit<FaultRule, 'match'>): Promise<void> {
  rotate(emulator);
  const shop = createTokenShop({
    emulator,
    client: { timeout: 2_000 },
    headless: { tokens: shortLived(8) },
  });
  try {
    const cookie = await sessionCookie(shop);
    const { token: old } = await askToken(shop, cookie);
    await pass(4_200);
    emulator.faults([{ match: refresh, times: 1, ...rule }]);
    const during = await askToken(shop, cookie);
    assert.equal(during.token, old, 'the old access token serves as long as it lasts');
    assert.equal((await askToken(shop, cookie)).token, old);
    await pass(4_000);
    for (let time = 0; time < 2; time += 1) {
      const { status, code } = await askToken(shop, cookie);
      assert.deepEqual([status, code], [401, 'refresh_lost']);
    }
    assert.equal(refreshesSeen(emulator).length, 1);
    const again = await loggedIn(shop);
    assert.equal(await isAlive(emulator, await tokenOf(again)), true);
  } finally {
    await shop.close();
  }
}

describe('a refresh whose answer is lost never has its refresh token sent again', () => {
  const cases: [string, Omit<FaultRule, 'match'>][] = [];
  const lost = (title: string, rule: Omit<FaultRule, 'match'>): void => {
    const place = cases.push([title, rule]) - 1;
    it(title, () => outcomes[place]);
  };
  const emulators: Emulator[] = [];
  let outcomes: Promise<void>[] = [];
  before(async function () {
    this.timeout(60_000);
    while (emulators.length < cases.length) emulators.push(await startEmulator());
    outcomes = emulators.map((emulator, place) => loseAnswer(emulator, cases[place]?.[1] ?? {}));
    await Promise.allSettled(outcomes);
  });
  after(() => Promise.all(emulators.map((emulator) => emulator.close())));

  for (const after of [false, true]) {
    const when = after ? 'after Salesforce has acted' : 'before Salesforce has acted';
    lost(`connection reset ${when}`, { fault: 'reset', after });
    lost(`no answer, ${when}`, { fault: 'hang', after });
    lost(`an error of the server, ${when}`, { fault: 'status', after });
    lost(`half an answer, ${when}`, { fault: 'truncate', after });
    lost(`an HTML page, ${when}`, { fault: 'html', after });
    lost(`an empty answer, ${when}`, { fault: 'empty', after });
    lost(`an answer that drips, ${when}`, { fault: 'slow', after });
    lost(`an answer without end, ${when}`, { fault: 'big', after });
    lost(`a redirect, ${when}`, { fault: 'redirect', after });
  }
  lost('a refusal that nobody knows', { fault: 'status', status: 400, body: { error: 'odd' } });
  lost('tokens of somebody else', {
    fault: 'status',
    after: true,
    status: 200,
    body: {
      access_token: '00Dxx0000001gPL!AQEAQExampleExampleExample',
      refresh_token: '5Aep861Example',
      token_type: 'Bearer',
      id: 'https://acme.my.site.com/id/00Dxx0000001gPLEAY/005xx0000099999AAA',
    },
  });
  lost('an access token that cannot be verified', {
    fault: 'status',
    after: true,
    status: 200,
    body: {
      access_token: 'eyJhbGciOiJSUzI1NiIsImtpZCI6Im5vIn0.eyJzdWIiOiJ1aWQ6MDA1In0.c2ln',
      token_type: 'Bearer',
    },
  });
});

describe('a refresh that goes wrong', () => {
  let emulator: Emulator;
  let shop: Shop;
  before(async () => {
    emulator = await startEmulator();
  });
  after(() => emulator.close());
  beforeEach(() => {
    rotate(emulator);
  });
  afterEach(async () => {
    await shop.close();
    emulator.reset();
  });
  const open = (seconds: number, timeout = 2_000): void => {
    shop = createTokenShop({
      emulator,
      client: { timeout },
      headless: { tokens: shortLived(seconds) },
    });
  };

  it('keeps the refresh token it got when the keys to verify the rest cannot be had', async () => {
    rotate(emulator, { isNamedUserJwtEnabled: true, namedUserJwtTimeout: 0.05 });
    open(1);
    const cookie = await sessionCookie(shop);
    const { token: old } = await askToken(shop, cookie);
    await pass(2_100);
    await emulator.rotateKeys();
    emulator.faults([
      { match: 'GET /id/keys', fault: 'status', status: 429 },
      { match: 'GET /services/oauth2/id/keys', fault: 'status', status: 429 },
    ]);
    const { token, code } = await askToken(shop, cookie);
    assert.ok(token === old || code === 'unexpected_answer', `${String(token)} ${String(code)}`);
    emulator.faults([]);
    const { token: fresh = '' } = await askToken(shop, cookie);
    assert.notEqual(fresh, old);
    assert.equal(await isAlive(emulator, fresh), true);
    assert.equal(refreshesSeen(emulator).length, 2);
    assertNoneTwice(emulator);
  }).timeout(8_000);

  it('is not tried again for a while when there were too many', async () => {
    open(0.3);
    const cookie = await sessionCookie(shop);
    await pass(350);
    emulator.faults([{ match: refresh, times: 1, fault: 'status', status: 429 }]);
    for (let time = 0; time < 3; time += 1) {
      const { status, code } = await askToken(shop, cookie);
      assert.deepEqual([status, code], [429, 'rate_limited']);
    }
    assert.equal(refreshesSeen(emulator).length, 1);
    await pass(5_000);
    const { token = '' } = await askToken(shop, cookie);
    assert.equal(await isAlive(emulator, token), true);
  }).timeout(10_000);

  const kept = (title: string, rule: Omit<FaultRule, 'match'>): void => {
    it(`keeps the login when Salesforce certainly has not used the token: ${title}`, async () => {
      open(0.3);
      const cookie = await sessionCookie(shop);
      await pass(350);
      emulator.faults([{ match: refresh, times: 2, fault: 'status', ...rule }]);
      for (let time = 0; time < 2; time += 1) {
        const { status, code } = await askToken(shop, cookie);
        assert.ok(status === 503 || status === 401 || status === 429, String(status));
        assert.ok(code !== 'refresh_lost' && code !== 'login_required', code);
      }
      const { token = '' } = await askToken(shop, cookie);
      assert.equal(await isAlive(emulator, token), true);
    });
  };
  kept('the secret of the app is wrong', { status: 400, body: { error: 'invalid_client' } });
  kept('the app is not approved', { status: 400, body: { error: 'invalid_app_access' } });
  kept('one more step is wanted', { status: 403, body: { error: 'insufficient_authorization' } });

  it('ends the login of a user whom the administrator has made inactive', async () => {
    open(0.3);
    const cookie = await sessionCookie(shop);
    await pass(350);
    const body = { error: 'inactive_user', error_description: 'user is inactive' };
    emulator.faults([{ match: refresh, times: 1, fault: 'status', status: 400, body }]);
    for (let time = 0; time < 2; time += 1) {
      const { status, code } = await askToken(shop, cookie);
      assert.deepEqual([status, code], [401, 'login_required']);
    }
    assert.equal(refreshesSeen(emulator).length, 1);
  });

  it('hands out no token of a guest', async () => {
    open(0.3);
    const cookie = await sessionCookie(shop);
    const { tokens } = await shop.client.guest();
    await pass(350);
    const body = { access_token: tokens.accessToken, token_type: 'Bearer' };
    emulator.clearLog();
    emulator.faults([{ match: refresh, times: 2, fault: 'status', status: 200, body }]);
    const { status, code } = await askToken(shop, cookie);
    assert.deepEqual([status, code], [401, 'refresh_lost']);
    assert.equal(refreshesSeen(emulator).length, 1);
    // Nor does the client, even when it is not told whose token it renews.
    const refreshing = shop.client.refresh({ refreshToken: 'anything' });
    await assert.rejects(refreshing, { code: 'invalid_token' });
  });

  it('keeps the login while Salesforce cannot be reached, and goes on when it is back', async () => {
    const connect = buildConnector({});
    let isAway = false;
    // Nobody listens on port 1 of this machine; without keep-alive every call connects anew.
    const dispatcher = new Agent({
      pipelining: 0,
      connect: (to, done) => {
        connect(isAway ? { ...to, port: '1', host: '127.0.0.1:1' } : to, done);
      },
    });
    shop = createTokenShop({
      emulator,
      client: { dispatcher },
      headless: { tokens: shortLived(0.4) },
    });
    const cookie = await sessionCookie(shop);
    await pass(450);
    isAway = true;
    for (let time = 0; time < 3; time += 1) {
      const { status, code } = await askToken(shop, cookie);
      assert.deepEqual([status, code], [503, 'unreachable']);
    }
    isAway = false;
    const { token = '' } = await askToken(shop, cookie);
    assert.equal(await isAlive(emulator, token), true);
    assert.equal(refreshesSeen(emulator).length, 1);
    await dispatcher.close();
  });

  it('waits for the other when Salesforce says that the token is being used already', async () => {
    open(0.4);
    const cookie = await sessionCookie(shop);
    await pass(450);
    const body = {
      error: 'invalid_grant',
      error_description: 'token request is already being processed',
    };
    emulator.faults([{ match: refresh, times: 1, fault: 'status', status: 400, body }]);
    const { status, code } = await askToken(shop, cookie);
    assert.deepEqual([status, code], [401, 'refresh_lost'], 'nobody brought an answer');
    assertNoneTwice(emulator);
  }).timeout(6_000);

  it('may be repeated where the app never rotates and says so', async () => {
    rotate(emulator, { isRefreshTokenRotationEnabled: false });
    shop = createTokenShop({
      emulator,
      headless: { tokens: shortLived(0.3, { reusableRefreshTokens: true }) },
    });
    const cookie = await sessionCookie(shop);
    await pass(350);
    emulator.faults([{ match: refresh, times: 1, fault: 'reset', after: true }]);
    assert.equal((await askToken(shop, cookie)).code, 'connection_lost');
    assert.equal((await askToken(shop, cookie)).status, 200);
  });
});
