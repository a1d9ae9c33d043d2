import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { HeadlessClient, headlessSession } from '../../lib/index.js';

describe('the options of headlessSession', () => {
  const client = new HeadlessClient({
    site: 'https://acme.my.site.com/portal',
    clientId: 'app',
    redirectUri: 'https://app.example.com/callback',
  });
  after(() => client.close());

  const accepts = (title: string, options: object): void => {
    it(`take ${title}`, () => {
      assert.equal(typeof headlessSession({ client, ...options }), 'function');
    });
  };
  accepts('the least', {});
  accepts('everything', {
    secret: ['current', 'previous'],
    carry: ['cart', 'language'],
    onUpgrade: () => 'merge',
    onUpgradeError: 'refuse',
    locks: { run: <T>(_key: string, work: () => Promise<T>) => work() },
    limits: { codeAttempts: 5, codeSends: 3, codeLifetime: 60 },
    cookie: { name: 'visitor', maxAge: 60, path: '/', domain: 'example.com', secure: true },
    allowKeepSessionInfo: true,
    tokens: {
      margin: 30,
      jitter: 0,
      sessionTimeout: 900,
      lifetime: 3_600,
      revokeTimeout: 1,
      introspect: true,
      reusableRefreshTokens: false,
    },
  });
  accepts('what is undefined for what is left out', {
    ...Object.fromEntries(
      ['secret', 'carry', 'onUpgrade', 'onUpgradeError', 'locks', 'allowKeepSessionInfo'].map(
        (name) => [name, undefined],
      ),
    ),
    limits: { codeAttempts: undefined },
    cookie: { domain: undefined },
    tokens: { margin: undefined, introspect: undefined },
  });
  accepts('that no tokens are kept', { tokens: false });

  const refuses = (option: string, value: unknown): void => {
    it(`refuse \`${option}\` = ${inspect(value)}, naming it`, () => {
      const [first = '', second] = option.split('.');
      const options = { client, [first]: second === undefined ? value : { [second]: value } };
      assert.throws(
        () => headlessSession(options),
        (error: unknown) =>
          error instanceof TypeError &&
          error.message.startsWith(`headlessSession: option \`${option}\``),
      );
    });
  };
  refuses('client', {});
  refuses('secret', '');
  refuses('secret', 12345678);
  refuses('secret', ['current', '']);
  refuses('carry', 'cart');
  refuses('carry', [1]);
  refuses('carry', ['']);
  refuses('carry', ['passport']);
  refuses('carry', ['cookie']);
  refuses('carry', ['sfHeadless']);
  refuses('carry', ['__proto__']);
  refuses('onUpgrade', 'merge');
  refuses('onUpgradeError', 'ignore');
  refuses('locks', true);
  refuses('locks', {});
  refuses('locks', null);
  refuses('limits', 5);
  refuses('limits', null);
  refuses('limits.codeLifetime', Number.POSITIVE_INFINITY);
  refuses('cookie', null);
  refuses('cookie', 'visitor');
  refuses('cookie.maxAge', Number.POSITIVE_INFINITY);
  refuses('allowKeepSessionInfo', 'false');
  refuses('allowKeepSessionInfo', 1);
  refuses('limits.guesses', 3);
  refuses('limits.codeSends', 0);
  refuses('cookie.sameSite', 'none');
  refuses('onupgrade', 'misspelt');
  refuses('tokens', true);
  refuses('tokens', 'none');
  refuses('tokens', null);
  refuses('tokens.leeway', 30);
  refuses('tokens.margin', 0);
  refuses('tokens.margin', '60');
  refuses('tokens.jitter', -1);
  refuses('tokens.sessionTimeout', Number.NaN);
  refuses('tokens.lifetime', Number.POSITIVE_INFINITY);
  refuses('tokens.revokeTimeout', 0);
  refuses('tokens.revokeTimeout', 2_147_484);
  refuses('tokens.introspect', 'yes');
  refuses('tokens.reusableRefreshTokens', 1);
});
