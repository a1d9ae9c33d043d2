import assert from 'node:assert/strict';
import type { Strategy } from 'passport';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import request from 'supertest';
import {
  browserFlow,
  SsoStrategy,
  type BrowserFlow,
  type BrowserFlowName,
  type BrowserFlowOptions,
  type BrowserRequest,
  type HeadlessClient,
  type HeadlessClientOptions,
} from '../../lib/index.js';
import { clientFor, createShop, type Shop, type ShopOptions } from '../support/shop.js';
import type { RequestHandler } from '../support/stacks.js';

type Agent = ReturnType<typeof request.agent>;
type Fields = Record<string, string>;

const versionFour = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const alice = { username: 'alice@example.com', password: 'Passw0rd!' };

interface PageOptions extends Omit<ShopOptions, 'emulator' | 'client'> {
  readonly flow?: Partial<BrowserFlowOptions>;
  readonly client?: Partial<HeadlessClientOptions>;
}

describe('browserFlow', () => {
  let emulator: Emulator;
  let shop: Shop;
  let client: HeadlessClient;
  let flows: BrowserFlow;
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

  function open(flow: BrowserFlowName, options: PageOptions = {}): Agent {
    client = clientFor(emulator, options.client);
    flows = browserFlow({ client, flow, ...options.flow });
    const verify: NonNullable<ShopOptions['verify']> = ({ identity }) => ({ id: identity.userId });
    shop = createShop({
      emulator,
      ...options,
      routes: (app, passport) => {
        const strategy = new SsoStrategy({ client }, (login, done) => {
          shop.logins.push(login);
          return (options.verify ?? verify)(login, done);
        });
        passport.use(strategy as Strategy);
        const authenticate = passport.authenticate('sf-headless-sso') as RequestHandler;
        const whoami: RequestHandler = (req, res) => {
          const { headless } = req;
          res.json({ user: req.user, guest: headless.guest, upgrade: headless.upgrade });
        };
        app.post('/start', flows.start() as RequestHandler);
        app.get('/page', (req, res, next) => {
          flows.begin(req).then((asked) => {
            res.send(`<form data-asked='${JSON.stringify(asked)}'></form>`);
          }, next);
        });
        app.all('/callback', flows.callback() as RequestHandler);
        app.post('/finish/guest', flows.finish() as RequestHandler, whoami);
        app.post('/finish', authenticate, whoami);
        options.routes?.(app, passport);
      },
    });
    return request.agent(shop.app);
  }

  const start = async (agent: Agent): Promise<BrowserRequest> =>
    (await agent.post('/start').expect(200)).body as BrowserRequest;

  /** What the page does: Salesforce's answer, and the query of the redirect it makes. */
  async function send(asked: BrowserRequest, credentials: Fields = {}) {
    const { url, headers, parameters } = asked;
    const body = new URLSearchParams({ ...parameters, ...credentials });
    const answer = await fetch(url, { method: 'POST', headers, body, redirect: 'manual' });
    const text = await answer.text();
    const to = answer.headers.get('location');
    const fields = to === null ? {} : Object.fromEntries(new URL(to).searchParams);
    return { status: answer.status, text, to, fields };
  }
  const tokenCall = () => emulator.log().find(({ path }) => path.endsWith('/token'));
  const tokenCalls = () => emulator.log().filter(({ path }) => path.endsWith('/token')).length;

  describe('of a guest, as Salesforce’s document for public clients tells it', () => {
    it('gives the page the request, and keeps verifier and token on the server', async () => {
      const asked = await start(open('guest'));
      assert.equal(asked.url, `${emulator.url}/services/oauth2/authorize`);
      const { 'uvid-hint': hint = '', ...headers } = asked.headers;
      assert.match(hint.replace(/^UVID /, ''), versionFour);
      assert.equal(headers['auth-request-type'], 'guest');
      const { code_challenge, state, ...parameters } = asked.parameters;
      assert.match(String(code_challenge), /^[\w-]{43}$/);
      assert.match(String(state), /^[\w-]{43}$/);
      assert.deepEqual(parameters, {
        response_type: 'code_credentials',
        client_id: '3MVG9.public',
        redirect_uri: 'http://localhost:3000/callback',
        scope: 'api',
      });
      assert.deepEqual(emulator.log(), []);
    });

    it('ends with the same guest as a flow of the server’s own', async () => {
      const agent = open('guest', { headless: { secret: 'a-secret' } });
      const asked = await start(agent);
      const { fields } = await send(asked);
      const done = await agent.post('/finish/guest').send(fields).expect(200);
      const { guest } = done.body;
      assert.equal(`UVID ${String(guest.uvid)}`, asked.headers['uvid-hint']);
      assert.ok(guest.expiresAt > Date.now() && guest.since <= Date.now());
      assert.match(String(done.headers['set-cookie']), /sf-headless-visitor=/);
      assert.equal(tokenCall()?.headers['auth-request-type'], 'guest');
      assert.equal(tokenCall()?.headers['uvid-hint'], guest.uvid);
      emulator.clearLog();
      assert.equal((await agent.post('/save')).body.guest.uvid, guest.uvid);
      assert.deepEqual(emulator.log(), [], 'the guest is not made anew');
    });

    it('works with the secret of a private client, which the page never sees', async () => {
      const secret = { clientId: '3MVG9.private', clientSecret: 'emulator-secret' };
      const agent = open('guest', { client: secret });
      const asked = await start(agent);
      assert.doesNotMatch(JSON.stringify(asked), /emulator-secret/);
      await agent
        .post('/finish/guest')
        .send((await send(asked)).fields)
        .expect(200);
    });

    it('keeps the id of a visitor who is known', async () => {
      const agent = open('guest');
      const { guest } = (await agent.post('/save')).body;
      const asked = await start(agent);
      assert.equal(asked.headers['uvid-hint'], `UVID ${String(guest.uvid)}`);
      const { body } = await agent.post('/finish/guest').send((await send(asked)).fields);
      assert.equal(body.guest.uvid, guest.uvid);
      assert.equal(body.guest.since, guest.since);
    });

    it('leaves a guest in place who came about in the meantime', async () => {
      const agent = open('guest');
      const asked = await start(agent);
      const { guest } = (await agent.post('/save')).body;
      const { body } = await agent.post('/finish/guest').send((await send(asked)).fields);
      assert.equal(body.guest.uvid, guest.uvid);
      assert.notEqual(asked.headers['uvid-hint'], `UVID ${String(guest.uvid)}`);
    });

    it('leaves a user alone who has logged in in the meantime', async () => {
      const agent = open('guest');
      const asked = await start(agent);
      await agent.post('/login').send(alice).expect(200);
      const { body } = await agent.post('/finish/guest').send((await send(asked)).fields);
      assert.equal(body.guest, undefined);
      assert.ok(body.user);
    });

    it('hands the guest on to the user who logs in', async () => {
      const agent = open('guest');
      const asked = await start(agent);
      const { body } = await agent.post('/finish/guest').send((await send(asked)).fields);
      const login = await agent.post('/login').send(alice).expect(200);
      assert.equal(login.body.upgrade.uvid, body.guest.uvid);
      assert.equal(login.body.upgrade.status, 'linked');
    });

    it('is good for one code, in the browser that began it', async () => {
      const agent = open('guest');
      const { fields } = await send(await start(agent));
      const stranger = request.agent(shop.app);
      await stranger.post('/finish/guest').send(fields).expect(403);
      await agent
        .post('/finish/guest')
        .send({ ...fields, state: 'other' })
        .expect(403);
      await agent.post('/finish/guest').send({}).expect(403);
      await agent.post('/finish/guest').send(fields).expect(200);
      await agent.post('/finish/guest').send(fields).expect(403);
      assert.equal(tokenCalls(), 1);
    });

    it('is ended by the flow that began it', async () => {
      const callbackURL = `${emulator.url}/services/oauth2/echo`;
      const agent = open('guest', {
        routes: (app) => {
          const other = browserFlow({ client, flow: 'guest', callbackURL });
          app.post('/other/finish', other.finish() as RequestHandler, (_req, res) => res.json({}));
        },
      });
      const { fields } = await send(await start(agent));
      await agent.post('/other/finish').send(fields).expect(403);
      assert.equal(tokenCalls(), 0);
      await agent.post('/finish/guest').send(fields).expect(200);
    });

    it('is no login', async () => {
      const agent = open('guest');
      const { fields } = await send(await start(agent));
      await agent.post('/finish').send(fields).expect(403);
    });
  });

  describe('of a named user', () => {
    it('logs in by a password that never passes the server', async () => {
      const agent = open('password');
      const { fields } = await send(await start(agent), alice);
      const { body } = await agent.post('/finish').send(fields).expect(200);
      assert.equal(body.user.id, emulator.state().users[alice.username]?.userId);
      assert.equal(shop.logins[0]?.flow, 'password');
    });

    it('takes the redirect itself as well, where a browser follows it with its cookies', async () => {
      const agent = open('password', { flow: { callbackURL: 'http://localhost:3000/callback' } });
      const { to } = await send(await start(agent), alice);
      const search = new URL(to ?? '').search;
      const { body } = await agent.post(`/finish${search}`).expect(200);
      assert.ok(body.user);
    });

    it('sends a guest’s id along, and upgrades the guest once', async () => {
      const agent = open('password');
      const { guest } = (await agent.post('/save')).body;
      const asked = await start(agent);
      assert.equal(asked.parameters['uvid_hint'], guest.uvid);
      const { fields } = await send(asked, alice);
      const { body } = await agent.post('/finish').send(fields).expect(200);
      assert.equal(body.upgrade.status, 'linked');
      assert.equal(body.upgrade.uvid, guest.uvid);
      assert.equal(body.guest, undefined);
    });

    it('logs in by a one-time code', async () => {
      const agent = open('otp');
      const { identifier } = await client.startOtp({
        username: alice.username,
        recaptcha: 'pass',
      });
      const asked = await start(agent);
      assert.equal(asked.headers['auth-request-type'], 'passwordless-login');
      assert.equal(asked.headers['auth-verification-type'], 'email');
      const code = emulator.outbox(alice.username)[0]?.code ?? '';
      const { fields } = await send(asked, { username: identifier, password: code });
      await agent.post('/finish').send(fields).expect(200);
      assert.equal(shop.logins[0]?.flow, 'otp');
    });

    it('asks for a one-time code by SMS, and for a registration', async () => {
      const sms = await start(open('otp', { flow: { method: 'sms' } }));
      assert.equal(sms.headers['auth-verification-type'], 'sms');
      await shop.close();
      await client.close();
      const { headers } = await start(open('registration'));
      assert.equal(headers['auth-request-type'], 'user-registration');
    });

    it('tells a wrong password from a wrong code when Salesforce answers by redirect', async () => {
      emulator.settings({ quirks: { authorizeErrorStyle: 'redirect' } });
      const agent = open('password', { verify: () => false });
      const { fields } = await send(await start(agent), { ...alice, password: 'not-it-1' });
      assert.equal(fields['error'], 'invalid_grant');
      await agent.post('/finish').send(fields).expect(401);
    });

    it('leaves a wrong password to the page when Salesforce answers by JSON', async () => {
      const asked = await start(open('password'));
      const { status, to } = await send(asked, { ...alice, password: 'not-it-1' });
      assert.deepEqual({ status, to }, { status: 400, to: null });
    });

    describe('is ended', () => {
      const staffDoor: NonNullable<ShopOptions['routes']> = (app, passport) => {
        passport.use(new SsoStrategy({ client, name: 'staff' }, () => ({ id: 1 })) as Strategy);
        const authenticate = passport.authenticate('staff') as RequestHandler;
        app.post('/staff', authenticate, (_req, res) => res.json({ ended: 'staff' }));
      };

      it('by the strategy of the standing name, and by no other', async () => {
        const agent = open('password', { routes: staffDoor });
        const { fields } = await send(await start(agent), alice);
        await agent.post('/staff').send(fields).expect(403);
        assert.equal(tokenCalls(), 0);
        await agent.post('/finish').send(fields).expect(200);
      });

      it('by the strategy that it names', async () => {
        const agent = open('password', { routes: staffDoor, flow: { strategy: 'staff' } });
        const { fields } = await send(await start(agent), alice);
        await agent.post('/finish').send(fields).expect(403);
        await agent.post('/staff').send(fields).expect(200);
      });

      it('with the client that began it', async () => {
        emulator.client('3MVG9.other', { redirectUris: ['http://localhost:3000/callback'] });
        const other = clientFor(emulator, { clientId: '3MVG9.other' });
        const agent = open('password', { flow: { client: other } });
        const { fields } = await send(await start(agent), alice);
        await agent.post('/finish').send(fields).expect(403);
        await agent.post('/finish/guest').send(fields).expect(403);
        assert.equal(tokenCalls(), 0);
        await other.close();
      });
    });

    it('is no guest', async () => {
      const agent = open('password');
      const { fields } = await send(await start(agent), alice);
      await agent.post('/finish/guest').send(fields).expect(403);
    });
  });

  describe('hands the code back', () => {
    it('by Salesforce’s echo endpoint', async () => {
      const echo = `${emulator.url}/services/oauth2/echo`;
      const agent = open('guest', { flow: { callbackURL: echo } });
      const asked = await start(agent);
      assert.equal(asked.parameters['redirect_uri'], echo);
      const { to } = await send(asked);
      const fields: unknown = await (await fetch(to ?? '')).json();
      await agent
        .post('/finish/guest')
        .send(fields as object)
        .expect(200);
    });

    it('by the app’s own callback, which any page may read and which needs no cookie', async () => {
      const agent = open('guest');
      const { to, fields } = await send(await start(agent));
      const { search } = new URL(to ?? '');
      const answer = await request(shop.app).get(`/callback${search}`).expect(200);
      assert.deepEqual(answer.body, fields);
      assert.equal(answer.headers['access-control-allow-origin'], '*');
      assert.equal(answer.headers['access-control-allow-credentials'], undefined);
      assert.equal(answer.headers['cache-control'], 'no-store');
      assert.equal(answer.headers['set-cookie'], undefined);
      await agent
        .post('/finish/guest')
        .send(answer.body as object)
        .expect(200);
    });

    it('with the error, if it is one, and nothing that is no part of a callback', async () => {
      open('guest');
      const answer = await request(shop.app).get(
        '/callback?error=access_denied&error_description=no&state=s&else=%3Cscript%3E',
      );
      assert.equal(answer.status, 400);
      assert.match(String(answer.headers['content-type']), /^application\/json/);
      assert.deepEqual(answer.body, {
        error: 'access_denied',
        error_description: 'no',
        state: 's',
      });
    });

    it('and answers a browser that asks first', async () => {
      open('guest');
      const answer = await request(shop.app).options('/callback?error=x').expect(200);
      assert.match(String(answer.headers['access-control-allow-headers']), /auth-request-type/);
    });
  });

  it('can be begun for a page that the server renders', async () => {
    const agent = open('guest');
    const { text } = await agent.get('/page').expect(200);
    const asked = JSON.parse(/data-asked='(.*)'/.exec(text)?.[1] ?? '') as BrowserRequest;
    await agent
      .post('/finish/guest')
      .send((await send(asked)).fields)
      .expect(200);
  });

  it('needs headlessSession', async () => {
    const agent = open('guest', { without: ['headlessSession'] });
    const { body } = await agent.post('/start').expect(500);
    assert.equal(body.code, 'session_required');
  });

  it('refuses options that cannot be used', () => {
    open('guest');
    const make = (options: object) => () => browserFlow({ client, flow: 'guest', ...options });
    assert.throws(make({ client: {} }), /browserFlow: option `client`/);
    assert.throws(make({ flow: 'sso' }), /option `flow`/);
    assert.throws(make({ callbackURL: '/callback' }), /option `callbackURL`/);
    assert.throws(make({ method: 'pigeon' }), /option `method`/);
    assert.throws(make({ strategy: '' }), /option `strategy`/);
    assert.throws(make({ messages: { nonsense: 'x' } }), /option `messages.nonsense`/);
  });
});
