import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import {
  http2,
  location,
  members,
  oauthError,
  part,
  publicClient,
  send,
  Site,
  textOf,
  uuid,
} from './browserless.js';

const uvidInvalid = [400, 'invalid_request', 'uvid invalid'];

describe('emulator: guest flow', () => {
  let emulator: Emulator;
  let site: Site;

  before(async () => {
    emulator = await startEmulator();
    site = new Site(emulator);
  });
  afterEach(() => emulator.reset());
  after(() => emulator.close());

  describe('authorize', () => {
    it('takes UVID and a version 4 UUID, in header or body', async () => {
      location(await site.guest());
      const headers = { 'auth-request-type': 'guest' };
      location(await site.authorize({ scope: 'api', uvid_hint: `UVID ${uuid()}` }, headers));
    });

    it('takes JWT and a live guest token', async () => {
      const token = await site.guestToken(uuid());
      location(await site.guest({}, { 'uvid-hint': `JWT ${token}` }));
    });

    it('refuses every other hint with uvid invalid', async () => {
      const named = textOf(await site.login({}, { 'uvid-hint': uuid() }), 'access_token');
      const guest = await site.guestToken(uuid());
      const v1 = 'c232ab00-9414-11ec-b3c8-9f6bdeced846';
      for (const hint of [
        uuid(),
        guest,
        `UVID ${v1}`,
        'UVID abcd-1234-efgh',
        `UVID ${guest}`,
        `JWT ${uuid()}`,
        `JWT ${guest}x`,
        `JWT ${named}`,
        `uvid ${uuid()}`,
        'UVID ',
      ]) {
        const reply = await site.guest({}, { 'uvid-hint': hint });
        assert.deepEqual(oauthError(reply), uvidInvalid, hint.slice(0, 20));
      }
      const none = await site.authorize({ scope: 'api' }, { 'auth-request-type': 'guest' });
      assert.deepEqual(oauthError(none), uvidInvalid);
    });

    it('refuses an expired guest token', async () => {
      const token = await site.guestToken(uuid());
      emulator.clock(1801);
      assert.deepEqual(
        oauthError(await site.guest({}, { 'uvid-hint': `JWT ${token}` })),
        uvidInvalid,
      );
    });

    it('lets the header win over the body', async () => {
      const body = { uvid_hint: 'nonsense' };
      location(await site.guest(body));
    });

    it('answers invalid_scope for no scope and for one that is not on the app', async () => {
      for (const scope of ['', 'full', 'api full', 'api,openid']) {
        const reply = await site.guest({ scope });
        assert.deepEqual(oauthError(reply).slice(0, 2), [400, 'invalid_scope'], scope);
      }
    });

    it('answers guest flow not enabled when the app has it off', async () => {
      emulator.client(publicClient, {
        redirectUris: [site.echo],
        isGuestCodeCredFlowEnabled: false,
      });
      assert.equal(oauthError(await site.guest())[2], 'guest flow not enabled');
    });

    it('answers invalid headers to other spellings of guest', async () => {
      for (const type of ['Guest', 'Guest-User']) {
        const reply = await site.guest({}, { 'auth-request-type': type });
        assert.equal(oauthError(reply)[2], 'invalid headers');
      }
    });
  });

  describe('token', () => {
    let uvid: string;
    let code: string;
    const headers = (hint = uvid): Record<string, string> => ({
      'auth-request-type': 'guest',
      'uvid-hint': hint,
    });

    beforeEach(async () => {
      uvid = uuid();
      code = await site.code(site.guest({}, { 'uvid-hint': `UVID ${uvid}` }));
    });

    it('answers a JWT, and neither refresh token, id_token, id, signature nor expires_in', async () => {
      const reply = await site.token({ code }, headers());
      const { access_token: token, issued_at: issuedAt, ...rest } = members(reply);
      assert.deepEqual(rest, {
        token_type: 'Bearer',
        token_format: 'jwt',
        scope: 'api',
        instance_url: emulator.url,
        sfdc_community_url: emulator.url,
        sfdc_community_id: '0DBxx0000004C9IGAU',
      });
      assert.match(String(issuedAt), /^\d{13}$/);
      assert.match(String(token), /^eyJ/);
    });

    it('puts the visitor into sub, and a jti, and lives half an hour', async () => {
      const token = textOf(await site.token({ code }, headers()), 'access_token');
      const head = part(token, 0);
      assert.match(String(head['kid']), /^CORE_ATJWT\.00Dxx0000001gPL\.\d{13}$/);
      assert.equal(head['tty'], 'sfdc-core-token');
      const { iat, nbf, exp, jti, ...rest } = part(token, 1);
      assert.deepEqual(rest, {
        scp: 'api',
        aud: [emulator.url],
        sub: `uvid:${uvid}`,
        iss: emulator.url,
        client_id: publicClient,
      });
      assert.equal(typeof jti, 'string');
      assert.equal(nbf, iat);
      assert.equal(Number(exp) - Number(iat), 1800);
    });

    it('takes the guest token itself for the visitor id', async () => {
      const first = textOf(await site.token({ code }, headers()), 'access_token');
      const again = await site.code(site.guest({}, { 'uvid-hint': `JWT ${first}` }));
      const reply = await site.token({ code: again }, headers(first));
      assert.equal(part(textOf(reply, 'access_token'), 1)['sub'], `uvid:${uvid}`);
    });

    it('refuses the prefix that authorize wants', async () => {
      assert.deepEqual(
        oauthError(await site.token({ code }, headers(`UVID ${uvid}`))),
        uvidInvalid,
      );
    });

    it('takes a code once', async () => {
      assert.equal((await site.token({ code }, headers())).status, 200);
      const again = await site.token({ code }, headers());
      assert.deepEqual(oauthError(again), [400, 'invalid_grant', 'expired authorization code']);
    });

    it('refuses another visitor', async () => {
      assert.deepEqual(oauthError(await site.token({ code }, headers(uuid()))), uvidInvalid);
    });

    it('answers unknown_error when either header is missing', async () => {
      for (const some of [{}, { 'auth-request-type': 'guest' }, { 'uvid-hint': uvid }]) {
        const reply = await site.token({ code }, some);
        assert.deepEqual(oauthError(reply).slice(0, 2), [400, 'unknown_error']);
      }
    });

    it('takes either spelling in both places when quirks.lenientUvidPrefixes is on', async () => {
      emulator.settings({ quirks: { lenientUvidPrefixes: true } });
      location(await site.guest({}, { 'uvid-hint': uuid() }));
      assert.equal((await site.token({ code }, headers(`UVID ${uvid}`))).status, 200);
    });

    it('insists on HTTP/2 when quirks.requireHttp2ForGuestToken is on', async () => {
      emulator.settings({ quirks: { requireHttp2ForGuestToken: true } });
      assert.deepEqual(oauthError(await site.token({ code }, headers())), uvidInvalid);
      const named = await site.login();
      assert.equal(named.status, 200);
    });

    it('issues without the site path when quirks.guestIssuerWithoutPrefix is on', async () => {
      emulator.settings({ quirks: { guestIssuerWithoutPrefix: true } });
      const token = textOf(await site.token({ code }, headers()), 'access_token');
      assert.equal(part(token, 1)['iss'], emulator.origin);
    });

    it('never gets a refresh token, though the scope is taken', async () => {
      const other = await site.code(
        site.guest({ scope: 'api refresh_token openid' }, { 'uvid-hint': `UVID ${uvid}` }),
      );
      const reply = await site.token({ code: other }, headers());
      assert.equal(members(reply)['refresh_token'], undefined);
      assert.equal(members(reply)['id_token'], undefined);
    });
  });

  it('may call the REST API but not query, and has no userinfo', async () => {
    const uvid = uuid();
    const token = await site.guestToken(uvid);
    const headers = { authorization: `Bearer ${token}` };
    const any = await site.get('/services/data/v62.0/limits', headers);
    assert.equal(members(any)['uvid'], uvid);
    const query = await site.get('/services/data/v62.0/query?q=SELECT+Id+FROM+User', headers);
    assert.equal(query.status, 401);
    const info = await site.userinfo(token);
    assert.deepEqual([info.status, info.text], [403, 'Bad_OAuth_Token']);
  });

  it('redeems a code over HTTP/2 although quirks.requireHttp2ForGuestToken is on', async () => {
    emulator.settings({ quirks: { requireHttp2ForGuestToken: true } });
    const uvid = uuid();
    const code = await site.code(site.guest({}, { 'uvid-hint': `UVID ${uvid}` }));
    const dispatcher = http2(emulator.origin);
    const reply = await send(`${emulator.url}/services/oauth2/token`, {
      method: 'POST',
      headers: { 'auth-request-type': 'guest', 'uvid-hint': uvid },
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code,
        client_id: publicClient,
        redirect_uri: site.echo,
      }).toString(),
      dispatcher,
    });
    await dispatcher.close();
    assert.equal(reply.status, 200, reply.text);
  });
});
