import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import type { OnUpgrade } from '../../lib/index.js';
import { Browser } from './browser.js';
import { cartOf, itemsOf, openCartShop, type CartShop, type Page } from './cart-shop.js';

const alice = { username: 'alice@example.com', password: 'Passw0rd!' };

describe('nothing lost on the way', () => {
  let emulator: Emulator;
  let shop: CartShop;
  let browser: Browser<Page>;
  before(async () => {
    emulator = await startEmulator();
  });
  beforeEach(() => {
    browser = new Browser<Page>(() => shop.origin);
  });
  afterEach(async () => {
    await shop.close();
    emulator.reset();
  });
  after(() => emulator.close());

  const open = async (onUpgrade: OnUpgrade): Promise<void> => {
    shop = await openCartShop({ emulator, headless: { onUpgrade } });
  };

  it('an item saved while the login waits for Salesforce is in the cart of the user', async () => {
    const merged: string[] = [];
    await open((upgrade) => {
      merged.push(...itemsOf(upgrade));
    });
    await browser.visit('/add', { item: 'tent' });
    emulator.faults([{ match: 'POST /services/oauth2/token', times: 1, delay: 200 }]);
    const login = browser.send('/login', alice);
    await new Promise((resolve) => setTimeout(resolve, 60));
    // Another tab, answered long before the login.
    assert.equal((await browser.send('/add', { item: 'stove' })).status, 200);
    browser.remember((await login).cookies);
    assert.deepEqual(cartOf((await browser.visit('/me')).body), ['tent', 'stove']);
    assert.deepEqual(merged, ['tent', 'stove']);
  });

  it('an upgrade that is still deferred when the user logs out is completed by the next login', async () => {
    const merged: string[] = [];
    let isDown = true;
    await open((upgrade) => {
      if (isDown) throw new Error('the database is down');
      merged.push(...itemsOf(upgrade));
    });
    await browser.visit('/add', { item: 'tent' });
    assert.equal((await browser.visit('/login', alice)).body.upgrade?.status, 'deferred');
    assert.equal((await browser.visit('/logout', {})).status, 200);
    isDown = false;
    await browser.visit('/login', alice);
    await browser.visit('/me');
    assert.deepEqual(merged, ['tent']);
  });
});
