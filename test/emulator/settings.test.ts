import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import { members, password, record, send, Site, textOf } from './browserless.js';

describe('emulator: state and settings', () => {
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

  describe('GET state', () => {
    it('shows site, time, settings, clients, users and counters', async () => {
      await site.named();
      const state = members(await site.control('GET', 'state'));
      assert.deepEqual(Object.keys(state), [
        'site',
        'now',
        'settings',
        'clients',
        'users',
        'counters',
      ]);
      assert.deepEqual(state['site'], {
        url: emulator.url,
        origin: emulator.origin,
        prefixes: ['', '/portal', '/portalvforcesite'],
        networkId: '0DBxx0000004C9IGAU',
        organizationId: '00Dxx0000001gPLEAY',
      });
      assert.ok(Math.abs(Number(state['now']) - Date.now()) < 5000);
      assert.deepEqual(state['counters'], { 'POST /services/oauth2/authorize': 1 });
    });

    it('shows the default settings', async () => {
      assert.deepEqual(members(await site.control('GET', 'state'))['settings'], {
        site: {
          networkId: '0DBxx0000004C9IGAU',
          active: true,
          corsOrigins: ['http://localhost:3000'],
          corsOauthEndpoints: true,
        },
        login: { discovery: false },
        registration: {
          enabled: true,
          requireAuth: false,
          requireRecaptcha: true,
          emailTemplates: [],
        },
        passwordless: {
          enabled: true,
          requireAuth: false,
          requireRecaptcha: true,
          unknownUser: 'success',
          emailTemplates: [],
        },
        forgotPassword: {
          enabled: true,
          requireAuth: false,
          requireRecaptcha: true,
          templateAllowlisting: false,
          maxAttempts: 5,
          discovery: false,
        },
        recaptcha: { mode: 'any', accept: [], threshold: 0.7 },
        otp: {
          digits: 6,
          ttl: { email: 86400, sms: 900 },
          maxFailures: 3,
          maxSendsPerHour: 5,
          resendSameCode: true,
          fixed: null,
        },
        passwordPolicy: { minLength: 8, letter: true, digit: true, history: 3 },
        firstParty: {
          enabled: true,
          requireRecaptcha: false,
          vocabulary: 'salesforce',
          rotateAuthSession: true,
          strict: false,
          sessionTtl: 900,
        },
        sso: {
          providers: { Google_Customers: { username: 'alice@example.com', outcome: 'login' } },
        },
        codeTtl: 900,
        sessionTimeout: 7200,
        approvalsPerUser: 5,
        quirks: {
          authorizeErrorStyle: 'json400',
          notHeadlessStyle: 'html200',
          authorizeSuccessStyle: 'redirect',
          requireHttp2ForGuestToken: false,
          uvidClaimName: 'uvid',
          uvidSurvivesRefresh: true,
          lenientUvidPrefixes: false,
          pkceMismatchError: null,
          verifierMaxLength: 512,
          tokenFormatMember: true,
          instanceUrlTrailingSlash: false,
          shuffleScopes: false,
          jwtTimesAsStrings: false,
          namedJwtJti: false,
          inactiveUserError: false,
          enforceExpiredPasswords: false,
          cookies: true,
        },
      });
    });

    it('shows the default clients and users', () => {
      const { clients, users } = emulator.state();
      const open = clients['3MVG9.public'];
      assert.deepEqual(open?.redirectUris, [site.echo, 'http://localhost:3000/callback']);
      assert.deepEqual(open.scopes, ['api', 'openid', 'refresh_token', 'web']);
      assert.equal(open.isNamedUserJwtEnabled, true);
      assert.equal(open.hasSecret, false);
      assert.equal(clients['3MVG9.private']?.hasSecret, true);
      assert.equal(clients['3MVG9.private'].isConsumerSecretOptional, false);
      assert.equal(users['alice@example.com']?.mobilePhone, '+12025550101');
      assert.equal(users['alice@example.com'].mobileVerified, true);
      assert.equal(users['bob@example.com']?.mobilePhone, null);
      assert.match(users['bob@example.com'].userId, /^005[A-Za-z0-9]{15}$/);
    });

    it('holds no secret, password or key', async () => {
      const text = (await site.control('GET', 'state')).text + inspect(emulator, { depth: 9 });
      for (const secret of ['emulator-secret', password, 'passwordHash', 'PRIVATE']) {
        assert.equal(text.includes(secret), false, secret);
      }
    });
  });

  describe('PATCH settings', () => {
    it('merges deeply, replaces lists and scalars, and answers the settings', async () => {
      const patch = { otp: { ttl: { sms: 60 } }, site: { corsOrigins: ['https://a.example'] } };
      const settings = members(await site.control('PATCH', 'settings', patch));
      assert.deepEqual(record(settings['otp'])['ttl'], { email: 86400, sms: 60 });
      assert.deepEqual(record(settings['site'])['corsOrigins'], ['https://a.example']);
      assert.equal(record(settings['site'])['active'], true);
      assert.equal('warning' in settings, false);
    });

    it('refuses unknown keys and wrong types by their dotted key, and applies nothing', async () => {
      for (const [patch, key] of [
        [{ otp: { digits: 4, digitz: 1 } }, 'otp.digitz'],
        [{ otp: { digits: '6' } }, 'otp.digits'],
        [{ otp: { ttl: { email: -1 } } }, 'otp.ttl.email'],
        [{ otp: { ttl: 5 } }, 'otp.ttl'],
        [{ codeTtl: 1, quirk: {} }, 'quirk'],
        [{ quirks: { authorizeErrorStyle: 'xml' } }, 'quirks.authorizeErrorStyle'],
        [{ site: { corsOrigins: [1] } }, 'site.corsOrigins.0'],
        [{ site: null }, 'site'],
        [{ sso: { providers: { X: { username: 'a' } } } }, 'sso.providers.X.outcome'],
        [{ recaptcha: { threshold: 2 } }, 'recaptcha.threshold'],
        [[], 'body'],
      ] as const) {
        await refused(site.control('PATCH', 'settings', patch), key);
      }
      assert.equal(emulator.state().settings.otp.digits, 6);
      assert.equal(emulator.state().settings.codeTtl, 900);
    });

    it('refuses names of the prototype', async () => {
      const url = `${emulator.origin}/__emulator__/settings`;
      for (const [body, key] of [
        ['{"__proto__":{"codeTtl":1}}', '__proto__'],
        ['{"quirks":{"constructor":{}}}', 'quirks.constructor'],
        [
          '{"sso":{"providers":{"__proto__":{"username":"a","outcome":"login"}}}}',
          'sso.providers.__proto__',
        ],
      ] as const) {
        await refused(send(url, { method: 'PATCH', body }), key);
      }
      await refused(site.control('PUT', 'clients/__proto__', {}), '__proto__');
      await refused(site.control('PUT', 'users/constructor', {}), 'constructor');
    });

    it('refuses what is not JSON', async () => {
      const url = `${emulator.origin}/__emulator__/settings`;
      await refused(send(url, { method: 'PATCH', body: '{' }), 'body');
    });

    it('warns of a flow without any protection, and applies it', async () => {
      const patch = { registration: { requireRecaptcha: false } };
      const settings = members(await site.control('PATCH', 'settings', patch));
      assert.match(String(settings['warning']), /registration/);
      assert.equal(emulator.state().settings.registration.requireRecaptcha, false);
      const off = { registration: { enabled: false } };
      assert.equal('warning' in members(await site.control('PATCH', 'settings', off)), false);
    });

    it('shows the two switches that are absent by default once they are set', async () => {
      const patch = { quirks: { caseSensitivePrefix: false } };
      const settings = members(await site.control('PATCH', 'settings', patch));
      assert.equal(record(settings['quirks'])['caseSensitivePrefix'], false);
    });
  });
});
