import assert from 'node:assert/strict';
import {
  HeadlessClient,
  type ChallengeOutcome,
  type HeadlessClientOptions,
} from '../../lib/index.js';
import { DraftServer } from '../support/draft-server.js';
import { assertNothingSecret } from '../support/secrets.js';
import { rejects } from './rejects.js';

const ada = { flow: 'password', username: 'ada', password: 'right-password' } as const;
const totp = { totp_code: '482913' };

function asked(outcome: ChallengeOutcome, error: string) {
  assert.ok(outcome.state === 'challenge', outcome.state);
  assert.equal(outcome.error, error);
  return outcome;
}

describe('HeadlessClient.challenge on a server that holds to the IETF draft', () => {
  let server: DraftServer;
  let client: HeadlessClient;
  const use = (options: Partial<HeadlessClientOptions> = {}): HeadlessClient =>
    new HeadlessClient({
      site: server.issuer.origin,
      clientId: 'app',
      clientSecret: 'app-secret',
      clientSecretIn: 'header',
      redirectUri: 'https://app.example.com/callback',
      scope: 'openid',
      firstParty: { discover: true },
      ...options,
    });
  beforeEach(async () => {
    server = await DraftServer.start();
    client = use();
  });
  afterEach(async () => {
    await client.close();
    await server.close();
  });

  it('goes on with whatever the server asks for, by its own names', async () => {
    const start = asked(await client.challenge(ada), 'insufficient_authorization');
    assert.equal(start.members['otp_required'], true);
    const { session } = asked(
      await client.challenge({ session: start.session, parameters: { totp_code: '000000' } }),
      'totp_invalid',
    );
    const end = await client.challenge({ session, parameters: totp });
    assert.ok(end.state === 'done');
    assert.equal(end.login.identity.userId, '005xx000001SwiUAAS');
  });

  it('takes an unknown error that comes with a session for a challenge', async () => {
    const wrong = asked(
      await client.challenge({ ...ada, password: 'wrong-password' }),
      'username_or_password_invalid',
    );
    assert.equal(wrong.errorCode, undefined);
    const right = await client.challenge({ ...ada, session: wrong.session });
    asked(right, 'insufficient_authorization');
  });

  it('keeps unknown members, but neither the session nor what was entered', async () => {
    const outcome = asked(await client.challenge(ada), 'insufficient_authorization');
    const { authSession } = JSON.parse(outcome.session.serialize()) as Record<string, string>;
    assert.ok(authSession !== undefined);
    assert.deepEqual(outcome.members['next'], [{ action: 'totp:v1', echoed: '[redacted]' }]);
    assert.equal(outcome.members['expires_at'], 1790000000);
    assertNothingSecret(outcome, 'a challenge', [authSession, ada.password]);
  });

  it('finds the endpoint in the metadata once', async () => {
    asked(await client.challenge(ada), 'insufficient_authorization');
    asked(await client.challenge(ada), 'insufficient_authorization');
    const asks = server.issuer.requests.filter((call) => call.endsWith('/openid-configuration'));
    assert.equal(asks.length, 1);
  });

  it('asks the metadata again after they could not be had', async () => {
    const metadata = '/.well-known/openid-configuration';
    const { answers } = server.issuer;
    const answer = answers.get(metadata);
    assert.ok(answer);
    server.issuer.text(metadata, 503, '');
    await rejects(client.challenge(ada), 'server_error');
    assert.equal(server.calls.length, 0);
    answers.set(metadata, answer);
    asked(await client.challenge(ada), 'insufficient_authorization');
  });

  it('sends nothing to an endpoint on another host', async () => {
    const { origin } = server.issuer;
    server.issuer.json('/.well-known/openid-configuration', 200, {
      issuer: origin,
      authorization_challenge_endpoint: 'https://elsewhere.example.com/authorize-challenge',
    });
    await rejects(client.challenge(ada), 'untrusted_host');
    assert.equal(server.calls.length, 0);
  });

  it('takes the endpoint as an option, too', async () => {
    await client.close();
    client = use({ firstParty: { endpoint: '/authorize-challenge' } });
    asked(await client.challenge(ada), 'insufficient_authorization');
  });

  it('authenticates the client where it attests nothing', async () => {
    await client.close();
    client = use({
      firstParty: { endpoint: '/authorize-challenge', clientAuthentication: false },
    });
    await rejects(client.challenge(ada), 'invalid_client');
  });

  it('attests by a function of the app, anew for each call', async () => {
    await client.close();
    let count = 0;
    client = use({
      firstParty: {
        endpoint: '/authorize-challenge',
        clientAuthentication: true,
        attestation: (url) => {
          count += 1;
          return { parameters: { attested: `${count} ${new URL(url).pathname}` } };
        },
      },
    });
    const { session } = asked(await client.challenge(ada), 'insufficient_authorization');
    await client.challenge({ session, parameters: totp });
    assert.deepEqual(
      server.calls.map((call) => call.get('attested')),
      ['1 /authorize-challenge', '2 /authorize-challenge'],
    );
  });

  it('attests by headers, too', async () => {
    await client.close();
    const seen: unknown[] = [];
    server.issuer.answers.set('/authorize-challenge', ({ headers }, res) => {
      seen.push(headers['x-attested']);
      res.writeHead(400, { 'content-type': 'application/json' });
      res.end('{"error":"username_required","auth_session":"as.1"}');
    });
    client = use({
      firstParty: {
        endpoint: '/authorize-challenge',
        attestation: () => ({ headers: { 'X-Attested': 'by-this-device' } }),
      },
    });
    const outcome = asked(await client.challenge(ada), 'username_required');
    assert.deepEqual(seen, ['by-this-device']);
    assertNothingSecret(outcome, 'a challenge', ['by-this-device']);
  });

  it('reports an attestation that cannot be had as a set-up fault', async () => {
    for (const attestation of [
      () => Promise.reject(new Error('the vault is closed')),
      () => ({ headers: { attested: 1 } }) as never,
    ]) {
      await client.close();
      client = use({ firstParty: { endpoint: '/authorize-challenge', attestation } });
      await rejects(client.challenge(ada), 'client_key_unusable');
    }
    assert.equal(server.calls.length, 0);
  });

  it('leaves out `response_type` where it is told to', async () => {
    await client.close();
    client = use({ firstParty: { endpoint: '/authorize-challenge', responseType: false } });
    await rejects(client.challenge(ada), 'request_refused');
  });

  it('begins anew in a browser when the server wants one', async () => {
    server.redirectToWeb = 'bare';
    const outcome = await client.challenge(ada);
    assert.ok(outcome.state === 'redirect');
    assert.deepEqual([outcome.url, outcome.expiresIn], [undefined, undefined]);
  });

  it('goes on in a browser with a pushed request, under the code verifier of the first call', async () => {
    server.redirectToWeb = 'request_uri';
    const outcome = await client.challenge(ada);
    assert.ok(outcome.state === 'redirect');
    assert.equal(outcome.expiresIn, 90);
    const url = new URL(outcome.url ?? '');
    assert.equal(url.origin + url.pathname, `${server.issuer.origin}/services/oauth2/authorize`);
    assert.deepEqual(Object.fromEntries(url.searchParams), {
      client_id: 'app',
      request_uri: 'urn:example:pushed-1',
    });
    const code = server.codeFromBrowser();
    const { state } = await client.challenge({ session: outcome.session, code });
    assert.equal(state, 'done');
    assert.equal(server.tokenCalls[0]?.get('redirect_uri'), 'https://app.example.com/callback');
  });

  it('goes on when the token endpoint wants one more step for a code', async () => {
    server.stepUp = true;
    const { session } = asked(await client.challenge(ada), 'insufficient_authorization');
    const stepUp = asked(
      await client.challenge({ session, parameters: totp }),
      'insufficient_authorization',
    );
    assert.equal(stepUp.members['totp'], true);
    const end = await client.challenge({ session: stepUp.session, parameters: totp });
    assert.equal(end.state, 'done');
    // The code after a step-up belongs to the same verifier, which the server may have forgotten by then.
    const challenges = server.calls.map((call) => call.get('code_challenge'));
    assert.deepEqual(challenges, [challenges[0], null, challenges[0]]);
  });

  it('keeps the session of a login for a later step-up', async () => {
    const { session } = asked(await client.challenge(ada), 'insufficient_authorization');
    const end = await client.challenge({ session, parameters: totp });
    assert.ok(end.state === 'done' && end.session !== undefined);
    const again = await client.challenge({ session: end.session, parameters: totp });
    assert.equal(again.state, 'done');
    // The code after a step-up belongs to the same verifier, which the server may have forgotten by then.
    const challenges = server.calls.map((call) => call.get('code_challenge'));
    assert.deepEqual(challenges, [challenges[0], null, challenges[0]]);
  });

  it('takes `invalid_session` for the end, even with a session in it', async () => {
    const { session } = asked(await client.challenge(ada), 'insufficient_authorization');
    await client.challenge({ session, parameters: totp });
    await rejects(client.challenge({ session, parameters: totp }), 'challenge_expired');
  });

  it('follows no redirect', async () => {
    server.issuer.text('/authorize-challenge', 307, '', {
      location: `${server.issuer.origin}/elsewhere`,
    });
    await rejects(client.challenge(ada), 'not_headless');
    assert.ok(!server.issuer.requests.some((call) => call.endsWith('/elsewhere')));
  });
});
