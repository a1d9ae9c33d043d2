import assert from 'node:assert/strict';
import fc from 'fast-check';
import { HeadlessError } from '../../lib/errors.js';
import { readCallback, redirectUrl, type RedirectInput } from '../../lib/protocol/redirect.js';
import { parseSite } from '../../lib/protocol/site.js';

const site = parseSite('https://acme.my.site.com/portal');
const input: RedirectInput = {
  clientId: '3MVG9.EXAMPLE',
  redirectUri: 'https://app.example.com/callback?from=sf',
  state: 'st-81b0',
  nonce: 'n-5',
  codeChallenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
};

describe('the URL of a login by redirect', () => {
  const queryOf = (more: Partial<RedirectInput> = {}) =>
    Object.fromEntries(new URL(redirectUrl(site, { ...input, ...more })).searchParams);

  it('is the site’s authorize endpoint with the code flow and PKCE', () => {
    const url = new URL(redirectUrl(site, input));
    assert.equal(url.origin + url.pathname, `${site.base}/services/oauth2/authorize`);
    assert.deepEqual(queryOf(), {
      response_type: 'code',
      client_id: '3MVG9.EXAMPLE',
      redirect_uri: 'https://app.example.com/callback?from=sf',
      state: 'st-81b0',
      nonce: 'n-5',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    });
  });

  it('names the provider, the scope, the prompt, the user and what else it is given', () => {
    const { sso_provider, scope, prompt, login_hint, ui_locales } = queryOf({
      provider: 'Google_Customers',
      scope: 'api openid',
      prompt: 'login',
      loginHint: 'alice@example.com',
      parameters: { ui_locales: 'de' },
    });
    assert.deepEqual(
      { sso_provider, scope, prompt, login_hint, ui_locales },
      {
        sso_provider: 'Google_Customers',
        scope: 'api openid',
        prompt: 'login',
        login_hint: 'alice@example.com',
        ui_locales: 'de',
      },
    );
  });

  it('lets no further parameter take the place of one that protects the login', () => {
    for (const name of ['state', 'code_challenge', 'redirect_uri', 'prompt', 'sso_provider']) {
      assert.throws(() => redirectUrl(site, { ...input, parameters: { [name]: 'x' } }), {
        code: 'invalid_argument',
      });
    }
  });
});

describe('the query of a callback', () => {
  const origins = [site.origin, 'https://acme.my.salesforce.com'];
  const read = (query: string, local = {}) =>
    readCallback(site, origins, new URLSearchParams(query), local);
  const refused = (query: string, code: string, local = {}) => {
    assert.throws(() => read(query, local), { code });
  };

  it('has the code, and the site as the base of the token call', () => {
    assert.deepEqual(read('code=aPrx.1%3D%3D&state=s'), {
      code: 'aPrx.1==',
      tokenBase: 'https://acme.my.site.com/portal',
    });
  });

  it('may name another path of the same host for the token call', () => {
    const url = encodeURIComponent('https://acme.my.site.com/shopvforcesite/');
    const { tokenBase } = read(`code=a&sfdc_community_url=${url}&sfdc_community_id=0DB1`);
    assert.equal(tokenBase, 'https://acme.my.site.com/shopvforcesite');
  });

  it('must not name another host', () => {
    for (const url of [
      'https://evil.example',
      'http://acme.my.site.com',
      '//evil',
      'nonsense',
      'blob:https://acme.my.site.com/portal',
      'filesystem:https://acme.my.site.com/portal',
      'https://acme.my.site.com@evil.example/',
      'https://user@acme.my.site.com/portal',
      'https://:secret@acme.my.site.com/portal',
    ]) {
      refused(`code=a&sfdc_community_url=${encodeURIComponent(url)}`, 'untrusted_host');
    }
  });

  it('may name a trusted issuer, and no other (RFC 9207)', () => {
    assert.equal(read('code=a&iss=https://acme.my.site.com/portal').code, 'a');
    assert.equal(read('code=a&iss=https://acme.my.salesforce.com').code, 'a');
    refused('code=a&iss=https://evil.example', 'untrusted_host');
    refused('error=access_denied&iss=https://evil.example', 'untrusted_host');
    refused('code=a&iss=blob:https://acme.my.site.com/portal', 'untrusted_host');
  });

  it('has an error that says who can mend it', () => {
    refused('error=access_denied&error_description=end-user+denied+authorization', 'sso_denied');
    refused('error=login_required', 'login_required');
    refused('error=invalid_scope', 'invalid_scope');
    refused('error=invalid_client_id', 'invalid_client_id');
    refused('error=server_error', 'server_error');
    refused('error=temporarily_unavailable', 'server_error');
    refused('error=something_new', 'unexpected_answer');
    refused('error=toString', 'unexpected_answer');
    refused('error=x&error_description=user+is+not+admin+approved', 'app_not_approved');
  });

  it('has errors that mean more in the flow of a page', () => {
    refused('error=invalid_grant', 'invalid_credentials', { invalid_grant: 'invalid_credentials' });
  });

  it('has an error even where it has a code, too', () => {
    refused('error=access_denied&code=a', 'sso_denied');
  });

  it('has its words kept, short and without control characters', () => {
    try {
      read(`error=invalid_request&error_description=${'a%0d%0a'.repeat(400)}`);
      assert.fail('it is an error');
    } catch (error) {
      assert.ok(error instanceof HeadlessError);
      const { description = '' } = error.cause as { description?: string };
      assert.match(description, /^(a )+a?$/);
      assert.ok(description.length <= 300);
    }
  });

  it('must not have anything twice', () => {
    for (const query of ['code=a&code=b', 'error=a&error=b', 'code=a&iss=x&iss=y']) {
      refused(query, 'unexpected_answer');
    }
  });

  it('must have a code that is not empty', () => {
    refused('', 'unexpected_answer');
    refused('code=', 'unexpected_answer');
  });

  it('gives a code for the site’s host, or a HeadlessError, whatever it is', () => {
    const names = ['code', 'error', 'error_description', 'iss', 'sfdc_community_url', 'state'];
    const value = fc.oneof(fc.string(), fc.webUrl(), fc.constant('https://acme.my.site.com/x'));
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...names), value)), (pairs) => {
        try {
          const { code, tokenBase } = readCallback(site, origins, new URLSearchParams(pairs));
          assert.notEqual(code, '');
          assert.equal(new URL(tokenBase).origin, site.origin);
        } catch (error) {
          assert.ok(error instanceof HeadlessError, String(error));
        }
      }),
    );
  });
});
