import assert from 'node:assert/strict';
import { EmulatorControl } from './emulator-control.js';
import { startShop, type ShopProcess } from './shop-process.js';
import { Visitor } from './visitor.js';

const alice = 'alice@example.com';
const bob = 'bob@example.com';

describe('travel-shop: from guest to customer', function () {
  this.timeout(60_000);
  let shop: ShopProcess;
  let guest: Visitor;

  before(async () => {
    shop = await startShop();
  });
  after(() => shop.stop());
  beforeEach(() => {
    guest = new Visitor(shop.url);
  });

  /** The trips in the account, as another browser of the customer sees them. */
  async function accountOf(username: string): Promise<string[]> {
    const browser = new Visitor(shop.url);
    await browser.logIn(username);
    return browser.savedTrips();
  }

  /** Empties an account, so that a test can count what arrives. */
  async function empty(username: string): Promise<void> {
    const browser = new Visitor(shop.url);
    await browser.logIn(username);
    for (const trip of await browser.savedTrips()) await browser.post(`/trips/${trip}/remove`);
  }

  it('moves the trips once when ten logins of one browser run at once', async () => {
    // Or the sixth login would end the tokens of the first, which is still asking who logged in.
    await new EmulatorControl(shop.emulator).change({ approvalsPerUser: 50 });
    await empty(alice);
    for (const trips of [
      ['lisbon-by-tram', 'lofoten-light'],
      ['tatra-winter', 'lofoten-light'],
    ]) {
      const before = await accountOf(alice);
      const browser = new Visitor(shop.url);
      for (const trip of trips) await browser.save(trip);
      const clicks = Array.from({ length: 10 }, () => browser.twin());
      const answers = await Promise.all(clicks.map((click) => click.logIn(alice)));
      assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([303]));

      const pages = await Promise.all(clicks.map((click) => click.get('/saved')));
      const telling = pages.filter(({ html }) =>
        html.includes('Your 2 saved trips are now in your account.'),
      );
      assert.equal(telling.length, 1);
      const all = [...new Set([...before, ...trips])];
      for (const click of clicks) assert.deepEqual(await click.savedTrips(), all);
      assert.deepEqual(await accountOf(alice), all);
    }
  });

  it('says nothing when there was nothing to bring', async () => {
    await guest.save('lofoten-light');
    await guest.post('/trips/lofoten-light/remove');
    await guest.logIn(bob);
    assert.doesNotMatch((await guest.get('/saved')).html, /in your account/);
  });

  it('gives a second person at this browser nothing of the first one', async () => {
    await empty(bob);
    await guest.save('azores-whales');
    const copy = guest.twin();
    await guest.logIn(alice);
    await guest.post('/logout');
    await guest.logIn(bob);
    assert.deepEqual(await guest.savedTrips(), []);

    // With the cookies of the guest there was, a stranger is neither the guest nor the customer.
    assert.deepEqual(await copy.savedTrips(), []);
    await copy.logIn(bob);
    assert.deepEqual(await copy.savedTrips(), []);
    assert.ok((await accountOf(alice)).includes('azores-whales'));
  });

  it('gives one person the trips when two log in at the same guest at once', async () => {
    await empty(alice);
    await empty(bob);
    await guest.save('kyoto-in-november');
    const [one, other] = [guest.twin(), guest.twin()];
    await Promise.all([one.logIn(alice), other.logIn(bob)]);
    const accounts = [await accountOf(alice), await accountOf(bob)];
    assert.deepEqual(accounts.flat(), ['kyoto-in-november']);
  });

  describe('a guest whose session has expired', () => {
    beforeEach(async () => {
      await guest.save('lisbon-by-tram');
      await guest.save('lofoten-light');
      guest.cookies.delete('shop.sid');
    });

    it('is known by the visitor cookie, and finds the trips', async () => {
      assert.deepEqual([...guest.cookies.keys()], ['shop.visitor']);
      assert.match((await guest.get('/trips')).html, /Saved \(2\)/);
      assert.deepEqual(await guest.savedTrips(), ['lisbon-by-tram', 'lofoten-light']);
      await guest.save('tatra-winter');
      assert.equal((await guest.savedTrips()).length, 3);
    });

    it('brings the trips along when the next thing is a login', async () => {
      await empty(bob);
      await guest.logIn(bob);
      assert.deepEqual(await guest.savedTrips(), ['lisbon-by-tram', 'lofoten-light']);
      assert.equal(guest.cookies.has('shop.visitor'), false);
    });

    it('is a stranger without that cookie, and with a forged one', async () => {
      const forged = new Visitor(shop.url);
      const sealed = guest.cookies.get('shop.visitor') ?? '';
      const at = sealed.length - 8;
      const other = sealed[at] === 'A' ? 'B' : 'A';
      forged.cookies.set('shop.visitor', sealed.slice(0, at) + other + sealed.slice(at + 1));
      assert.deepEqual(await forged.savedTrips(), []);
      guest.cookies.clear();
      assert.deepEqual(await guest.savedTrips(), []);
    });

    it('gets pages while Salesforce is away, and the trips afterwards', async () => {
      const salesforce = new EmulatorControl(shop.emulator);
      await salesforce.breakWith({ match: 'POST /services/oauth2/authorize', fault: 'reset' });
      assert.equal((await guest.get('/trips')).status, 200);
      await salesforce.mend();
      assert.deepEqual(await guest.savedTrips(), ['lisbon-by-tram', 'lofoten-light']);
    });
  });
});
