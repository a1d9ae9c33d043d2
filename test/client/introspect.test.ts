import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import { HeadlessClient, type HeadlessClientOptions } from '../../lib/index.js';
import { selfSigned } from '../emulator/certificate.js';
import { Issuer } from '../support/issuer.js';
import { clientFor } from '../support/shop.js';
import { rejects } from './rejects.js';

const alice = { username: 'alice@example.com', password: 'Passw0rd!' };
const redirectUris = ['http://localhost:3000/callback'];
const asPrivate = { clientId: '3MVG9.private', clientSecret: 'emulator-secret' };
const { key, publicKey } = selfSigned();

describe('introspection', () => {
  let emulator: Emulator;
  const clients: HeadlessClient[] = [];
  before(async () => {
    emulator = await startEmulator();
  });
  after(async () => {
    await emulator.close();
  });
  beforeEach(() => {
    emulator.reset();
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) await client.close();
  });
  const clientWith = (options: Partial<HeadlessClientOptions>): HeadlessClient => {
    const client = clientFor(emulator, options);
    clients.push(client);
    return client;
  };

  it('tells scope, client, user and times of an access token', async () => {
    const client = clientWith(asPrivate);
    const { tokens, identity } = await client.login(alice);
    const said = await client.introspect(tokens.accessToken);
    assert.ok(said.active);
    assert.deepEqual([...said.scope].sort(), [...tokens.scope].sort());
    assert.equal(said.clientId, asPrivate.clientId);
    assert.equal(said.username, alice.username);
    assert.ok(said.sub?.endsWith(`/${identity.userId}`));
    assert.equal(said.tokenType, 'access_token');
    assert.ok(Math.abs((said.issuedAt ?? 0) - Date.now()) < 5000);
    assert.ok(Math.abs((said.expiresAt ?? 0) - Date.now() - 1_800_000) < 5000);
    assert.equal(said.claims['client_id'], asPrivate.clientId);
  });

  it('tells the same of a refresh token, with and without a hint', async () => {
    const client = clientWith(asPrivate);
    const { tokens } = await client.login(alice);
    for (const hint of [undefined, 'refresh_token', 'access_token'] as const) {
      const said = await client.introspect(tokens.refreshToken ?? '', { hint });
      assert.ok(said.active);
      assert.equal(said.tokenType, 'refresh_token');
    }
    const sent = emulator.log().at(-1);
    assert.equal(new URLSearchParams(sent?.body).get('token_type_hint'), 'access_token');
    assert.equal(sent?.query, '');
  });

  it('tells the visitor of a guest’s token', async () => {
    const client = clientWith(asPrivate);
    const { tokens, uvid } = await client.guest();
    const said = await client.introspect(tokens.accessToken);
    assert.ok(said.active);
    assert.equal(said.sub, `uvid:${uvid}`);
    assert.equal(said.username, undefined);
  });

  it('says no more than that a dead, foreign or unknown token is inactive', async () => {
    const client = clientWith(asPrivate);
    const foreign = await clientWith({}).login(alice);
    const { tokens } = await client.login(alice);
    await client.revoke(tokens.accessToken);
    for (const token of [tokens.accessToken, foreign.tokens.accessToken, 'unknown']) {
      assert.deepEqual(await client.introspect(token), { active: false });
    }
  });

  it('proves the app by a Basic header or a private key as well', async () => {
    const inHeader = clientWith({ ...asPrivate, clientSecretIn: 'header' });
    assert.deepEqual(await inHeader.introspect('unknown'), { active: false });
    emulator.client('keyed', { redirectUris, clientAssertionCertificate: publicKey });
    const byKey = clientWith({ clientId: 'keyed', privateKey: key });
    assert.deepEqual(await byKey.introspect('unknown'), { active: false });
    assert.deepEqual(await byKey.introspect('unknown'), { active: false });
  });

  it('is refused to a client that cannot prove itself, without a call', async () => {
    const error = await rejects(clientWith({}).introspect('token'), 'invalid_client');
    assert.match(error.hint ?? '', /clientSecret/);
    assert.deepEqual(emulator.log(), []);
  });

  it('is refused to a client that proves itself wrongly', async () => {
    const wrong = clientWith({ ...asPrivate, clientSecret: 'not-it-1' });
    await rejects(wrong.introspect('a-secret-token'), 'invalid_client', ['a-secret-token']);
  });

  it('wants a token, and a hint that is one', async () => {
    const client = clientWith(asPrivate);
    await rejects(client.introspect(''), 'invalid_argument');
    await rejects(client.introspect(undefined as never), 'invalid_argument');
    await rejects(client.introspect('x', { hint: 'id_token' as never }), 'invalid_argument');
    assert.deepEqual(emulator.log(), []);
  });

  it('believes no answer that does not say whether the token is active', async () => {
    const issuer = await Issuer.start();
    const client = clientWith({ ...asPrivate, site: issuer.origin });
    for (const answer of [{}, { active: 'true' }, { active: 1 }, { scope: 'api' }, []]) {
      issuer.json('/services/oauth2/introspect', 200, answer);
      await rejects(client.introspect('token'), 'unexpected_answer');
    }
    issuer.json('/services/oauth2/introspect', 200, { active: true });
    const said = await client.introspect('token');
    assert.ok(said.active);
    assert.deepEqual([said.scope, said.expiresAt, said.sub], [[], undefined, undefined]);
    await issuer.close();
  });
});
