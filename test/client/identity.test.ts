import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import { HeadlessClient, type HeadlessClientOptions } from '../../lib/index.js';
import { Issuer } from '../support/issuer.js';
import { clientFor } from '../support/shop.js';
import { rejects } from './rejects.js';

const alice = { username: 'alice@example.com', password: 'Passw0rd!' };
const path = '/id/00Dxx0000001gPLEAY/005xx000001SwiUAAS';
const token = '00Dxx0000001gPL!AQEAQ.alive';

describe('the identity URL', () => {
  let emulator: Emulator;
  let issuer: Issuer;
  const clients: HeadlessClient[] = [];
  before(async () => {
    [emulator, issuer] = await Promise.all([startEmulator(), Issuer.start()]);
  });
  after(async () => {
    await Promise.all([emulator.close(), issuer.close()]);
  });
  beforeEach(() => {
    emulator.reset();
    issuer.requests.length = 0;
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) await client.close();
  });
  const clientWith = (options: Partial<HeadlessClientOptions> = {}): HeadlessClient => {
    const client = clientFor(emulator, options);
    clients.push(client);
    return client;
  };

  it('tells about the user in Salesforce’s older words', async () => {
    const client = clientWith();
    const { tokens, identity } = await client.login(alice);
    const said = await client.identity(tokens.identityUrl ?? '', tokens.accessToken);
    assert.equal(said['user_id'], identity.userId);
    assert.equal(said['username'], alice.username);
    assert.equal(emulator.log().at(-1)?.query, '');
  });

  it('is called on the host of a trusted issuer too', async () => {
    issuer.json(path, 200, { user_id: '005xx000001SwiUAAS', username: 'ada@example.com' });
    const client = clientWith({ issuers: [issuer.origin] });
    const said = await client.identity(issuer.origin + path, token);
    assert.equal(said['username'], 'ada@example.com');
  });

  it('is never called on another host: the token stays here', async () => {
    const client = clientWith();
    for (const url of [issuer.origin + path, `https://evil.example${path}`]) {
      await rejects(client.identity(url, token), 'untrusted_host');
    }
    assert.deepEqual(issuer.requests, []);
  });

  it('is refused when it is none', async () => {
    const client = clientWith();
    const host = new URL(emulator.origin).host;
    for (const url of [
      '',
      path,
      `${emulator.url}/id/00Dxx0000001gPLEAY`,
      `${emulator.url}/services/data${path}/more`,
      `http://user:word@${host}${path}`,
      `${emulator.url}${path}?version=latest`,
      `${emulator.url}${path}#x`,
      `javascript:${path}`,
      undefined as never,
    ]) {
      await rejects(client.identity(url, token), 'invalid_argument');
    }
    assert.deepEqual(emulator.log(), []);
  });

  it('says that a token has ended', async () => {
    const client = clientWith();
    const { tokens } = await client.login(alice);
    await client.revoke(tokens.accessToken);
    await rejects(
      client.identity(tokens.identityUrl ?? '', tokens.accessToken),
      'access_token_refused',
    );
    await rejects(client.identity(tokens.identityUrl ?? '', ''), 'invalid_argument');
  });

  it('says that the URL is another user’s or another org’s', async () => {
    const client = clientWith();
    const { tokens } = await client.login(alice);
    const url = tokens.identityUrl ?? '';
    const bob = url.replace(/\/005\w+$/, '/005xx000000BOB1AAA');
    await rejects(client.identity(bob, tokens.accessToken), 'access_denied');
    const elsewhere = url.replace(/\/00D\w+\//, '/00Dxx0000009999EAA/');
    await rejects(client.identity(elsewhere, tokens.accessToken), 'access_denied');
  });

  it('believes no answer about somebody else', async () => {
    const client = clientWith({ issuers: [issuer.origin] });
    for (const answer of [{ user_id: '005xx000001XXXXXXX' }, {}, { user_id: 5 }]) {
      issuer.json(path, 200, answer);
      await rejects(client.identity(issuer.origin + path, token), 'unexpected_answer');
    }
  });

  it('follows no redirect', async () => {
    const client = clientWith({ issuers: [issuer.origin] });
    issuer.text(path, 302, '', { location: `${issuer.origin}/elsewhere` });
    await rejects(client.identity(issuer.origin + path, token), 'unexpected_answer');
    assert.deepEqual(issuer.requests, [`GET ${path}`]);
  });
});
