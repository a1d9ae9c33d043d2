import assert from 'node:assert/strict';

import { startEmulator, type Emulator } from 'sf-headless-emulator';
import { members, send, Site, textOf } from './browserless.js';

describe('emulator: clients and users', () => {
  let emulator: Emulator;
  let site: Site;

  before(async () => {
    emulator = await startEmulator();
    site = new Site(emulator);
  });
  afterEach(() => emulator.reset());
  after(() => emulator.close());

  const refused = async (reply: ReturnType<Site['control']>, key: string): Promise<void> => {
    const { status, text } = await reply;
    assert.equal(status, 400, text);
    assert.ok(textOf(await reply, 'error').startsWith(`${key}: `), `${key} in ${text}`);
  };

  describe('PUT and DELETE clients/:id', () => {
    it('creates with defaults, replaces {site} and {origin}, and shows no secret', async () => {
      const reply = await site.control('PUT', 'clients/my%20app', {
        secret: 's3cret',
        redirectUris: ['{site}/a', '{origin}/b'],
      });
      assert.deepEqual(members(reply), {
        id: 'my app',
        redirectUris: [`${emulator.url}/a`, `${emulator.origin}/b`],
        scopes: ['api', 'openid', 'refresh_token'],
        isConsumerSecretOptional: true,
        isSecretRequiredForRefreshToken: false,
        isPkceRequired: false,
        isCodeCredFlowEnabled: true,
        isCodeCredPostOnly: false,
        isGuestCodeCredFlowEnabled: true,
        isNamedUserJwtEnabled: false,
        isRefreshTokenRotationEnabled: false,
        isIntrospectAllTokens: false,
        isFirstPartyAppEnabled: false,
        isClientCredentialsEnabled: false,
        clientCredentialsUser: null,
        preapprovedUsers: null,
        guestJwtTimeout: 30,
        namedUserJwtTimeout: 30,
        idTokenValidityInMinutes: 2,
        refreshTokenPolicyType: 'infinite',
        hasSecret: true,
        hasClientAssertionCertificate: false,
      });
      assert.equal('my app' in emulator.state().clients, true);
    });

    it('replaces the whole record', () => {
      emulator.client('c', { isPkceRequired: true });
      assert.equal(emulator.client('c', { scopes: [] }).isPkceRequired, false);
    });

    it('refuses wrong keys and types', async () => {
      for (const [body, key] of [
        [{ redirectUri: [] }, 'redirectUri'],
        [{ scopes: 'api' }, 'scopes'],
        [{ scopes: ['api openid'] }, 'scopes.0'],
        [{ isPkceRequired: 1 }, 'isPkceRequired'],
        [{ refreshTokenPolicyType: 'forever' }, 'refreshTokenPolicyType'],
        [{ clientAssertionCertificate: 'no' }, 'clientAssertionCertificate'],
        [{ clientAssertionCertificate: 'x'.repeat(4097) }, 'clientAssertionCertificate'],
        [{ guestJwtTimeout: -1 }, 'guestJwtTimeout'],
      ] as const) {
        await refused(site.control('PUT', 'clients/c', body), key);
      }
      assert.equal('c' in emulator.state().clients, false);
    });

    it('deletes, and answers 404 to an unknown one', async () => {
      assert.equal((await site.control('DELETE', 'clients/3MVG9.public')).status, 200);
      assert.equal((await site.named()).status, 400);
      assert.equal((await site.control('DELETE', 'clients/3MVG9.public')).status, 404);
    });
  });

  describe('PUT and DELETE users/:username', () => {
    it('creates with defaults, answers the id and keeps it on replace', async () => {
      const path = 'users/new%2Bone%40example.com';
      const reply = await site.control('PUT', path, { password: 'x' });
      const { userId, ...rest } = members(reply);
      assert.match(String(userId), /^005[A-Za-z0-9]{15}$/);
      assert.deepEqual(rest, {
        email: 'new+one@example.com',
        firstName: null,
        lastName: null,
        mobilePhone: null,
        emailVerified: true,
        mobileVerified: false,
        isActive: true,
        isLocked: false,
        passwordExpired: false,
        isMfaRequired: false,
        records: {},
        username: 'new+one@example.com',
        hasPassword: true,
      });
      const again = members(await site.control('PUT', path, { records: { A: [{ Name: 'x' }] } }));
      assert.equal(again['userId'], userId);
      assert.equal(again['hasPassword'], false);
    });

    it('gives the users of the start the same ids at every start, and later ones an id of their own', async () => {
      const starting = ['alice@example.com', 'bob@example.com', 'zoe@example.com'];
      const idsOf = (one: Emulator, names: readonly string[]): string[] =>
        names.map((username) => one.state().users[username]?.userId ?? '');
      const other = await startEmulator({ users: { 'zoe@example.com': {} } });
      const before = idsOf(other, starting);
      const carol = emulator.user('carol@example.com').userId;
      const dave = other.user('dave@example.com').userId;
      other.reset();
      const afterwards = idsOf(other, starting);
      await other.close();
      assert.deepEqual(before.slice(0, 2), idsOf(emulator, starting.slice(0, 2)));
      assert.deepEqual(afterwards, before);
      emulator.reset();
      const again = emulator.user('carol@example.com').userId;
      assert.equal(new Set([...before, carol, dave, again]).size, 6);
    });

    it('refuses wrong keys and types', async () => {
      for (const [body, key] of [
        [{ phone: '1' }, 'phone'],
        [{ isLocked: 'yes' }, 'isLocked'],
        [{ records: { A: {} } }, 'records.A'],
        [{ records: { A: ['x'] } }, 'records.A.0'],
      ] as const) {
        await refused(site.control('PUT', 'users/u', body), key);
      }
      const body = '{"records":{"A":[{"deep":{"__proto__":1}}]}}';
      const url = `${emulator.origin}/__emulator__/users/u`;
      await refused(send(url, { method: 'PUT', body }), 'records.A.0.deep.__proto__');
      await refused(site.control('PUT', 'users/%E0%A4%A', {}), 'users');
    });

    it('deletes, and answers 404 to an unknown one', async () => {
      assert.equal((await site.control('DELETE', 'users/bob@example.com')).status, 200);
      assert.equal((await site.control('DELETE', 'users/bob@example.com')).status, 404);
    });
  });
});
