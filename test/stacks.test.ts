import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import request from 'supertest';
import { createShop, type Shop } from './support/shop.js';
import { stacks } from './support/stacks.js';

const require = createRequire(import.meta.url);
const alice = { username: 'alice@example.com', password: 'Passw0rd!' };

/** The same suite over every pairing of Express and Passport that apps out there run. */
describe('the strategies', () => {
  let emulator: Emulator;
  before(async () => {
    emulator = await startEmulator();
  });
  after(async () => {
    await emulator.close();
  });
  const idOf = (username: string): unknown => emulator.state().users[username]?.userId;

  for (const stack of stacks) {
    describe(`on ${stack.title}`, () => {
      let shop: Shop;
      beforeEach(() => {
        shop = createShop({ emulator, stack });
      });
      afterEach(async () => {
        await shop.close();
        emulator.reset();
      });

      it('log in by password, keep the login, and end it', async () => {
        const agent = request.agent(shop.app);
        const { body } = await agent.post('/login').send(alice).expect(200);
        assert.equal(body.user.id, idOf(alice.username));
        assert.equal((await agent.get('/me')).body.authenticated, true);
        await agent.post('/logout').expect(200);
        assert.equal((await agent.get('/me')).body.authenticated, false);
      });

      it('refuse a wrong password', async () => {
        const agent = request.agent(shop.app);
        await agent
          .post('/login')
          .send({ ...alice, password: 'not-it-1' })
          .expect(401);
        assert.equal((await agent.get('/me')).body.authenticated, false);
      });

      it('refuse an empty form, and a request without a body', async () => {
        await request(shop.app).post('/login').send({}).expect(400);
        await request(shop.app).post('/login').expect(400);
      });

      it('log in by a code, once', async () => {
        const agent = request.agent(shop.app);
        await agent.post('/code').send({ username: alice.username, recaptcha: 'pass' }).expect(200);
        const code = emulator.outbox()[0]?.code;
        const { body } = await agent.post('/code/login').send({ code }).expect(200);
        assert.equal(body.user.id, idOf(alice.username));
        await agent.post('/code/login').send({ code }).expect(400);
      });

      it('give a stranger a guest who is no user, and take it along into the login', async () => {
        const agent = request.agent(shop.app);
        const { body } = await agent.post('/guest').expect(200);
        assert.equal(body.authenticated, false);
        assert.equal(body.user, undefined);
        assert.equal((await agent.get('/me')).body.guest.uvid, body.guest.uvid);
        const named = await agent.post('/login').send(alice).expect(200);
        assert.equal(named.body.user.id, idOf(alice.username));
        assert.equal(shop.logins[0]?.uvid, body.guest.uvid);
        assert.equal((await agent.get('/me')).body.guest, undefined);
      });

      it('log a guest in as a user when the app says so', async () => {
        await shop.close();
        shop = createShop({ emulator, stack, guest: { asUser: true } });
        const agent = request.agent(shop.app);
        const { body } = await agent.post('/guest').expect(200);
        assert.equal(body.authenticated, true);
        const again = await agent.get('/me');
        assert.deepEqual(again.body.user, body.user);
        assert.deepEqual(again.body.guest, body.guest);
      });

      it('report an outage as an error', async () => {
        emulator.faults([{ match: 'POST /services/oauth2/authorize', fault: 'status' }]);
        const { body } = await request(shop.app).post('/login').send(alice).expect(502);
        assert.equal(body.code, 'server_error');
      });
    });
  }
});

describe('the package', () => {
  it('is one and the same from an ES module and from CommonJS require', async () => {
    const imported = await import('passport-sf-headless');
    const required = require('passport-sf-headless') as typeof imported;
    assert.equal(required.PasswordStrategy, imported.PasswordStrategy);
    assert.equal(required.HeadlessError, imported.HeadlessError);
  });

  it('logs in from a CommonJS app', async () => {
    const emulator = await startEmulator();
    const app = require('../../test/support/commonjs-app.cjs') as (site: string) => unknown;
    const { body } = await request(app(emulator.url) as never)
      .post('/login')
      .send(alice)
      .expect(200);
    assert.equal(body.id, emulator.state().users[alice.username]?.userId);
    await emulator.close();
  });
});
