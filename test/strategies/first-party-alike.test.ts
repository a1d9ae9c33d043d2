import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import request from 'supertest';
import { challengeCalls, registerFirstParty } from '../support/first-party.js';
import { createFirstPartyShop, type FirstPartyShopOptions } from '../support/first-party-shop.js';
import type { Shop } from '../support/shop.js';

type Agent = ReturnType<typeof request.agent>;
type Step = (agent: Agent, username: string) => request.Test;

const alice = 'alice@example.com';
const nobody = 'nobody@example.com';

const ask: Step = (agent, username) => agent.post('/first').send({ username, recaptcha: 'pass' });
const start: Step = (agent, username) =>
  agent.post('/first/start').send({ username, recaptcha: 'pass' });
const again: Step = (agent) => agent.post('/first/start').send({ recaptcha: 'pass' });
const guess: Step = (agent) => agent.post('/first').send({ code: 'no-code' });
const look: Step = (agent) => agent.get('/first/me');

/** What a visitor can tell from an answer. */
function told({ status, body }: request.Response): unknown {
  const text = JSON.stringify(body, (name, value: unknown) =>
    name === 'attempt' || name === 'expiresAt' ? typeof value : value,
  );
  return [status, JSON.parse(text)];
}

describe('FirstPartyStrategy on a site that refuses a code to unknown users', () => {
  let emulator: Emulator;
  let shop: Shop;
  before(async () => {
    emulator = await startEmulator();
  });
  after(() => emulator.close());
  beforeEach(() => {
    registerFirstParty(emulator);
    emulator.settings({ passwordless: { unknownUser: 'error' } });
  });
  afterEach(async () => {
    await shop.close();
    emulator.reset();
  });

  function open(options: Omit<FirstPartyShopOptions, 'emulator'> = {}): void {
    shop = createFirstPartyShop({ emulator, ...options });
  }
  async function course(username: string, steps: readonly Step[]): Promise<unknown[]> {
    const agent = request.agent(shop.app);
    const seen: unknown[] = [];
    for (const step of steps) seen.push(told(await step(agent, username)));
    return seen;
  }
  async function alike(steps: readonly Step[]): Promise<number[]> {
    const known = await course(alice, steps);
    assert.deepEqual(await course(nobody, steps), known);
    return known.map((answer) => (answer as [number])[0]);
  }
  const mailed = (): string => emulator.outbox(alice)[0]?.code ?? '';

  describe('answers alike, whether an account exists or not', () => {
    for (const vocabulary of ['salesforce', 'draft'] as const) {
      it(`when a code is asked for, and mistyped until there are no guesses left: ${vocabulary}`, async () => {
        emulator.settings({ firstParty: { vocabulary } });
        open();
        const steps = [ask, look, guess, guess, look, guess, guess, look];
        assert.deepEqual(await alike(steps), [401, 200, 401, 401, 200, 401, 429, 200]);
      });
    }

    it('when a code is sent again after that, which gives new guesses', async () => {
      open();
      const round = [guess, guess, guess, guess];
      const statuses = await alike([start, ...round, again, ...round, start, ...round]);
      const misses = [401, 401, 401, 429];
      assert.deepEqual(statuses, [200, ...misses, 200, ...misses, 200, ...misses]);
    });

    it('when more codes are asked for than an hour has', async () => {
      open();
      const sends = [start, again, start, again, start, again, start, guess];
      assert.deepEqual(await alike(sends), [200, 200, 200, 200, 200, 429, 429, 401]);
    });

    it('when codes are asked for by one browser after the other, and Salesforce has had enough', async () => {
      open();
      for (let browser = 0; browser < 7; browser += 1) {
        assert.deepEqual(await alike([ask, guess]), [401, 401]);
      }
    });

    it('when the app allows fewer guesses, codes and calls', async () => {
      open({ limits: { codeAttempts: 1, codeSends: 2 } });
      assert.deepEqual(
        await alike([ask, guess, guess, again, guess, guess, again]),
        [401, 401, 429, 200, 401, 429, 429],
      );
      await shop.close();
      emulator.reset();
      registerFirstParty(emulator);
      emulator.settings({ passwordless: { unknownUser: 'error' } });
      open({ firstPartyClient: { firstParty: { maxRounds: 2 } } });
      assert.deepEqual(await alike([ask, guess, guess, look, guess]), [401, 401, 429, 200, 400]);
    });
  });

  it('sends a session so many codes in an hour, whomever they are asked for', async () => {
    open({ limits: { codeSends: 1 } });
    const agent = request.agent(shop.app);
    for (let nth = 0; nth < 5; nth += 1) {
      await start(agent, `user-${String(nth)}@example.com`).expect(200);
    }
    const { body } = await start(agent, alice).expect(429);
    assert.equal(body.code, 'too_many_codes');
    assert.deepEqual(emulator.outbox(), []);
  });

  it('asks Salesforce about a code all the same, so that the time tells nothing', async () => {
    open();
    const calls = async (username: string): Promise<unknown> => {
      emulator.clearLog();
      await course(username, [ask, guess, guess]);
      return challengeCalls(emulator).map((call) => [
        [...call.keys()],
        call.get('auth_session')?.length,
      ]);
    };
    assert.deepEqual(await calls(nobody), await calls(alice));
  });

  it('tells of an outage as of an outage', async () => {
    open();
    const agent = request.agent(shop.app);
    await ask(agent, nobody).expect(401);
    const match = 'POST /services/oauth2/v1/authorization_challenge';
    emulator.faults([{ match, fault: 'status', times: 1 }]);
    await guess(agent, nobody).expect(502);
    await guess(agent, nobody).expect(401);
  });

  it('still takes the code that there is when Salesforce sends no further one', async () => {
    open();
    const agent = request.agent(shop.app);
    await start(agent, alice).expect(200);
    for (let browser = 0; browser < 4; browser += 1) {
      await start(request.agent(shop.app), alice).expect(200);
    }
    const { length } = emulator.outbox(alice);
    await again(agent, alice).expect(200);
    assert.equal(emulator.outbox(alice).length, length);
    await agent.post('/first').send({ code: mailed() }).expect(200);
  });
});
