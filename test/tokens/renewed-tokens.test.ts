import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import { later } from '../flows/later.js';
import { Issuer } from '../support/issuer.js';
import type { Shop } from '../support/shop.js';
import { createTokenShop, loggedIn, shortLived, tokenOf } from './token-shop.js';

const token = '/services/oauth2/token';
const singleAccess = '/services/oauth2/singleaccess';
const query = '/services/data/v66.0/query';

describe('tokens that a refresh has renewed', () => {
  let emulator: Emulator;
  let issuer: Issuer;
  let shop: Shop;
  before(async () => {
    emulator = await startEmulator();
  });
  after(() => emulator.close());
  beforeEach(async () => {
    issuer = await Issuer.start();
    shop = createTokenShop({
      emulator,
      client: {
        site: issuer.origin,
        clientId: 'app',
        redirectUri: 'https://app.example.com/callback',
      },
      headless: { tokens: shortLived(100) },
    });
  });
  afterEach(async () => {
    await shop.close();
    await issuer.close();
  });
  /** A login at a made-up site, whose token answers say as much as they are told to. */
  const logIn = async (answer: object) => {
    issuer.logsInWith({
      access_token: '00Dxx0000001gPL!made-up.first',
      refresh_token: 'made-up-refresh-token',
      id_token: await issuer.idToken(),
      ...answer,
    });
    const visitor = await loggedIn(shop);
    issuer.json(token, 200, {
      access_token: '00Dxx0000001gPL!made-up.second',
      token_type: 'Bearer',
    });
    issuer.requests.splice(0);
    return visitor;
  };

  it('go where the tokens of the login went, if Salesforce does not say it again', async () => {
    const { origin } = issuer;
    const visitor = await logIn({
      scope: 'api web',
      instance_url: `${origin}/instance`,
      sfdc_community_url: `${origin}/shop`,
    });
    issuer.json(`/instance${query}`, 200, {});
    issuer.json(`/shop${singleAccess}`, 200, { frontdoor_uri: `${origin}/secur/frontdoor.jsp` });
    await later(60, async () => {
      assert.equal(await tokenOf(visitor), '00Dxx0000001gPL!made-up.second');
      const { body } = await visitor.post('/call').send({ path: query }).expect(200);
      assert.equal(body.status, 200);
      await visitor.get('/link').expect(200);
    });
    assert.deepEqual(issuer.requests, [
      `POST ${token}`,
      `GET /instance${query}`,
      `POST /shop${singleAccess}`,
    ]);
  });

  it('have the scopes of the login, if Salesforce does not name them again', async () => {
    const visitor = await logIn({ scope: 'api' });
    await later(60, async () => {
      assert.equal(await tokenOf(visitor), '00Dxx0000001gPL!made-up.second');
      const { body } = await visitor.get('/link').expect(503);
      assert.equal(body.code, 'scope_missing');
    });
    assert.deepEqual(issuer.requests, [`POST ${token}`], 'nothing was asked in vain');
  });
});
