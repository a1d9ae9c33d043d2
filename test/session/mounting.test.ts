import assert from 'node:assert/strict';
import express, { type Express, type RequestHandler } from 'express';
import session, { MemoryStore } from 'express-session';
import { Passport, type Strategy } from 'passport';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import request from 'supertest';
import {
  HeadlessClient,
  HeadlessError,
  headlessSession,
  PasswordStrategy,
} from '../../lib/index.js';
import { clientFor } from '../support/shop.js';

const alice = { username: 'alice@example.com', password: 'Passw0rd!' };

interface StoredSession {
  readonly passport?: object;
  readonly cookie: { readonly originalMaxAge: number };
}

/** Where in an app headlessSession is put, how often, and with which client. */
describe('headlessSession in an app', () => {
  let emulator: Emulator;
  let client: HeadlessClient;
  let other: HeadlessClient;
  let store: MemoryStore;
  const warnings: string[] = [];
  const note = (warning: Error & { code?: string }): void => {
    warnings.push(warning.code ?? warning.message);
  };
  before(async () => {
    emulator = await startEmulator();
    client = clientFor(emulator);
    other = clientFor(emulator, { clientId: '3MVG9.private', clientSecret: 'emulator-secret' });
    process.on('warning', note);
  });
  after(async () => {
    process.off('warning', note);
    await Promise.all([client.close(), other.close()]);
    await emulator.close();
  });
  beforeEach(() => {
    store = new MemoryStore();
    warnings.splice(0);
    emulator.clearLog();
  });

  const middlewares = {
    session: () => session({ store, secret: 's', resave: false, saveUninitialized: false }),
    headless: (of: HeadlessClient = client) => headlessSession({ client: of }) as RequestHandler,
  };
  /** An app whose middlewares stand in this order. */
  const appOf = (order: RequestHandler[], strategyOf = client): Express => {
    const passport = new Passport();
    passport.serializeUser((user, done) => {
      done(null, user);
    });
    passport.deserializeUser((user: Express.User, done) => {
      done(null, user);
    });
    passport.use(
      new PasswordStrategy({ client: strategyOf }, ({ identity }) => ({
        id: identity.userId,
      })) as Strategy,
    );
    const app = express();
    app.use(order, passport.initialize(), passport.session(), express.json());
    app.post('/login', passport.authenticate('sf-headless-password') as RequestHandler);
    app.post('/login', (req, res) => {
      Reflect.set(req.session.cookie, 'maxAge', 30 * 86_400_000);
      res.json({ user: req.user });
    });
    app.get('/me', (req, res) => {
      res.json({ user: req.user });
    });
    app.get('/token', (req, res, next) => {
      req.headless.accessToken().then((token) => res.json({ token }), next);
    });
    app.use(((error: unknown, _req, res, _next) => {
      const known = error instanceof HeadlessError ? error : undefined;
      res.status(known?.status ?? 500).json({ code: known?.code, hint: known?.hint });
    }) as express.ErrorRequestHandler);
    return app;
  };

  it('mounted twice is as good as once', async () => {
    const app = appOf([middlewares.session(), middlewares.headless(), middlewares.headless()]);
    const agent = request.agent(app);
    await agent.post('/login').send(alice).expect(200);
    assert.notEqual((await agent.get('/me')).body.user, undefined);
    await agent.get('/token').expect(200);
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(warnings, []);
  });

  it('mounted twice for two clients is an error that says so', async () => {
    const app = appOf([middlewares.session(), middlewares.headless(), middlewares.headless(other)]);
    const { body } = await request(app).get('/me').expect(500);
    assert.equal(body.code, 'invalid_argument');
    assert.match(body.hint, /paths of their own/);
  });

  it('mounted before express-session refuses to log anybody in, and says in which order they go', async () => {
    const app = appOf([middlewares.headless(), middlewares.session()]);
    const { body } = await request(app).post('/login').send(alice).expect(500);
    assert.equal(body.code, 'session_required');
    assert.match(body.hint, /express-session/);
  });

  it('keeps no tokens of a strategy that has another client, and sends them nowhere', async () => {
    const app = appOf([middlewares.session(), middlewares.headless()], other);
    const agent = request.agent(app);
    await agent.post('/login').send(alice).expect(200);
    const { body } = await agent.get('/token').expect(401);
    assert.equal(body.code, 'login_required');
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(warnings, ['SF_HEADLESS_CLIENT']);
    const dump = JSON.stringify(Reflect.get(store, 'sessions'));
    assert.doesNotMatch(dump, /sf-headless-tokens-/);
  });

  it('hands no token of one client to another that shares its sessions', async () => {
    const secret = 'the same in both';
    const of = (one: HeadlessClient) => headlessSession({ client: one, secret }) as RequestHandler;
    const first = appOf([middlewares.session(), of(client)]);
    const second = appOf([middlewares.session(), of(other)], other);
    const { headers } = await request(first).post('/login').send(alice).expect(200);
    const [cookie = ''] = [headers['set-cookie'] ?? []].flat();
    await request(first).get('/token').set('cookie', cookie).expect(200);
    const { body } = await request(second).get('/token').set('cookie', cookie).expect(401);
    assert.equal(body.code, 'login_required');
  });

  it('writes how long the app wants a session to last, also right after a login', async () => {
    const app = appOf([middlewares.session(), middlewares.headless()]);
    await request(app).post('/login').send(alice).expect(200);
    const all = Object.values(Reflect.get(store, 'sessions') as Record<string, string>);
    const found = all.map((text) => JSON.parse(text) as StoredSession);
    const users = found.filter(({ passport }) => passport !== undefined);
    const lives = users.map(({ cookie }) => cookie.originalMaxAge);
    assert.deepEqual(lives, [30 * 86_400_000]);
  });
});
