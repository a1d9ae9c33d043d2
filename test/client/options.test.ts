import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { HeadlessClient, type HeadlessClientOptions } from '../../lib/index.js';

const good: HeadlessClientOptions = {
  site: 'https://acme.my.site.com/portal/',
  clientId: 'app',
  redirectUri: 'https://app.example.com/callback',
};

describe('the options of HeadlessClient', () => {
  const accepts = (title: string, options: object): void => {
    it(`take ${title}`, async () => {
      await new HeadlessClient({ ...good, ...options }).close();
    });
  };
  accepts('the least', {});
  accepts('everything', {
    clientSecret: 'secret',
    clientSecretIn: 'header',
    hybrid: true,
    integration: { clientSecret: 'secret', loginUrl: 'https://acme.my.salesforce.com' },
    scope: 'api openid',
    credentialsIn: 'body',
    uvidHint: { guest: { in: 'body' }, named: { in: 'header', prefix: true }, namedToken: true },
    userinfo: true,
    issuers: ['https://acme.my.salesforce.com'],
    clockTolerance: 0,
    timeout: 2 ** 31 - 1,
    maxAnswerSize: 1,
    http2: true,
  });
  accepts('what is undefined for what is left out', {
    ...Object.fromEntries(
      ['clientSecret', 'clientSecretIn', 'privateKey', 'firstParty', 'scope', 'credentialsIn']
        .concat('hybrid', 'userinfo', 'issuers', 'clockTolerance', 'timeout', 'maxAnswerSize')
        .concat('http2', 'dispatcher')
        .map((name) => [name, undefined]),
    ),
    uvidHint: { guest: undefined, named: undefined, namedToken: undefined },
    integration: { token: () => 'a token', clientSecret: undefined, tokenLifetime: undefined },
  });
  accepts('no hint for named logins', { uvidHint: { named: false } });
  accepts('a private key that is asked for later', { privateKey: () => 'any' });
  accepts('a function for the integration user’s token', {
    integration: { token: () => 'a token', tokenLifetime: 60 },
  });
  accepts('an integration user by JWT', {
    integration: { privateKey: () => 'any', username: 'robot@example.com' },
  });
  accepts('http for localhost', { site: 'http://localhost:4600/portal' });
  accepts('http for 127.0.0.1', { site: 'http://127.0.0.1:4600' });
  accepts('http for ::1', { site: 'http://[::1]:4600' });

  it('keep the path prefix of the site and drop trailing slashes', async () => {
    const client = new HeadlessClient({ ...good, site: 'https://acme.my.site.com/portal//' });
    assert.equal(client.site, 'https://acme.my.site.com/portal');
    await client.close();
  });

  const refuses = (option: string, value: unknown): void => {
    it(`refuse \`${option}\` = ${inspect(value)}, naming class and option`, () => {
      const [first = '', second] = option.split('.');
      const options = { ...good, [first]: second === undefined ? value : { [second]: value } };
      assert.throws(
        () => new HeadlessClient(options),
        (error: unknown) =>
          error instanceof TypeError &&
          error.message.startsWith(`HeadlessClient: option \`${first}`),
      );
    });
  };
  refuses('site', undefined);
  refuses('site', 'acme.my.site.com');
  refuses('site', 'http://acme.my.site.com');
  refuses('site', 'http://localhost.evil.example');
  refuses('site', 'ftp://localhost');
  refuses('site', 'https://acme.my.site.com/?x=1');
  refuses('site', 'https://acme.my.site.com/#x');
  refuses('site', 'https://user:pass@acme.my.site.com/');
  refuses('clientId', undefined);
  refuses('clientId', '');
  refuses('redirectUri', undefined);
  refuses('redirectUri', '/callback');
  refuses('clientSecret', '');
  refuses('clientSecret', 1);
  refuses('clientSecretIn', 'query');
  refuses('privateKey', 'no key');
  refuses('hybrid', 'yes');
  refuses('integration', 'a token');
  refuses('integration', null);
  refuses('integration', {});
  refuses('integration', { clientId: 'robot', username: 'robot@example.com' });
  refuses('integration', { clientSecret: 'secret', username: 'robot@example.com' });
  refuses('integration', { clientSecret: 'secret', secretIn: 'query' });
  refuses('integration', { clientSecret: 'secret', loginUrl: 'http://acme.my.salesforce.com' });
  refuses('integration', { token: () => 'a token', clientSecret: 'secret' });
  refuses('integration.token', 'a token');
  refuses('integration.clientSecret', '');
  refuses('integration.privateKey', 'no key');
  refuses('integration.tokenLifetime', 0);
  refuses('integration.clientsecret', 'misspelt');
  refuses('scope', ['api']);
  refuses('credentialsIn', 'query');
  refuses('uvidHint.guest', { in: 'query' });
  refuses('uvidHint.named', { prefix: 'yes' });
  refuses('uvidHint.other', {});
  refuses('uvidHint.named', true);
  refuses('uvidHint.named', { as: 'token' });
  refuses('uvidHint.namedToken', 'yes');
  refuses('uvidHint', null);
  refuses('uvidHint', 'header');
  refuses('uvidHint.guest', null);
  refuses('userinfo', 'yes');
  refuses('http2', 2);
  refuses('dispatcher', 3);
  refuses('issuers', 'https://acme.my.salesforce.com');
  refuses('issuers', ['acme']);
  refuses('issuers', [1]);
  refuses('clockTolerance', -1);
  refuses('clockTolerance', Number.POSITIVE_INFINITY);
  refuses('timeout', Number.POSITIVE_INFINITY);
  refuses('timeout', 2 ** 31);
  refuses('timeout', 0);
  refuses('timeout', '10s');
  refuses('timeout', Number.NaN);
  refuses('maxAnswerSize', 0);
  refuses('clientsecret', 'misspelt');

  it('refuse to be absent', () => {
    assert.throws(() => new HeadlessClient(undefined as never), /HeadlessClient: needs options/);
    assert.throws(() => new HeadlessClient(null as never), /HeadlessClient: needs options/);
  });
});
