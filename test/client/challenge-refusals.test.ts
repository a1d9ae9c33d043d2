import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import {
  ChallengeSession,
  HeadlessClient,
  type ChallengeInput,
  type FirstPartyOptions,
  type HeadlessClientOptions,
  type HeadlessErrorCode,
} from '../../lib/index.js';
import { selfSigned } from '../emulator/certificate.js';
import {
  challengeCalls,
  firstParty,
  firstPartyClient,
  registerFirstParty,
} from '../support/first-party.js';
import { rejects } from './rejects.js';

const password = 'Passw0rd!';
const alice = { flow: 'password', username: 'alice@example.com', password } as const;
const byMail = { flow: 'passwordless', username: 'alice@example.com', recaptcha: 'pass' } as const;

describe('HeadlessClient.challenge', () => {
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

  describe('says who can mend a refusal', () => {
    interface Case {
      readonly settings?: object;
      readonly client?: Parameters<Emulator['client']>[1];
      readonly options?: Partial<HeadlessClientOptions>;
      readonly input?: ChallengeInput;
    }
    const refused = (title: string, code: HeadlessErrorCode, made: Case, hint?: RegExp): void => {
      it(`${title}: ${code}`, async () => {
        if (made.settings) emulator.settings(made.settings);
        registerFirstParty(emulator, made.client);
        await client.close();
        client = firstPartyClient(emulator, made.options);
        const error = await rejects(client.challenge(made.input ?? alice), code);
        if (hint) assert.match(error.hint ?? '', hint);
      });
    };
    const { key } = selfSigned();
    refused(
      'a site without first-party applications',
      'flow_disabled',
      {
        settings: { firstParty: { enabled: false } },
      },
      /Allow off-platform apps/,
    );
    refused(
      'an app that is none',
      'flow_disabled',
      { client: { isFirstPartyAppEnabled: false } },
      /isFirstPartyAppEnabled/,
    );
    refused('a flow that is off', 'flow_disabled', {
      settings: { passwordless: { enabled: false } },
      input: byMail,
    });
    refused(
      'an attestation by another key',
      'invalid_client',
      { options: { privateKey: key } },
      /clientAssertionCertificate/,
    );
    refused(
      'an attestation for another site',
      'invalid_client',
      {
        options: { firstParty: { audience: 'https://elsewhere.example.com' } },
      },
      /audience/,
    );
    refused('no attestation at all', 'invalid_client', {
      options: { firstParty: { attestation: false, clientAuthentication: false } },
    });
    refused('a client id that is unknown', 'invalid_client_id', {
      options: { clientId: '3MVG9.unknown' },
    });
    refused('a scope that the app lacks', 'invalid_scope', {
      options: { scope: 'api visualforce' },
    });
    refused('a user who is not approved', 'app_not_approved', {
      client: { preapprovedUsers: ['bob@example.com'] },
    });
    refused('a missing reCAPTCHA token', 'recaptcha_required', {
      settings: { firstParty: { requireRecaptcha: true } },
    });
    refused('a bad reCAPTCHA token', 'recaptcha_refused', {
      settings: { firstParty: { requireRecaptcha: true } },
      input: { ...alice, recaptcha: 'fail' },
    });
    refused('a site that is not active', 'site_not_found', {
      settings: { site: { active: false } },
    });
    refused(
      'an endpoint that is elsewhere',
      'site_not_found',
      {
        options: { firstParty: { endpoint: '/services/oauth2/nowhere' } },
      },
      /firstParty\.endpoint/,
    );
    refused('a password that is too weak to register with', 'password_policy', {
      input: {
        flow: 'registration',
        userdata: { email: 'ana@example.com', lastName: 'Ruiz', username: 'ana@example.com' },
        password: 'weak',
        recaptcha: 'pass',
      },
    });
  });

  it('answers alike for an unknown user, a wrong password and a locked account', async () => {
    emulator.user('locked@example.com', { password, isLocked: true });
    emulator.user('gone@example.com', { password, isActive: false });
    const told = [];
    for (const input of [
      { ...alice, password: 'not-it-1' },
      { ...alice, username: 'nobody@example.com' },
      { ...alice, username: 'locked@example.com' },
      { ...alice, username: 'gone@example.com' },
    ]) {
      const outcome = await client.challenge(input);
      assert.ok(outcome.state === 'challenge');
      const { session, ...rest } = outcome;
      assert.equal(session.rounds, 1);
      told.push(rest);
    }
    for (const each of told) assert.deepEqual(each, told[0]);
  });

  it('refuses a registration that the handler refuses', async () => {
    const picky = await startEmulator({ createUser: () => null });
    registerFirstParty(picky);
    const registering = firstPartyClient(picky);
    const outcome = await registering.challenge({
      flow: 'registration',
      userdata: { email: 'ana@example.com', lastName: 'Ruiz', username: 'ana@example.com' },
      recaptcha: 'pass',
    });
    assert.ok(outcome.state === 'challenge');
    const otp = picky.outbox()[0]?.code ?? '';
    await rejects(registering.challenge({ session: outcome.session, otp }), 'registration_refused');
    await registering.close();
    await picky.close();
  });

  describe('sends nothing that cannot be right', () => {
    const session = ChallengeSession.from(
      JSON.stringify({
        ...{ flow: 'password', codeVerifier: 'v', authSession: 'a', rounds: 1 },
        ...{ uvidRefused: false, isStepUp: false },
      }),
    );
    const wrong = (title: string, code: HeadlessErrorCode, input: unknown): void => {
      it(`${title}: ${code}`, async () => {
        await rejects(client.challenge(input as ChallengeInput), code);
        assert.deepEqual(challengeCalls(emulator), []);
      });
    };
    wrong('nothing', 'invalid_argument', undefined);
    wrong('neither flow nor session', 'invalid_argument', { password });
    wrong('a flow that is none', 'invalid_argument', { flow: 'guest' });
    wrong('a session that is none', 'invalid_argument', { session: {}, otp: '1' });
    wrong('no password', 'missing_credentials', { flow: 'password', username: 'alice' });
    wrong('no user', 'missing_credentials', { flow: 'passwordless' });
    wrong('a line break in a code', 'malformed_credentials', { session, otp: '1\n2' });
    wrong('an answer of nothing', 'missing_credentials', { session });
    wrong('parameters that are no texts', 'invalid_argument', { session, parameters: { a: 1 } });
    wrong('a visitor id that is none', 'invalid_argument', { ...alice, uvid: 'x' });
    wrong('a method that is none', 'malformed_credentials', { ...byMail, method: 'fax' });
  });

  it('refuses a session that it has not written', () => {
    for (const text of ['', '{}', '[]', 'null', '{"flow":"password","codeVerifier":1}']) {
      assert.throws(() => ChallengeSession.from(text), { code: 'invalid_argument' });
    }
  });

  it('lets no further parameter take the place of its own', async () => {
    await client.challenge({ ...alice, parameters: { client_id: 'other', username: 'bob' } });
    const [call] = challengeCalls(emulator);
    assert.deepEqual(call?.getAll('client_id'), [firstParty.clientId]);
    assert.deepEqual(call.getAll('username'), [alice.username]);
  });

  describe('has options that are checked', () => {
    const wrong = (option: string, given: unknown): void => {
      it(option, () => {
        const options = given as FirstPartyOptions;
        assert.throws(
          () => firstPartyClient(emulator, { firstParty: options }),
          (error: unknown) => error instanceof TypeError && error.message.includes(`\`${option}\``),
        );
      });
    };
    wrong('firstParty', 'yes');
    wrong('firstParty.unknown', { unknown: true });
    wrong('firstParty.endpoint', { endpoint: 'https://elsewhere.example.com/challenge' });
    wrong('firstParty.endpoint', { endpoint: '//elsewhere.example.com/challenge' });
    wrong('firstParty.discover', { discover: 'yes' });
    wrong('firstParty.attestation', { attestation: 'yes' });
    wrong('firstParty.audience', { audience: '' });
    wrong('firstParty.maxRounds', { maxRounds: 0 });
    wrong('firstParty.registrationFormat', { registrationFormat: 'xml' });
    wrong('firstParty.format', { format: 'xml' });
    wrong('firstParty.plainUvid', { plainUvid: 'query' });
    wrong('firstParty.parameters.user', { parameters: { user: 'login' } });
    wrong('firstParty.parameters.username', { parameters: { username: '' } });
    it('firstParty.attestation without a key', () => {
      const options = { site: emulator.url, clientId: 'app', redirectUri: 'http://localhost/' };
      assert.throws(() => new HeadlessClient({ ...options, firstParty: { attestation: true } }), {
        name: 'TypeError',
        message: /`firstParty.attestation` needs `privateKey`/,
      });
    });
  });
});
