import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import { later } from '../flows/later.js';
import type { Shop, ShopOptions } from '../support/shop.js';
import {
  askToken,
  callsOf,
  CountingStore,
  createTokenShop,
  loggedIn,
  pass,
  refreshesSeen,
  rotate,
  sessionCookie,
  shortLived,
  tokenOf,
} from './token-shop.js';

describe('the end of an opaque token, with introspection', () => {
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
  const open = (options: Omit<ShopOptions, 'emulator'>): void => {
    shop = createTokenShop({ emulator, ...options });
  };

  const secret = { clientId: '3MVG9.private', clientSecret: 'emulator-secret' };
  it('asks once when it ends', async () => {
    open({ client: secret, headless: { tokens: { introspect: true, sessionTimeout: 0.1 } } });
    emulator.client('3MVG9.private', {
      redirectUris: ['http://localhost:3000/callback'],
      secret: 'emulator-secret',
      isConsumerSecretOptional: false,
    });
    const visitor = await loggedIn(shop);
    await pass(150);
    await Promise.all(Array.from({ length: 20 }, () => tokenOf(visitor)));
    await tokenOf(visitor);
    assert.equal(callsOf(emulator, '/oauth2/introspect'), 1);
    assert.equal(refreshesSeen(emulator).length, 0);
  });

  it('goes by the session timeout when introspection fails, and does not ask again', async () => {
    open({ client: secret, headless: { tokens: { introspect: true } } });
    emulator.client('3MVG9.private', {
      redirectUris: ['http://localhost:3000/callback'],
      secret: 'emulator-secret',
    });
    const visitor = await loggedIn(shop);
    emulator.faults([{ match: 'POST /services/oauth2/introspect', fault: 'status' }]);
    await tokenOf(visitor);
    await tokenOf(visitor);
    assert.equal(callsOf(emulator, '/oauth2/introspect'), 1);
  });

  it('says nothing of a token that another process has renewed meanwhile', async () => {
    const store = new CountingStore();
    open({ store, client: secret, headless: { tokens: { introspect: true } } });
    emulator.client('3MVG9.private', {
      redirectUris: ['http://localhost:3000/callback'],
      secret: 'emulator-secret',
      isRefreshTokenRotationEnabled: true,
    });
    const tokens = shortLived(100);
    const other = createTokenShop({ emulator, store, client: secret, headless: { tokens } });
    try {
      const cookie = await sessionCookie(other);
      const { token: old = '' } = await askToken(other, cookie);
      emulator.faults([{ match: 'POST /services/oauth2/introspect', delay: 1_500 }]);
      const asking = askToken(shop, cookie);
      await pass(100);
      const { token } = await later(60, () => askToken(other, cookie));
      assert.notEqual(token, old);
      // Of the old token Salesforce says then that it has ended.
      const body = new URLSearchParams({ token: old });
      await fetch(`${emulator.url}/services/oauth2/revoke`, { method: 'POST', body });
      assert.equal((await asking).token, token);
      assert.equal((await askToken(other, cookie)).token, token);
      assert.equal(refreshesSeen(emulator).length, 1);
    } finally {
      await other.close();
    }
  });

  it('says that a public client may not ask', async () => {
    open({ headless: { tokens: { introspect: true } } });
    const visitor = await loggedIn(shop);
    const { body } = await visitor.get('/token').expect(503);
    assert.equal(body.code, 'invalid_client');
  });
});
