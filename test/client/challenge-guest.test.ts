import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import type { ChallengeOutcome, HeadlessClient, HeadlessClientOptions } from '../../lib/index.js';
import { firstPartyClient, registerFirstParty } from '../support/first-party.js';
import { rejects } from './rejects.js';

const password = 'Passw0rd!';
const alice = { flow: 'password', username: 'alice@example.com', password } as const;
const byMail = { flow: 'passwordless', username: 'alice@example.com', recaptcha: 'pass' } as const;
const uvid = '3f1c2b9e-6a54-4d2f-9b0e-7f2f6c1a8d10';

function done(outcome: ChallengeOutcome) {
  assert.ok(outcome.state === 'done', outcome.state);
  return outcome.login;
}

describe('HeadlessClient.challenge carries the guest who logs in', () => {
  let emulator: Emulator;
  let client: HeadlessClient;
  before(async () => {
    emulator = await startEmulator();
  });
  after(() => emulator.close());
  beforeEach(() => {
    emulator.reset();
    registerFirstParty(emulator);
    client = firstPartyClient(emulator);
  });
  afterEach(() => client.close());

  const use = async (options: Partial<HeadlessClientOptions>): Promise<void> => {
    await client.close();
    client = firstPartyClient(emulator, options);
  };
  const carried = async ({ tokens }: ReturnType<typeof done>): Promise<unknown> => {
    const { visitor } = await client.verifyAccessToken(tokens.accessToken);
    return visitor;
  };
  const hints = (): (string | undefined)[] =>
    emulator
      .log()
      .filter(({ path }) => path.endsWith('/authorization_challenge'))
      .map(({ headers }) => headers['uvid-hint']);

  it('by a guest token, raw in the header', async () => {
    const { tokens } = await client.guest({ uvid });
    const login = done(await client.challenge({ ...alice, guestToken: tokens.accessToken }));
    assert.deepEqual([login.uvid, login.uvidRefused], [uvid, false]);
    assert.equal(await carried(login), uvid);
    assert.deepEqual(hints(), [tokens.accessToken]);
  });

  it('by a plain id, for which no spelling is documented', async () => {
    const login = done(await client.challenge({ ...alice, uvid }));
    assert.equal(await carried(login), uvid);
    assert.deepEqual(hints(), [uvid]);
  });

  it('through every step, telling Salesforce once', async () => {
    const start = await client.challenge({ ...byMail, uvid });
    assert.ok(start.state === 'challenge');
    const otp = emulator.outbox()[0]?.code ?? '';
    const login = done(await client.challenge({ session: start.session, otp, uvid }));
    assert.equal(await carried(login), uvid);
    assert.deepEqual(hints(), [uvid, undefined]);
  });

  it('even one who became a guest after the first step', async () => {
    const start = await client.challenge(byMail);
    assert.ok(start.state === 'challenge');
    const otp = emulator.outbox()[0]?.code ?? '';
    const login = done(await client.challenge({ session: start.session, otp, uvid }));
    assert.deepEqual([login.uvid, await carried(login)], [uvid, uvid]);
  });

  it('to the app alone, where the client is told to send no hint', async () => {
    for (const options of [
      { firstParty: { plainUvid: 'none' } },
      { uvidHint: { named: false } },
    ] as const) {
      await use(options);
      const login = done(await client.challenge({ ...alice, uvid }));
      assert.deepEqual([login.uvid, login.uvidRefused], [uvid, false]);
      assert.equal(await carried(login), undefined);
    }
    assert.deepEqual(hints(), [undefined, undefined]);
  });

  const dead =
    'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1dmlkOjNmMWMyYjllLTZhNTQtNGQyZi05YjBlLTdmMmY2YzFhOGQxMCJ9.c2ln';

  it('to the app alone, where Salesforce refuses the hint', async () => {
    const login = done(await client.challenge({ ...alice, guestToken: dead }));
    assert.deepEqual([login.uvid, login.uvidRefused], [uvid, true]);
    assert.deepEqual(hints(), [dead, undefined]);
  });

  it('or not at all, where a refused hint is to be an error', async () => {
    await use({ uvidHint: { retryWithout: false } });
    await rejects(client.challenge({ ...alice, guestToken: dead }), 'uvid_refused');
    assert.equal(hints().length, 1);
  });
});
