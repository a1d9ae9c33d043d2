import assert from 'node:assert/strict';
import { MemoryStore, type SessionData } from 'express-session';
import type { Strategy } from 'passport';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import request from 'supertest';
import {
  SsoStrategy,
  type HeadlessClient,
  type SsoStrategyOptions,
  type Upgrade,
} from '../../lib/index.js';
import { CookieVisitor, type Arrival } from '../emulator/cookie-visitor.js';
import { assertNothingSecret } from '../support/secrets.js';
import { clientFor, createShop, type Shop, type ShopOptions } from '../support/shop.js';
import type { RequestHandler } from '../support/stacks.js';

type Agent = ReturnType<typeof request.agent>;
type Answer = request.Response;

const provider = 'Google_Customers';
const passport04 = { title: 'old', express: 'express416', passport: 'passport04' };

interface SsoOptions extends Omit<ShopOptions, 'emulator' | 'routes'> {
  readonly sso?: Partial<SsoStrategyOptions>;
}

/** A store that forgets nothing by itself. */
class KeepingStore extends MemoryStore {
  override set(id: string, data: SessionData, done?: (error?: unknown) => void): void {
    super.set(id, Object.assign({}, data, { cookie: { originalMaxAge: null } }), done);
  }
}

describe('SsoStrategy', () => {
  let emulator: Emulator;
  let shop: Shop;
  let client: HeadlessClient;
  before(async () => {
    emulator = await startEmulator();
  });
  after(async () => {
    await emulator.close();
  });
  afterEach(async () => {
    await shop.close();
    await client.close();
    emulator.reset();
  });

  const idOf = (username: string): unknown => emulator.state().users[username]?.userId;

  function open({ sso, ...options }: SsoOptions = {}): Agent {
    client = clientFor(emulator);
    const verify: NonNullable<ShopOptions['verify']> = ({ identity }) => ({ id: identity.userId });
    shop = createShop({
      emulator,
      ...options,
      routes: (app, passport) => {
        const strategy = new SsoStrategy(
          { client, providers: [provider], ...sso },
          options.verify ?? verify,
        );
        passport.use(strategy as Strategy);
        const authenticate = passport.authenticate('sf-headless-sso') as RequestHandler;
        const done: RequestHandler = (req, res) => {
          const { headless } = req;
          const { user, authInfo } = req as { user?: unknown; authInfo?: { returnTo?: string } };
          res.json({ user, returnTo: authInfo?.returnTo, upgrade: headless.upgrade });
        };
        app.get('/sso', authenticate);
        app.post('/sso', authenticate);
        app.get('/callback', authenticate, done);
        app.post('/callback', authenticate, done);
        app.post(
          '/redirecting',
          passport.authenticate('sf-headless-sso', { failureRedirect: '/login-form' }) as never,
        );
        app.get(
          '/google',
          passport.authenticate('sf-headless-sso', { provider } as object) as never,
        );
      },
    });
    return request.agent(shop.app);
  }

  const start = (agent: Agent, query = `?provider=${provider}`): Promise<Answer> =>
    Promise.resolve(agent.get(`/sso${query}`).expect(302));
  const location = (answer: Answer): string => String(answer.headers['location']);
  /** What Salesforce answers a browser that is sent there, up to the callback or a page. */
  const journey = (answer: Answer): Promise<Arrival> =>
    new CookieVisitor(emulator).go(location(answer));
  const back = async (answer: Answer): Promise<string> => (await journey(answer)).url.search;
  const finish = (agent: Agent, search: string): request.Test => agent.get(`/callback${search}`);
  const outcome = (value: 'login' | 'deny' | 'error', username = 'alice@example.com'): void => {
    emulator.settings({ sso: { providers: { [provider]: { username, outcome: value } } } });
  };
  const tokenCalls = () => emulator.log().filter(({ path }) => path.endsWith('/token')).length;

  for (const stack of [undefined, passport04]) {
    it(`logs a customer in at an identity provider${stack ? ', on Express 4.16 with Passport 0.4.1' : ''}`, async () => {
      const agent = open(stack && { stack });
      const { body } = await finish(agent, await back(await start(agent))).expect(200);
      assert.equal(body.user.id, idOf('alice@example.com'));
      const me = await agent.get('/me');
      assert.equal(me.body.authenticated, true);
      assert.equal(me.body.identity.userId, idOf('alice@example.com'));
    });
  }

  it('logs a customer in on the site’s own login page when no provider is named', async () => {
    const agent = open();
    const visitor = new CookieVisitor(emulator);
    const page = await visitor.go(location(await start(agent, '')));
    const { url } = await visitor.fillIn(page, 'bob@example.com');
    const { body } = await finish(agent, url.search).expect(200);
    assert.equal(body.user.id, idOf('bob@example.com'));
  });

  it('tells verify the flow, the identity and the tokens', async () => {
    const seen: unknown[] = [];
    const agent = open({
      verify: ({ flow, identity, tokens, uvid }) => {
        seen.push(flow, identity.userId, typeof tokens.accessToken, uvid);
        return { id: identity.userId };
      },
    });
    await finish(agent, await back(await start(agent))).expect(200);
    assert.deepEqual(seen, ['sso', idOf('alice@example.com'), 'string', undefined]);
  });

  it('takes the provider from the body, or from the options of authenticate', async () => {
    const agent = open();
    const posted = await agent.post('/sso').type('form').send({ provider }).expect(302);
    assert.equal(new URL(location(posted)).searchParams.get('sso_provider'), provider);
    const fixed = await agent.get('/google').expect(302);
    assert.equal(new URL(location(fixed)).searchParams.get('sso_provider'), provider);
  });

  it('sends scope, prompt and callback URL as told', async () => {
    const callbackURL = 'http://localhost:3000/callback';
    const agent = open({ sso: { scope: 'openid', prompt: 'login', callbackURL } });
    const { searchParams } = new URL(location(await start(agent)));
    assert.equal(searchParams.get('scope'), 'openid');
    assert.equal(searchParams.get('prompt'), 'login');
    assert.equal(searchParams.get('redirect_uri'), callbackURL);
    assert.equal(searchParams.get('code_challenge_method'), 'S256');
  });

  it('takes the fields that a page hands on in a body', async () => {
    const agent = open();
    const search = await back(await start(agent));
    await agent
      .post('/callback')
      .send(Object.fromEntries(new URLSearchParams(search)))
      .expect(200);
  });

  it('gives the session a new id', async () => {
    const agent = open();
    const first = await start(agent);
    const done = await finish(agent, await back(first)).expect(200);
    const cookie = (answer: Answer) => String(answer.headers['set-cookie']).split(';')[0];
    assert.notEqual(cookie(done), cookie(first));
  });

  it('keeps verifier and state out of reach of whoever reads the store', async () => {
    const agent = open();
    const { searchParams } = new URL(location(await start(agent)));
    const blobs = JSON.stringify(shop.store);
    assert.match(blobs, /sf-headless-redirect-/);
    assert.ok(!blobs.includes(searchParams.get('state') ?? 'no state'));
    assert.doesNotMatch(blobs, /codeVerifier/);
  });

  describe('a guest', () => {
    it('is carried through the redirect and upgraded once', async () => {
      const upgrades: Upgrade[] = [];
      const agent = open({
        headless: {
          onUpgrade: (upgrade) => {
            upgrades.push(upgrade);
          },
        },
      });
      const { guest } = (await agent.post('/save')).body;
      const search = await back(await start(agent));
      const { body } = await finish(agent, search).expect(200);
      assert.equal(body.upgrade.status, 'linked');
      assert.equal(body.upgrade.uvid, guest.uvid);
      await finish(agent, search).expect(403);
      assert.equal(upgrades.length, 1);
      assert.equal(upgrades[0]?.flow, 'sso');
      assert.equal((await agent.get('/me')).body.guest, undefined);
    });

    it('who came about while the browser was away is upgraded, too', async () => {
      const agent = open();
      const search = await back(await start(agent));
      const { guest } = (await agent.post('/save')).body;
      const { body } = await finish(agent, search).expect(200);
      assert.equal(body.upgrade.uvid, guest.uvid);
    });
  });

  describe('with several tabs', () => {
    it('ends what each began, in any order', async () => {
      const agent = open();
      const first = await start(agent, `?provider=${provider}&returnTo=/one`);
      const second = await start(agent, `?provider=${provider}&returnTo=/two`);
      const two = await finish(agent, await back(second)).expect(200);
      const one = await finish(agent, await back(first)).expect(200);
      assert.deepEqual([one.body.returnTo, two.body.returnTo], ['/one', '/two']);
    });

    it('begun at once, and ended at once', async () => {
      const agent = open();
      await agent.post('/save').expect(200);
      const begun = await Promise.all([start(agent), start(agent), start(agent)]);
      const searches = await Promise.all(begun.map(back));
      const answers = await Promise.all(searches.map((search) => finish(agent, search)));
      assert.deepEqual(
        answers.map(({ status }) => status),
        [200, 200, 200],
      );
      const me = await agent.get('/me');
      assert.equal(me.body.user.id, idOf('alice@example.com'));
      assert.equal(me.body.upgrade.status, 'linked');
    });

    it('keeps the ten newest of one session', async () => {
      const agent = open();
      const first = await start(agent);
      const second = await start(agent);
      for (let tab = 0; tab < 9; tab += 1) await start(agent);
      await finish(agent, await back(first)).expect(403);
      await finish(agent, await back(second)).expect(200);
    });
  });

  describe('refuses', () => {
    const fails = async (test: request.Test, status: number, code?: string): Promise<void> => {
      const answer = await test;
      assert.equal(answer.status, status, answer.text);
      if (code !== undefined) assert.equal(answer.body.code, code);
      assert.equal((await request(shop.app).get('/me')).body.authenticated, false);
    };

    it('a callback for the second time, without a second token call', async () => {
      const agent = open();
      const search = await back(await start(agent));
      await finish(agent, search).expect(200);
      await finish(agent, search).expect(403);
      assert.equal(tokenCalls(), 1);
    });

    it('one of two callbacks that come at once', async () => {
      const agent = open();
      const search = await back(await start(agent));
      const answers = await Promise.all([finish(agent, search), finish(agent, search)]);
      assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 403]);
      assert.equal(tokenCalls(), 1);
    });

    it('a callback in another browser, which does not use it up', async () => {
      const agent = open();
      const search = await back(await start(agent));
      const stranger = request.agent(shop.app);
      await start(stranger);
      await fails(finish(stranger, search), 403);
      await finish(agent, search).expect(200);
    });

    it('a callback without the session cookie', async () => {
      const search = await back(await start(open()));
      await fails(request(shop.app).get(`/callback${search}`), 403);
    });

    it('a callback in the next person’s session', async () => {
      const agent = open();
      const search = await back(await start(agent));
      await agent.post('/logout').expect(200);
      await agent.post('/save').expect(200);
      await fails(finish(agent, search), 403);
    });

    it('a callback that took too long, even if the store has not forgotten the start', async () => {
      const agent = open({ store: new KeepingStore(), headless: { secret: 'a-secret' } });
      const search = await back(await start(agent));
      const now = Date.now;
      Date.now = () => now() + 600_001;
      try {
        await fails(finish(agent, search), 403);
      } finally {
        Date.now = now;
      }
      assert.equal(tokenCalls(), 0);
    });

    it('a state that is wrong, empty, missing or there twice, and begins nothing anew', async () => {
      const agent = open();
      const state = new URL(location(await start(agent))).searchParams.get('state') ?? '';
      for (const search of [
        '?code=aPrx.1&state=wrong',
        '?code=aPrx.1&state=',
        '?code=aPrx.1',
        '?error=access_denied',
        `?code=aPrx.1&state=${state}&state=${state}`,
      ]) {
        const answer = await finish(agent, search);
        assert.equal(answer.status, 403, search);
      }
      assert.equal(tokenCalls(), 0);
    });

    it('a body that is no callback, by failureRedirect as every failure', async () => {
      const agent = open();
      const post = (body: string, type: string): request.Test =>
        agent.post('/redirecting').type(type).send(body).expect(302);
      for (const refused of [
        post('state[a]=x', 'form'),
        post('{"code":5,"state":"x"}', 'json'),
        post('code=a&code=b', 'form'),
      ]) {
        assert.equal(location(await refused), '/login-form');
      }
    });

    it('a person who said no', async () => {
      outcome('deny');
      const agent = open();
      const search = await back(await start(agent));
      await fails(finish(agent, search), 403);
      await finish(agent, search).expect(403);
    });

    it('a provider that is not in the list, without going anywhere', async () => {
      const agent = open();
      await agent.get('/sso?provider=Evil').expect(400);
      await agent.get('/sso?provider=toString').expect(400);
      await agent.get(`/sso?provider=${provider.toLowerCase()}`).expect(400);
    });

    it('every provider when none is listed', async () => {
      await open({ sso: { providers: [] } })
        .get(`/sso?provider=${provider}`)
        .expect(400);
    });

    it('another issuer’s answer (RFC 9207), as an error', async () => {
      const agent = open();
      const search = await back(await start(agent));
      await fails(finish(agent, `${search}&iss=https://evil.example`), 502, 'untrusted_host');
      assert.equal(tokenCalls(), 0);
    });

    it('a token call at another host, as an error', async () => {
      const agent = open();
      const search = new URLSearchParams(await back(await start(agent)));
      search.set('sfdc_community_url', 'https://evil.example');
      await fails(finish(agent, `?${search.toString()}`), 502, 'untrusted_host');
      assert.equal(tokenCalls(), 0);
    });

    it('a set-up fault in the callback, as an error and not as the visitor’s', async () => {
      const agent = open({ sso: { scope: 'openid wave_api' } });
      const search = await back(await start(agent));
      await fails(finish(agent, search), 503, 'invalid_scope');
    });

    it('a login that the app refuses', async () => {
      const agent = open({ verify: () => false });
      await fails(finish(agent, await back(await start(agent))), 403);
    });

    it('to work without headlessSession', async () => {
      const agent = open({ without: ['headlessSession'] });
      const { body } = await agent.get('/sso').expect(500);
      assert.equal(body.code, 'session_required');
    });

    it('options that cannot be used', () => {
      open();
      const make = (options: object) => () => new SsoStrategy({ client, ...options }, () => ({}));
      assert.throws(make({ providers: 'Google' }), /SsoStrategy: option `providers`/);
      assert.throws(make({ callbackURL: '/callback' }), /option `callbackURL`/);
      assert.throws(make({ scope: ['openid'] }), /option `scope`/);
      assert.throws(make({ prompt: 1 }), /option `prompt`/);
      assert.throws(make({ returnTo: '/x' }), /option `returnTo`/);
      assert.throws(make({ provider: 'x' }), /option `provider`/);
    });
  });

  describe('ends what it began itself, and leaves a callback alone that', () => {
    const callbackURL = 'http://localhost:3000/callback';
    const other = 'Corp_Staff';
    const seen: string[] = [];
    const clients: HeadlessClient[] = [];
    afterEach(async () => {
      seen.length = 0;
      await Promise.all(clients.splice(0).map((each) => each.close()));
    });
    interface Desk extends Partial<SsoStrategyOptions> {
      readonly as?: string;
      readonly clientId?: string;
    }
    /** An app with two strategies, each at a route of its own; `as` is the name that Passport knows one by. */
    function openTwo(first: Desk, second: Desk): Agent {
      client = clientFor(emulator);
      shop = createShop({
        emulator,
        routes: (app, passport) => {
          for (const [at, { as, clientId, ...options }] of [first, second].entries()) {
            const own = clientId === undefined ? client : clientFor(emulator, { clientId });
            if (own !== client) clients.push(own);
            const path = `/${String(at)}`;
            const strategy = new SsoStrategy({ client: own, ...options }, () => {
              seen.push(path);
              return { id: path };
            });
            const name = as ?? strategy.name;
            passport.use(name, strategy as Strategy);
            const handler = passport.authenticate(name) as RequestHandler;
            app.get(path, handler, (_req, res) => res.json({ ended: path }));
          }
        },
      });
      return request.agent(shop.app);
    }
    const ends = async (first: Desk, second: Desk): Promise<void> => {
      const asked = first.providers?.[0];
      const agent = openTwo(first, second);
      const query = asked === undefined ? '' : `?provider=${asked}`;
      const begun = await agent.get(`/0${query}`).expect(302);
      const visitor = new CookieVisitor(emulator);
      let arrival = await visitor.go(location(begun));
      if (asked === undefined) arrival = await visitor.fillIn(arrival, 'bob@example.com');
      const { search } = arrival.url;
      await agent.get(`/1${search}`).expect(403);
      assert.deepEqual([seen, tokenCalls()], [[], 0]);
      await agent.get(`/0${search}`).expect(200);
      assert.deepEqual(seen, ['/0']);
    };

    it('a strategy of another name began', () =>
      ends({ name: 'customer', providers: [provider] }, { name: 'staff', providers: [provider] }));
    it('a strategy of another name began on the site’s login page', () =>
      ends({ name: 'customer' }, { name: 'staff' }));
    it('names a provider outside its own list', () =>
      ends({ as: 'customer', providers: [provider] }, { as: 'staff', providers: [other] }));
    it('was to come to another URL', () =>
      ends(
        { as: 'customer', providers: [provider] },
        { as: 'staff', providers: [provider], callbackURL: `${callbackURL}?staff` },
      ));
    it('belongs to another client', () => {
      emulator.client('3MVG9.other', { redirectUris: [callbackURL] });
      return ends(
        { as: 'customer', providers: [provider] },
        { as: 'staff', providers: [provider], clientId: '3MVG9.other' },
      );
    });
  });

  describe('returnTo', () => {
    it('is there after the login, encoded, for the app to redirect to', async () => {
      const agent = open();
      const query = `?provider=${provider}&returnTo=${encodeURIComponent('/büro?a=b c#d')}`;
      const { body } = await finish(agent, await back(await start(agent, query))).expect(200);
      assert.equal(body.returnTo, '/b%C3%BCro?a=b%20c#d');
    });

    it('and the provider may be read by functions that take their time', async () => {
      const later = async <T>(value: T): Promise<T> => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        return value;
      };
      const sso = { provider: () => later(provider), returnTo: () => later('/offers') };
      const agent = open({ sso });
      const { body } = await finish(agent, await back(await start(agent, ''))).expect(200);
      assert.equal(body.returnTo, '/offers');
      assert.equal(body.user.id, idOf('alice@example.com'));
    });

    it('is dropped when it leads out of the app', async () => {
      const agent = open();
      const query = `?provider=${provider}&returnTo=${encodeURIComponent('//evil.example')}`;
      const { body } = await finish(agent, await back(await start(agent, query))).expect(200);
      assert.equal(body.returnTo, undefined);
    });

    it('can be read from anywhere by the app', async () => {
      const agent = open({ sso: { returnTo: () => '/account' } });
      const { body } = await finish(agent, await back(await start(agent))).expect(200);
      assert.equal(body.returnTo, '/account');
    });
  });

  it('shows nothing secret', () => {
    open();
    assertNothingSecret(new SsoStrategy({ client }, () => ({})), 'SsoStrategy');
  });
});
