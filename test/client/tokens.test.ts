import assert from 'node:assert/strict';
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { HeadlessClient, HeadlessError, type HeadlessClientOptions } from '../../lib/index.js';
import { noteError } from '../support/secrets.js';
import { Issuer } from '../support/issuer.js';

const credentials = { username: 'alice@example.com', password: 'Passw0rd!' };
const uvid = '3f1c2b9e-6a54-4d2f-9b0e-7f2f6c1a8d10';
const other = '9d0c6c52-51a5-4e1c-8a31-0d8f6b3c7e11';

describe('the tokens that a client accepts', () => {
  let issuer: Issuer;
  const clients: HeadlessClient[] = [];
  beforeEach(async () => {
    issuer = await Issuer.start();
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) await client.close();
    await issuer.close();
  });
  function client(options: Partial<HeadlessClientOptions> = {}): HeadlessClient {
    const made = new HeadlessClient({
      site: issuer.origin,
      clientId: 'app',
      redirectUri: 'https://app.example.com/callback',
      ...options,
    });
    clients.push(made);
    return made;
  }
  async function refused(run: Promise<unknown>, code: string, says?: RegExp): Promise<void> {
    await assert.rejects(run, (error: unknown) => {
      noteError(error);
      assert.ok(error instanceof HeadlessError);
      assert.equal(error.code, code);
      if (says !== undefined) assert.match(error.message, says);
      return true;
    });
  }
  const now = (): number => Math.floor(Date.now() / 1000);

  it('name a user by the access token alone', async () => {
    issuer.logsInWith({ access_token: await issuer.accessToken() });
    const { identity } = await client().login(credentials);
    assert.equal(identity.userId, '005xx000001SwiUAAS');
    assert.equal(identity.sub, 'uid:005xx000001SwiUAAS');
  });

  it('name a user by the id token, beside an opaque access token', async () => {
    issuer.logsInWith({ access_token: '00Dxx!AQ', id_token: await issuer.idToken() });
    const { identity, tokens } = await client().login(credentials);
    assert.equal(identity.userId, '005xx000001SwiUAAS');
    assert.equal(identity.organizationId, '00Dxx0000001gPLEAY');
    assert.equal(tokens.expiresAt, undefined);
  });

  it('may have their times as texts', async () => {
    issuer.logsInWith({
      access_token: await issuer.accessToken({
        exp: String(now() + 60) as unknown as number,
        nbf: String(now()) as unknown as number,
        iat: String(now()) as unknown as number,
      }),
    });
    await client().login(credentials);
  });

  it('may come from a further issuer that is configured, for its audience', async () => {
    const org = 'https://acme.my.salesforce.com';
    issuer.logsInWith({ access_token: await issuer.accessToken({ iss: org, aud: [org] }) });
    await refused(client().login(credentials), 'invalid_token', /iss/);
    await client({ issuers: [`${org}/`] }).login(credentials);
  });

  const rejects = (
    title: string,
    says: RegExp,
    changes: Record<string, unknown>,
    header: Record<string, unknown> = {},
  ): void => {
    it(`are refused: ${title}`, async () => {
      issuer.logsInWith({ access_token: await issuer.accessToken(changes, header) });
      await refused(client().login(credentials), 'invalid_token', says);
    });
  };
  rejects('another issuer', /iss/, { iss: 'https://evil.example' });
  rejects('no issuer', /iss/, { iss: undefined });
  rejects('another audience', /aud/, { aud: ['https://evil.example'] });
  rejects('an audience that is no URL', /aud/, { aud: 'everybody' });
  for (const claim of ['iss', 'aud']) {
    it(`are refused: a ${claim} that only has the site’s origin inside`, async () => {
      const changes = { [claim]: `blob:${issuer.origin}/x` };
      issuer.logsInWith({ access_token: await issuer.accessToken(changes) });
      await refused(client().login(credentials), 'invalid_token', new RegExp(claim));
    });
  }
  rejects('another client', /client_id/, { client_id: 'another' });
  rejects('no end', /exp/, { exp: undefined });
  rejects('an end that passed', /expired/, { exp: 1_700_000_000 });
  rejects('an end that is no time', /exp/, { exp: 'soon' });
  rejects('an end that no calendar has', /exp/, { exp: 1e14 });
  rejects('an end after the year 9999, as text', /exp/, { exp: '999999999999' });
  rejects('a beginning that is far off', /not valid yet/, { nbf: 4_000_000_000 });
  rejects('a subject without a kind', /sub/, { sub: '005xx000001SwiUAAS' });
  rejects('no subject', /sub/, { sub: undefined });
  rejects('a guest in place of a user', /guest/, { sub: `uvid:${uvid}` });
  rejects('a visitor that nobody sent', /visitor/, { uvid });
  rejects('another type of token', /type/, {}, { typ: 'secevent+jwt' });
  rejects('a key that is not published', /./, {}, { kid: 'unknown' });

  it('are refused: a token without signature', async () => {
    const none = new UnsecuredJWT({ sub: 'uid:005xx000001SwiUAAS', client_id: 'app' })
      .setIssuer(issuer.origin)
      .setAudience(issuer.origin)
      .setExpirationTime('1h')
      .encode();
    issuer.logsInWith({ access_token: none });
    await refused(client().login(credentials), 'invalid_token');
  });

  it('are refused: a token signed with a shared secret', async () => {
    const shared = await new SignJWT({ sub: 'uid:005xx000001SwiUAAS', client_id: 'app' })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT', kid: 'one' })
      .setIssuer(issuer.origin)
      .setAudience(issuer.origin)
      .setExpirationTime('1h')
      .sign(new TextEncoder().encode('a shared secret of some thirty-two'));
    issuer.logsInWith({ access_token: shared });
    await refused(client().login(credentials), 'invalid_token');
  });

  it('are refused: a token signed by somebody else under a published key id', async () => {
    const { privateKey } = await generateKeyPair('RS256');
    const forged = await new SignJWT({ sub: 'uid:005xx000001SwiUAAS', client_id: 'app' })
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: 'one' })
      .setIssuer(issuer.origin)
      .setAudience(issuer.origin)
      .setExpirationTime('1h')
      .sign(privateKey);
    issuer.logsInWith({ access_token: forged });
    await refused(client().login(credentials), 'invalid_token');
  });

  it('are refused: an access and an id token of two users', async () => {
    issuer.logsInWith({
      access_token: await issuer.accessToken(),
      id_token: await issuer.idToken({
        sub: `${issuer.origin}/id/00Dxx0000001gPL/005xx000001XXXX`,
      }),
    });
    await refused(client().login(credentials), 'invalid_token', /two users/);
  });

  const rejectsId = (title: string, says: RegExp, changes: Record<string, unknown>): void => {
    it(`are refused: an id token with ${title}`, async () => {
      issuer.logsInWith({ access_token: '00Dxx!AQ', id_token: await issuer.idToken(changes) });
      await refused(client().login(credentials), 'invalid_token', says);
    });
  };
  rejectsId('another audience', /aud/, { aud: 'another' });
  rejectsId('another issuer', /iss/, { iss: 'https://evil.example' });
  rejectsId('an end that passed', /expired/, { exp: 1_700_000_000 });
  rejectsId('the hash of another access token', /at_hash/, { at_hash: 'AAAAAAAAAAAAAAAAAAAAAA' });
  rejectsId('a subject that is no identity URL', /sub/, { sub: 'alice' });

  it('are refused: tokens that name nobody', async () => {
    issuer.logsInWith({ access_token: '00Dxx!AQ' });
    await refused(client().login(credentials), 'identity_unknown');
  });

  describe('of guests', () => {
    it('are refused when they are for another visitor', async () => {
      issuer.logsInWith({ access_token: await issuer.accessToken({ sub: `uvid:${other}` }) });
      await refused(client().guest({ uvid }), 'invalid_token', /another visitor/);
    });
    it('are refused when they are opaque', async () => {
      issuer.logsInWith({ access_token: '00Dxx!AQ' });
      await refused(client().guest({ uvid }), 'invalid_token', /guest token/);
    });
    it('are refused when they name a user', async () => {
      issuer.logsInWith({ access_token: await issuer.accessToken() });
      await refused(client().guest({ uvid }), 'invalid_token', /guest token/);
    });
    it('are taken whatever the case of the id', async () => {
      const token = await issuer.accessToken({ sub: `uvid:${uvid.toUpperCase()}` });
      issuer.logsInWith({ access_token: token });
      const guest = await client().guest({ uvid });
      assert.equal(guest.uvid, uvid.toUpperCase());
    });
  });

  describe('of users who were guests', () => {
    for (const claim of [{ uvid }, { uvid: `uvid:${uvid}` }, { vid: `uvid:${uvid}` }]) {
      it(`may carry the visitor as ${JSON.stringify(claim)}`, async () => {
        issuer.logsInWith({ access_token: await issuer.accessToken(claim) });
        const login = await client().login({ ...credentials, uvid });
        assert.equal(login.uvid, uvid);
      });
    }
    it('are refused when they carry another visitor than was sent', async () => {
      issuer.logsInWith({ access_token: await issuer.accessToken({ uvid: other }) });
      await refused(client().login({ ...credentials, uvid }), 'invalid_token', /another visitor/);
    });
  });

  describe('by the clock of the server that issued them', () => {
    const at = (seconds: number) => ({ date: new Date(Date.now() + seconds * 1000).toUTCString() });

    it('are good while this machine’s clock is an hour off, and end when the server means', async () => {
      const hour = 3600;
      issuer.logsInWith(
        {
          access_token: await issuer.accessToken({
            nbf: now() + hour - 15,
            iat: now() + hour,
            exp: now() + hour + 600,
          }),
        },
        at(hour),
      );
      const { tokens } = await client().login(credentials);
      assert.ok(Math.abs((tokens.expiresAt ?? 0) - Date.now() - 600_000) < 3000);
    });

    it('are refused when that server itself calls them too old', async () => {
      issuer.logsInWith({ access_token: await issuer.accessToken({ exp: now() + 600 }) }, at(3600));
      await refused(client().login(credentials), 'invalid_token', /expired/);
    });

    it('are good for the tolerance beyond their end', async () => {
      issuer.logsInWith({ access_token: await issuer.accessToken({ exp: now() - 20 }) });
      await client().login(credentials);
      await refused(client({ clockTolerance: 0 }).login(credentials), 'invalid_token', /expired/);
    });
  });

  describe('verified on their own', () => {
    it('give subject, scope and end', async () => {
      const claims = await client().verifyAccessToken(await issuer.accessToken());
      assert.deepEqual(claims.subject, { kind: 'named', userId: '005xx000001SwiUAAS' });
      assert.deepEqual(claims.scope, ['api', 'openid']);
      assert.ok(claims.expiresAt > now());
    });
    it('are refused when they are none', async () => {
      await refused(client().verifyAccessToken('no token'), 'invalid_token');
      await refused(client().verifyAccessToken(undefined as never), 'invalid_token');
    });
  });

  describe('and the keys they are signed with', () => {
    const keyCalls = (): number => issuer.requests.filter((call) => call === 'GET /id/keys').length;

    it('are fetched once', async () => {
      const one = client();
      await Promise.all(
        [1, 2, 3, 4].map(async () => one.verifyAccessToken(await issuer.accessToken())),
      );
      await one.verifyAccessToken(await issuer.accessToken());
      assert.equal(keyCalls(), 1);
    });

    it('are fetched again when a new one turns up', async () => {
      const one = client();
      await one.verifyAccessToken(await issuer.accessToken());
      const { privateKey, publicKey } = await generateKeyPair('RS256');
      const key = { ...(await exportJWK(publicKey)), kid: 'two', alg: 'RS256', use: 'sig' };
      issuer.json('/id/keys', 200, { keys: [key] });
      const token = await new SignJWT({ sub: 'uid:005xx000001SwiUAAS', client_id: 'app' })
        .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: 'two' })
        .setIssuer(issuer.origin)
        .setAudience(issuer.origin)
        .setExpirationTime('1h')
        .sign(privateKey);
      await one.verifyAccessToken(token);
      assert.equal(keyCalls(), 2);
    });

    it('are fetched a few times only, however many unknown key ids turn up', async () => {
      const one = client();
      for (let index = 0; index < 20; index += 1) {
        const token = await issuer.accessToken({}, { kid: `made-up-${index}` });
        await refused(one.verifyAccessToken(token), 'invalid_token');
      }
      assert.ok(keyCalls() <= 4, String(keyCalls()));
    });

    it('are an outage when they cannot be fetched, not a bad token, and are had again after it', async () => {
      const one = client();
      const token = await issuer.accessToken();
      issuer.text('/id/keys', 500, 'oops');
      for (let index = 0; index < 8; index += 1) {
        await refused(one.verifyAccessToken(token), 'server_error');
      }
      assert.equal(keyCalls(), 1, 'the failure was not tried again at once');
      await issuer.publishKeys();
      await new Promise((resolve) => setTimeout(resolve, 1_050));
      await one.verifyAccessToken(token);
      assert.equal(keyCalls(), 2);
    });

    it('serve on when they are old and cannot be fetched anew', async () => {
      const one = client();
      const token = await issuer.accessToken();
      await one.verifyAccessToken(token);
      issuer.text('/id/keys', 500, 'oops');
      const clock = Date.now;
      Date.now = () => clock() + 11 * 60_000;
      try {
        for (let index = 0; index < 3; index += 1) await one.verifyAccessToken(token);
      } finally {
        Date.now = clock;
      }
      assert.equal(keyCalls(), 2);
    });

    it('are fetched for a login, however many tokens with made-up key ids others have brought', async () => {
      const one = client();
      for (let index = 0; index < 20; index += 1) {
        const token = await issuer.accessToken({}, { kid: `made-up-${index}` });
        await refused(one.verifyAccessToken(token), 'invalid_token');
      }
      await issuer.publishKeys('new');
      issuer.logsInWith({ access_token: await issuer.accessToken({}, { kid: 'new' }) });
      const { identity } = await one.login(credentials);
      assert.equal(identity.userId, '005xx000001SwiUAAS');
    });
  });

  it('show nothing when they are inspected, spread or stringified', async () => {
    issuer.logsInWith({
      access_token: await issuer.accessToken(),
      refresh_token: '5Aep861SecretRefreshToken',
    });
    const { tokens } = await client().login(credentials);
    assert.equal(JSON.stringify(Object.assign({}, tokens)).includes('eyJ'), false);
    assert.equal(JSON.stringify(tokens).includes('5Aep861'), false);
    assert.equal(tokens.refreshToken, '5Aep861SecretRefreshToken');
  });
});
