import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { decodeJwt } from 'jose';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import {
  ChallengeSession,
  type ChallengeOutcome,
  type HeadlessClient,
  type HeadlessClientOptions,
} from '../../lib/index.js';
import { selfSigned } from '../emulator/certificate.js';
import {
  challengeCalls,
  firstParty,
  firstPartyClient,
  registerFirstParty,
} from '../support/first-party.js';
import { assertNothingSecret } from '../support/secrets.js';
import { clientFor } from '../support/shop.js';
import { rejects } from './rejects.js';

const password = 'Passw0rd!';
const alice = { flow: 'password', username: 'alice@example.com', password } as const;
const byMail = { flow: 'passwordless', username: 'alice@example.com', recaptcha: 'pass' } as const;
const ana = {
  flow: 'registration',
  userdata: {
    username: 'ana@example.com',
    email: 'ana@example.com',
    firstName: 'Ana',
    lastName: 'Ruiz',
  },
  password: 'Blue-Kite-42',
  recaptcha: 'pass',
} as const;

type Asked = Extract<ChallengeOutcome, { readonly state: 'challenge' }>;

function asked(outcome: ChallengeOutcome, errorCode: string): Asked {
  assert.ok(outcome.state === 'challenge', outcome.state);
  assert.equal(outcome.errorCode, errorCode);
  return outcome;
}

