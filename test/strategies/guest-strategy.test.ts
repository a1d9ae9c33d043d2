import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import request from 'supertest';
import { createShop, type Shop, type ShopOptions } from '../support/shop.js';

type Agent = ReturnType<typeof request.agent>;
const versionFour = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('guests', () => {
  let emulator: Emulator;
  let shop: Shop;
  before(async () => {
    emulator = await startEmulator();
  });
  after(async () => {
    await emulator.close();
  });
  afterEach(async () => {
    await shop.close();
    emulator.reset();
  });

  const idOf = (username: string): unknown => emulator.state().users[username]?.userId;
  function open(options: Omit<ShopOptions, 'emulator'> = {}): Agent {
    shop = createShop({ emulator, ...options });
    return request.agent(shop.app);
  }
  const calls = (path: string): number =>
    emulator.log().filter((entry) => entry.path.endsWith(path)).length;

  it('cost nothing until they are wanted: a page view makes no session, no cookie, no call', async () => {
    const agent = open();
    const { headers, body } = await agent.get('/me').expect(200);
    assert.equal(headers['set-cookie'], undefined);
    assert.equal(body.guest, undefined);
    assert.deepEqual(emulator.log(), []);
  });

  it('get a version 4 visitor id and a guest token by ensureGuest', async () => {
    const agent = open();
    const { body } = await agent.post('/save').expect(200);
    assert.match(String(body.guest.uvid), versionFour);
    assert.ok(body.guest.expiresAt > Date.now());
    assert.ok(body.guest.since <= Date.now());
  });

  it('keep their visitor id from visit to visit, without another call', async () => {
    const agent = open();
    const first = await agent.post('/save');
    emulator.clearLog();
    const second = await agent.post('/save');
    assert.deepEqual(second.body.guest, first.body.guest);
    assert.deepEqual((await agent.get('/me')).body.guest, first.body.guest);
    assert.deepEqual(emulator.log(), []);
  });

  it('are not users: req.user stays empty and no guard lets them in', async () => {
    const agent = open();
    const { body } = await agent.post('/guest').expect(200);
    assert.equal(body.user, undefined);
    assert.equal(body.authenticated, false);
    assert.match(String(body.guest.uvid), versionFour);
    assert.equal((await agent.get('/me')).body.authenticated, false);
  });

  it('are one, whatever runs in parallel in one session', async () => {
    const agent = open({ limits: {} });
    await agent.post('/code').send({ username: 'alice@example.com', recaptcha: 'pass' });
    emulator.clearLog();
    const answers = await Promise.all(Array.from({ length: 10 }, () => agent.post('/save')));
    assert.equal(new Set(answers.map(({ body }) => body.guest.uvid as string)).size, 1);
    assert.equal(calls('/authorize'), 1);
    assert.equal(calls('/token'), 1);
    assert.equal((await agent.get('/me')).body.guest.uvid, answers[0]?.body.guest.uvid);
  });

  it('are renewed with the same visitor id when their token has ended', async () => {
    emulator.client('3MVG9.public', {
      redirectUris: ['http://localhost:3000/callback'],
      isNamedUserJwtEnabled: true,
      guestJwtTimeout: 0.02,
    });
    const agent = open();
    const first = await agent.post('/save').expect(200);
    await new Promise((resolve) => setTimeout(resolve, 2500));
    const second = await agent.post('/save').expect(200);
    assert.equal(second.body.guest.uvid, first.body.guest.uvid);
    assert.equal(second.body.guest.since, first.body.guest.since);
    assert.ok(second.body.guest.expiresAt > first.body.guest.expiresAt);
    assert.equal(calls('/token'), 2);
  });

  it('go with a login by password: Salesforce gets the visitor id, and verify is told it', async () => {
    const agent = open();
    const { body } = await agent.post('/save');
    await agent
      .post('/login')
      .send({ username: 'alice@example.com', password: 'Passw0rd!' })
      .expect(200);
    assert.equal(shop.logins[0]?.uvid, body.guest.uvid);
    const authorize = emulator.log().filter(({ path }) => path.endsWith('/authorize'))[1];
    assert.equal(new URLSearchParams(authorize?.body).get('uvid_hint'), body.guest.uvid);
    assert.equal(shop.logins[0]?.identity.claims['uvid'] ?? body.guest.uvid, body.guest.uvid);
  });

  it('go with a login by code', async () => {
    const agent = open();
    const { body } = await agent.post('/save');
    await agent.post('/code').send({ username: 'alice@example.com', recaptcha: 'pass' });
    await agent.post('/code/login').send({ code: emulator.outbox()[0]?.code }).expect(200);
    assert.equal(shop.logins[0]?.uvid, body.guest.uvid);
  });

  it('are gone after a login, and stay after a failed one', async () => {
    const agent = open();
    const before = await agent.post('/save');
    const wrong = { username: 'alice@example.com', password: 'not-it-1' };
    await agent.post('/login').send(wrong).expect(401);
    assert.deepEqual((await agent.get('/me')).body.guest, before.body.guest);
    await agent
      .post('/login')
      .send({ ...wrong, password: 'Passw0rd!' })
      .expect(200);
    assert.equal((await agent.get('/me')).body.guest, undefined);
    await agent.post('/logout').expect(200);
    const next = await agent.post('/save');
    assert.notEqual(next.body.guest.uvid, before.body.guest.uvid);
  });

  it('are not made of users who are logged in', async () => {
    const agent = open();
    await agent.post('/login').send({ username: 'alice@example.com', password: 'Passw0rd!' });
    emulator.clearLog();
    const { body } = await agent.post('/guest').expect(200);
    assert.equal(body.user.id, idOf('alice@example.com'));
    assert.equal(body.guest, undefined);
    assert.deepEqual(emulator.log(), []);
  });

  describe('as users, when the app says so', () => {
    it('are at req.user and authenticated, from visit to visit', async () => {
      const agent = open({ guest: { asUser: true } });
      const { body } = await agent.post('/guest').expect(200);
      assert.equal(body.authenticated, true);
      assert.deepEqual(body.user, { kind: 'guest', uvid: body.guest.uvid });
      const again = await agent.get('/me');
      assert.deepEqual(again.body.user, body.user);
      assert.deepEqual(again.body.guest, body.guest);
    });

    it('still go with a named login', async () => {
      const agent = open({ guest: { asUser: true } });
      const { body } = await agent.post('/guest');
      const login = { username: 'alice@example.com', password: 'Passw0rd!' };
      const named = await agent.post('/login').send(login).expect(200);
      assert.equal(named.body.user.id, idOf('alice@example.com'));
      assert.equal(shop.logins[0]?.uvid, body.guest.uvid);
      assert.equal((await agent.get('/me')).body.guest, undefined);
    });
  });

  it('report a guest flow that is off as an error', async () => {
    emulator.client('3MVG9.public', {
      redirectUris: ['http://localhost:3000/callback'],
      isGuestCodeCredFlowEnabled: false,
    });
    const { body } = await open().post('/guest').expect(503);
    assert.equal(body.code, 'flow_disabled');
  });

  it('report a missing session as an error', async () => {
    const noSession = await open({ without: ['session'] })
      .post('/save')
      .expect(500);
    assert.equal(noSession.body.code, 'session_required');
    const noHeadless = await open({ without: ['headlessSession'] })
      .post('/guest')
      .expect(500);
    assert.equal(noHeadless.body.code, 'session_required');
  });
});
