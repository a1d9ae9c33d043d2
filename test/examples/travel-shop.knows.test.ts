import assert from 'node:assert/strict';
import { EmulatorControl } from './emulator-control.js';
import { startShop, type ShopProcess } from './shop-process.js';
import { Visitor } from './visitor.js';

const userinfo = 'GET /services/oauth2/userinfo';
const introspect = 'POST /services/oauth2/introspect';
const page = '/account/salesforce';

for (const kind of ['public', 'private'] as const) {
  describe(`travel-shop: what Salesforce knows, as a ${kind} client`, function () {
    this.timeout(30_000);
    let shop: ShopProcess;
    let salesforce: EmulatorControl;
    let visitor: Visitor;

    before(async () => {
      shop = await startShop({ SF_HYBRID: '1', ...(kind === 'private' && { PRIVATE: '1' }) });
      salesforce = new EmulatorControl(shop.emulator);
    });
    after(() => shop.stop());
    beforeEach(async () => {
      await salesforce.mend();
      visitor = new Visitor(shop.url);
      await visitor.logIn('alice@example.com');
      await salesforce.forget();
    });

    /** The part of the page below a heading. */
    async function section(title: string): Promise<string> {
      const { html } = await visitor.get(page);
      const [, after = ''] = html.split(`<h2>${title}</h2>`);
      return after.split('</section>')[0] ?? '';
    }

    it('shows what userinfo says', async () => {
      const said = await section('Userinfo');
      assert.match(said, /<dt>preferred_username<\/dt><dd>alice@example\.com<\/dd>/);
      assert.match(said, /<dt>email_verified<\/dt><dd>true<\/dd>/);
      assert.ok((await salesforce.calls()).includes(userinfo));
    });

    it('shows what the identity URL says', async () => {
      const said = await section('Identity URL');
      assert.match(said, /<dt>display_name<\/dt><dd>Alice Example<\/dd>/);
      assert.match(said, /<dt>mobile_phone<\/dt><dd>\+12025550101<\/dd>/);
      const calls = await salesforce.calls();
      assert.ok(calls.some((call) => /^GET \/id\/00D\w+\/005\w+$/.test(call)));
    });

    if (kind === 'private') {
      it('shows what introspection says of the access token', async () => {
        const said = await section('Access token');
        assert.match(said, /<dt>active<\/dt><dd>true<\/dd>/);
        assert.match(said, /<dt>scopes<\/dt><dd>[^<]*refresh_token/);
        const [, ends = ''] = /<dt>ends<\/dt><dd>([^<]*)</.exec(said) ?? [];
        assert.ok(Date.parse(ends) > Date.now());
        assert.ok((await salesforce.calls()).includes(introspect));
      });
    } else {
      it('does not ask about the access token, which Salesforce tells private clients only', async () => {
        assert.equal(await section('Access token'), '');
        assert.ok(!(await salesforce.calls()).includes(introspect));
      });
    }

    it('names the web sessions of a hybrid login', async () => {
      const [, names = ''] =
        /<dt>names<\/dt><dd>([^<]*)</.exec(await section('Web sessions')) ?? [];
      const known = [
        'clientSrc',
        'content',
        'lightning',
        'sidClient',
        'sidCookieName',
        'visualforce',
      ];
      assert.deepEqual(names.split(', ').sort(), known);
    });

    it('shows no token and no session id', async () => {
      const { html, headers } = await visitor.get(page);
      assert.equal(headers.get('cache-control'), 'no-store');
      // The beginnings of a JWT, and of a session id or an opaque token.
      assert.doesNotMatch(html, /eyJ|00D\w{12}!/);
    });

    it('is there although one of the answers is not', async () => {
      await salesforce.breakWith({ match: userinfo, fault: 'status' });
      assert.match(await section('Userinfo'), /could not be asked right now/);
      assert.match(await section('Identity URL'), /Alice Example/);
    });

    it('is for customers only, behind a link of the account, which does not ask', async () => {
      assert.match((await visitor.get('/account')).html, new RegExp(`href="${page}"`));
      assert.ok(!(await salesforce.calls()).includes(userinfo));
      const { location } = await new Visitor(shop.url).get(page);
      assert.equal(location, '/login?returnTo=%2Faccount%2Fsalesforce');
    });
  });
}

describe('travel-shop: a login that is not hybrid', function () {
  this.timeout(30_000);

  it('has no web sessions to name', async () => {
    const shop = await startShop();
    const visitor = new Visitor(shop.url);
    await visitor.logIn('alice@example.com');
    const { status, html } = await visitor.get(page);
    assert.equal(status, 200);
    assert.doesNotMatch(html, /Web sessions/);
    await shop.stop();
  });
});
