import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import type { Shop } from '../support/shop.js';
import {
  askToken,
  createTokenShop,
  isAlive,
  pass,
  refreshesSeen,
  rotate,
  sessionCookie,
  shortLived,
} from './token-shop.js';

describe('a refresh that is answered by a first-party challenge', () => {
  let emulator: Emulator;
  let shop: Shop;
  before(async () => {
    emulator = await startEmulator();
    rotate(emulator);
    shop = createTokenShop({ emulator, headless: { tokens: shortLived(2) } });
  });
  after(async () => {
    await shop.close();
    await emulator.close();
  });

  it('says that one more step is needed, and leaves the refresh token good for later', async () => {
    const cookie = await sessionCookie(shop);
    await pass(2_100);
    emulator.faults([
      {
        match: 'POST /services/oauth2/token',
        times: 1,
        fault: 'status',
        status: 403,
        body: { error: 'insufficient_authorization', auth_session: 'made-up-session-1' },
      },
    ]);
    const asked = await askToken(shop, cookie);
    assert.deepEqual([asked.status, asked.code], [401, 'step_up_required']);
    const later = await askToken(shop, cookie);
    assert.equal(later.status, 200);
    assert.equal(await isAlive(emulator, later.token ?? ''), true);
    const [first, second] = refreshesSeen(emulator);
    assert.equal(first, second, 'the first call has not used the token');
  });
});