function done(outcome: ChallengeOutcome) {
  assert.ok(outcome.state === 'done', outcome.state);
  return outcome.login;
}

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

  const use = async (options: Partial<HeadlessClientOptions>): Promise<void> => {
    await client.close();
    client = firstPartyClient(emulator, options);
  };
  const idOf = (username: string): unknown => emulator.state().users[username]?.userId;
  const sent = (): string => emulator.outbox()[0]?.code ?? '';
  const wrongCode = (): string => (sent() === '000000' ? '000001' : '000000');

  it('logs in by password: one challenge and one token call', async () => {
    const { identity } = done(await client.challenge(alice));
    assert.equal(identity.userId, idOf('alice@example.com'));
    const paths = emulator.log().map(({ path }) => path.replace('/portal/services/oauth2', ''));
    assert.deepEqual(paths.slice(0, 2), ['/v1/authorization_challenge', '/token']);
    const [call] = challengeCalls(emulator);
    assert.deepEqual(
      [call?.get('response_type'), call?.get('code_challenge_method'), call?.get('client_secret')],
      ['code', 'S256', null],
    );
    const token = new URLSearchParams(emulator.log()[1]?.body);
    assert.equal(token.get('redirect_uri'), null);
    assert.equal(token.get('client_secret'), firstParty.clientSecret);
  });

  it('takes a wrong password for a challenge, and the right one on top of it', async () => {
    const { session } = asked(
      await client.challenge({ ...alice, password: 'not-it-1' }),
      'invalid_credentials',
    );
    assert.deepEqual([session.flow, session.rounds], ['password', 1]);
    done(await client.challenge({ session, password }));
    const [, retry] = challengeCalls(emulator);
    const app = ['client_assertion', 'client_assertion_type', 'client_id'];
    assert.deepEqual([...(retry?.keys() ?? [])].sort(), [
      'auth_session',
      ...app,
      'password',
      'response_type',
    ]);
  });

  for (const method of ['email', 'sms'] as const) {
    it(`logs in by a one-time code: ${method}`, async () => {
      const start = asked(await client.challenge({ ...byMail, method }), 'login_initialized');
      assert.deepEqual(start.loginStatus, { state: 'otp_sent', type: method.toUpperCase() });
      const { identity } = done(await client.challenge({ session: start.session, otp: sent() }));
      assert.equal(identity.userId, idOf('alice@example.com'));
    });
  }

  it('registers by JSON, has the user made by the code, and logs the user in', async () => {
    const { session } = asked(await client.challenge(ana), 'login_initialized');
    assert.equal(emulator.log()[0]?.headers['content-type'], 'application/json');
    assert.equal(idOf('ana@example.com'), undefined);
    const { identity } = done(await client.challenge({ session, otp: sent() }));
    assert.equal(identity.userId, idOf('ana@example.com'));
  });

  it('registers by a form, where it is told to', async () => {
    await use({ firstParty: { registrationFormat: 'form' } });
    const custom = { ...ana, customdata: { plan: 'gold' } };
    const { session } = asked(await client.challenge(custom), 'login_initialized');
    assert.match(emulator.log()[0]?.headers['content-type'] ?? '', /x-www-form-urlencoded/);
    done(await client.challenge({ session, otp: sent() }));
  });

  it('speaks JSON at every call, where it is told to', async () => {
    await use({ firstParty: { format: 'json' } });
    const { session } = asked(await client.challenge(byMail), 'login_initialized');
    const wrong = asked(await client.challenge({ session, otp: wrongCode() }), 'invalid_otp');
    done(await client.challenge({ session: wrong.session, otp: sent() }));
    done(await client.challenge(alice));
    const calls = emulator.log().filter(({ path }) => path.endsWith('/authorization_challenge'));
    const types = calls.map(({ headers }) => headers['content-type']);
    assert.deepEqual(types, Array<string>(4).fill('application/json'));
  });

  it('calls its parameters by the names that the server has for them', async () => {
    const parameters = { emailTemplate: 'template_id', uvidHint: 'visitor', username: 'login' };
    await use({ firstParty: { parameters, plainUvid: 'body' } });
    const uvid = '0b6c1f0e-3a55-4c3e-9d0a-1f2e3d4c5b6a';
    const template = { ...byMail, emailTemplate: '00X000000000001', uvid };
    await client.challenge(template);
    const [call] = challengeCalls(emulator);
    const sentAs = ['template_id', 'visitor', 'login'].map((name) => call?.get(name));
    assert.deepEqual(sentAs, ['00X000000000001', uvid, byMail.username]);
    const standing = ['emailtemplate', 'uvid_hint', 'username'].map((name) => call?.get(name));
    assert.deepEqual(standing, [null, null, null]);
  });

  it('goes on after a wrong code, and sends the code again within the login', async () => {
    const { session } = asked(await client.challenge(byMail), 'login_initialized');
    const wrong = asked(await client.challenge({ session, otp: wrongCode() }), 'invalid_otp');
    const again = asked(
      await client.challenge({ ...byMail, session: wrong.session }),
      'login_initialized',
    );
    assert.equal(emulator.outbox().length, 2);
    assert.equal(again.session.rounds, 3);
    done(await client.challenge({ session: again.session, otp: sent() }));
  });

  it('always sends the newest auth_session, and every attestation once', async () => {
    let { session } = asked(await client.challenge(byMail), 'login_initialized');
    for (const otp of [wrongCode(), wrongCode()]) {
      ({ session } = asked(await client.challenge({ session, otp }), 'invalid_otp'));
    }
    const calls = challengeCalls(emulator);
    const sessions = calls.map((call) => call.get('auth_session'));
    assert.equal(new Set(sessions).size, 3);
    const claims = calls.map((call) => decodeJwt(call.get('client_assertion') ?? ''));
    assert.equal(new Set(claims.map(({ jti }) => jti)).size, 3);
    assert.deepEqual([claims[0]?.iss, claims[0]?.aud], [firstParty.clientId, emulator.url]);
  });

  it('keeps the auth_session where the server keeps it', async () => {
    emulator.settings({ firstParty: { rotateAuthSession: false } });
    const start = asked(await client.challenge(byMail), 'login_initialized');
    const wrong = await client.challenge({ session: start.session, otp: wrongCode() });
    done(await client.challenge({ session: asked(wrong, 'invalid_otp').session, otp: sent() }));
  });

  it('refuses a session that has been used, or was replaced', async () => {
    const start = asked(await client.challenge(byMail), 'login_initialized');
    const wrong = asked(
      await client.challenge({ session: start.session, otp: wrongCode() }),
      'invalid_otp',
    );
    await rejects(client.challenge({ session: start.session, otp: sent() }), 'challenge_expired');
    done(await client.challenge({ session: wrong.session, otp: sent() }));
    await rejects(client.challenge({ session: wrong.session, otp: sent() }), 'challenge_expired');
  });

  it('refuses a session that is too old for Salesforce', async () => {
    emulator.settings({ firstParty: { sessionTtl: 5 } });
    const { session } = asked(await client.challenge(byMail), 'login_initialized');
    emulator.clock(6);
    await rejects(client.challenge({ session, otp: sent() }), 'challenge_expired');
  });

  it('ends a login after so many calls, without another one', async () => {
    await use({ firstParty: { maxRounds: 2 } });
    const one = asked(
      await client.challenge({ ...alice, password: 'not-it-1' }),
      'invalid_credentials',
    );
    const two = asked(
      await client.challenge({ session: one.session, password: 'not-it-1' }),
      'invalid_credentials',
    );
    await rejects(client.challenge({ session: two.session, password }), 'too_many_attempts');
    assert.equal(challengeCalls(emulator).length, 2);
  });

  it('speaks the words of the draft as those of Salesforce', async () => {
    emulator.settings({ firstParty: { vocabulary: 'draft', strict: true } });
    const start = asked(await client.challenge(byMail), 'login_initialized');
    assert.equal(start.error, 'insufficient_authorization');
    done(await client.challenge({ session: start.session, otp: sent() }));
  });

  it('survives being kept on the server, and shows nothing by accident', async () => {
    const start = asked(await client.challenge(byMail), 'login_initialized');
    const text = start.session.serialize();
    const { authSession, codeVerifier } = JSON.parse(text) as Record<string, string>;
    assert.ok(authSession !== undefined && codeVerifier !== undefined);
    assertNothingSecret(start, 'a challenge', [authSession, codeVerifier]);
    const session = ChallengeSession.from(text);
    done(await client.challenge({ session, otp: sent() }));
  });

  it('is rotated to another key while it runs, by a function', async () => {
    const [old, next] = [selfSigned(), selfSigned()];
    let current = old.key;
    registerFirstParty(emulator, { clientAssertionCertificate: old.cert });
    await use({ privateKey: () => Promise.resolve(createPrivateKey(current)) });
    const start = asked(await client.challenge(byMail), 'login_initialized');
    registerFirstParty(emulator, { clientAssertionCertificate: next.cert });
    current = next.key;
    done(await client.challenge({ session: start.session, otp: sent() }));
  });

  it('authenticates by the key alone where there is no secret', async () => {
    registerFirstParty(emulator, { secret: null });
    await client.close();
    const { clientId, privateKey } = firstParty;
    client = clientFor(emulator, { clientId, privateKey });
    done(await client.challenge(alice));
  });

  it('asks with the token of an integration user, where the site demands one', async () => {
    emulator.settings({ passwordless: { requireAuth: true, requireRecaptcha: false } });
    await rejects(client.challenge(byMail), 'integration_token_required');
    emulator.client('3MVG9.integration', {
      secret: 'integration-secret',
      isClientCredentialsEnabled: true,
      clientCredentialsUser: 'bob@example.com',
      scopes: ['pwdless_login_api', 'user_registration_api'],
    });
    await use({
      integration: { clientId: '3MVG9.integration', clientSecret: 'integration-secret' },
    });
    const start = asked(await client.challenge(byMail), 'login_initialized');
    done(await client.challenge({ session: start.session, otp: sent() }));
  });
});
