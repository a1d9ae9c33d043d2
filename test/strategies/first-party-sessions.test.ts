import assert from 'node:assert/strict';
import { MemoryStore } from 'express-session';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import request from 'supertest';
import { FirstPartyStrategy, type FirstPartyCredentials } from '../../lib/index.js';
import { challengeCalls, firstPartyClient, registerFirstParty } from '../support/first-party.js';
import { createFirstPartyShop, type FirstPartyShopOptions } from '../support/first-party-shop.js';
import type { Shop } from '../support/shop.js';

type Agent = ReturnType<typeof request.agent>;

const alice = { username: 'alice@example.com', password: 'Passw0rd!' };
const byMail = { username: 'alice@example.com', recaptcha: 'pass' };

describe('FirstPartyStrategy', () => {
  let emulator: Emulator;
  let shop: Shop;
  before(async () => {
    emulator = await startEmulator();
  });
  after(() => emulator.close());
  beforeEach(() => {
    registerFirstParty(emulator);
  });
  afterEach(async () => {
    await shop.close();
    emulator.reset();
  });

  const idOf = (username: string): unknown => emulator.state().users[username]?.userId;
  function open(options: Omit<FirstPartyShopOptions, 'emulator'> = {}): Agent {
    shop = createFirstPartyShop({ emulator, ...options });
    return request.agent(shop.app);
  }
  const post = (agent: Agent, body: object) => agent.post('/first').send(body);
  const start = (agent: Agent, body: object) => agent.post('/first/start').send(body);
  const mailed = (to?: string): string => emulator.outbox(to)[0]?.code ?? '';
  const codeIs = async (answer: request.Test, code: string): Promise<void> => {
    const { body } = await answer;
    assert.equal(body.code, code);
  };

  describe('binds a login to the browser session that began it', () => {
    it('refuses the code in another browser', async () => {
      const agent = open();
      const { body } = await start(agent, byMail);
      const stranger = request.agent(shop.app);
      await codeIs(post(stranger, { code: mailed() }).expect(400), 'no_code_requested');
      await start(stranger, { username: 'bob@example.com', recaptcha: 'pass' });
      const { attempt } = body.challenge;
      const stolen = { code: mailed(alice.username), attempt };
      await codeIs(post(stranger, stolen).expect(400), 'no_code_requested');
      await post(agent, { code: mailed(alice.username) }).expect(200);
    });

    it('refuses a code that was used', async () => {
      const agent = open();
      await start(agent, byMail);
      const code = mailed();
      await post(agent, { code }).expect(200);
      await codeIs(post(agent, { code }).expect(400), 'no_code_requested');
    });

    it('refuses a code that comes too late, here and there', async () => {
      const here = open({ limits: { codeLifetime: 0.05 } });
      await start(here, byMail);
      await new Promise((resolve) => setTimeout(resolve, 80));
      await codeIs(post(here, { code: mailed() }).expect(400), 'challenge_expired');
      await shop.close();
      emulator.settings({ firstParty: { sessionTtl: 5 } });
      const there = open();
      await start(there, byMail);
      emulator.clock(6);
      await codeIs(post(there, { code: mailed() }).expect(400), 'challenge_expired');
      assert.equal((await there.get('/first/me')).body.challenge, undefined);
    });

    it('keeps the logins of two tabs apart', async () => {
      const agent = open();
      const alices = await start(agent, byMail);
      const bobs = await start(agent, { username: 'bob@example.com', recaptcha: 'pass' });
      assert.notEqual(alices.body.challenge.attempt, bobs.body.challenge.attempt);
      const { attempt } = alices.body.challenge;
      const code = mailed(alice.username);
      const { body } = await post(agent, { code, attempt }).expect(200);
      assert.equal(body.user.id, idOf(alice.username));
    });

    it('keeps what belongs to it sealed: neither session, store, cookie nor answer shows it', async () => {
      const store = new MemoryStore();
      const agent = open({ store });
      const { headers, text } = await start(agent, byMail);
      await post(agent, { code: 'wrong' });
      const sessions = new Set<string>();
      for (const call of challengeCalls(emulator)) sessions.add(call.get('auth_session') ?? '');
      const everything = JSON.stringify(Reflect.get(store, 'sessions')) + JSON.stringify(headers);
      for (const secret of [...sessions, mailed()]) {
        if (secret !== '') assert.ok(!(everything + text).includes(secret));
      }
      assert.doesNotMatch(everything, /codeVerifier|authSession/);
      assert.ok(sessions.size > 1);
    });
  });

  describe('takes steps of one browser in turn', () => {
    it('sends one login on when the form is sent twice', async () => {
      const agent = open();
      await agent.post('/save').expect(200);
      const both = await Promise.all([start(agent, byMail), start(agent, byMail)]);
      const attempts = both.map(({ body }) => body.challenge.attempt as string);
      assert.equal(attempts[0], attempts[1]);
      const [first, second] = challengeCalls(emulator);
      assert.equal(first?.get('auth_session'), null);
      assert.notEqual(second?.get('auth_session'), null);
      await post(agent, { code: mailed() }).expect(200);
    });

    it('logs in once when the code is sent twice', async () => {
      const agent = open();
      await start(agent, byMail);
      const code = mailed();
      const both = await Promise.all([post(agent, { code }), post(agent, { code })]);
      assert.deepEqual(both.map(({ status }) => status).sort(), [200, 400]);
      const late = both.find(({ status }) => status === 400);
      assert.equal(late?.body.code, 'no_code_requested');
      assert.equal(shop.logins.length, 1);
    });

    it('logs one person in when a right password is sent twice', async () => {
      const agent = open();
      await agent.post('/save').expect(200);
      const both = await Promise.all([post(agent, alice), post(agent, alice)]);
      assert.deepEqual(
        both.map(({ status }) => status),
        [200, 200],
      );
    });
  });

  it('carries the guest along, and upgrades once', async () => {
    const upgraded: string[] = [];
    const agent = open({
      headless: {
        onUpgrade: ({ uvid }) => {
          upgraded.push(uvid);
        },
      },
    });
    const { body } = await agent.post('/save').expect(200);
    const { uvid } = body.guest;
    emulator.clearLog();
    await start(agent, byMail);
    assert.equal(emulator.log()[0]?.headers['uvid-hint'], uvid);
    const done = await post(agent, { code: mailed() }).expect(200);
    assert.deepEqual([done.body.upgrade.status, done.body.upgrade.uvid], ['linked', uvid]);
    assert.deepEqual(upgraded, [uvid]);
    const [login] = shop.logins;
    assert.ok(login);
    assert.equal(login.uvid, uvid);
    const { visitor } = await shop.client.verifyAccessToken(login.tokens.accessToken);
    assert.equal(visitor, uvid);
  });

  describe('begins anew after a right password whose login failed, for', () => {
    const token = 'POST /services/oauth2/token';
    const fails = (title: string, fault: 'status' | 'empty' | 'reset', status: number): void => {
      it(title, async () => {
        const agent = open();
        await post(agent, { ...alice, password: 'not-it-1' }).expect(401);
        emulator.faults([{ match: token, fault, times: 1 }]);
        await post(agent, alice).expect(status);
        await post(agent, alice).expect(200);
      });
    };
    fails('an error of Salesforce', 'status', 502);
    fails('an answer that says nothing', 'empty', 502);
    fails('an answer that was lost', 'reset', 503);
  });

  describe('reports as an error, not as a wrong password', () => {
    const broken = (title: string, code: string, prepare: () => void): void => {
      it(`${title}: ${code}`, async () => {
        prepare();
        const agent = open();
        await codeIs(post(agent, alice).expect(503), code);
      });
    };
    broken('a site without first-party applications', 'flow_disabled', () => {
      emulator.settings({ firstParty: { enabled: false } });
    });
    broken('an attestation that Salesforce refuses', 'invalid_client', () => {
      registerFirstParty(emulator, { clientAssertionCertificate: null });
    });
    it('a missing headlessSession: session_required', async () => {
      const agent = open({ without: ['headlessSession'] });
      await codeIs(post(agent, alice).expect(500), 'session_required');
    });
    it('a password that goes to start(): invalid_argument', async () => {
      await codeIs(start(open(), alice).expect(500), 'invalid_argument');
    });
  });

  it('refuses a request that says nothing', async () => {
    const agent = open();
    for (const body of [{}, { code: ' ' }]) {
      await codeIs(post(agent, body).expect(400), 'missing_credentials');
    }
    await codeIs(start(agent, {}).expect(400), 'missing_credentials');
    await codeIs(post(agent, { password: 'x' }).expect(400), 'no_code_requested');
    assert.deepEqual(challengeCalls(emulator), []);
  });

  it('says what comes next in the words of the app', async () => {
    const agent = open({ firstParty: { messages: { challenge_required: 'Code eingeben.' } } });
    const { body } = await post(agent, byMail);
    assert.equal(body.message, 'Code eingeben.');
  });

  it('waits for readers that take their time', async () => {
    const agent = open({
      firstParty: {
        credentials: async (req) => {
          await new Promise((resolve) => setTimeout(resolve, 5));
          return req.body as FirstPartyCredentials;
        },
        registration: () => Promise.resolve(undefined),
      },
    });
    await post(agent, alice).expect(200);
  });

  it('takes readers that give no object for what they are', async () => {
    const isRefused = async (firstParty: object, option: string): Promise<void> => {
      const { body } = await post(open({ firstParty }), alice).expect(500);
      assert.equal(body.code, 'invalid_argument');
      assert.match(String(body.message), new RegExp(`FirstPartyStrategy: option \`${option}\``));
    };
    await isRefused({ credentials: () => undefined }, 'credentials');
    await isRefused({ registration: () => Promise.resolve(false) }, 'registration');
  });

  it('checks its options', () => {
    const agent = open();
    assert.ok(agent);
    const client = firstPartyClient(emulator);
    for (const option of ['credentials', 'registration', 'webLogin']) {
      const wrong = { client, [option]: 1 } as never;
      assert.throws(() => new FirstPartyStrategy(wrong, () => ({})), {
        name: 'TypeError',
        message: new RegExp(`FirstPartyStrategy: option \`${option}\``),
      });
    }
  });
});
