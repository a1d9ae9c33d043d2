import assert from 'node:assert/strict';
import { tracingChannel } from 'node:diagnostics_channel';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import { Agent, MockAgent } from 'undici';
import { HeadlessClient, HeadlessError, type HeadlessClientOptions } from '../../lib/index.js';
import { selfSigned } from '../emulator/certificate.js';
import { Issuer } from '../support/issuer.js';
import { noteError } from '../support/secrets.js';
import { clientFor } from '../support/shop.js';

const alice = { username: 'alice@example.com', password: 'Passw0rd!' };
const uvid = '3f1c2b9e-6a54-4d2f-9b0e-7f2f6c1a8d10';

async function rejects(run: Promise<unknown>, code: string): Promise<HeadlessError> {
  let caught: unknown;
  await assert.rejects(run, (error: unknown) => {
    caught = error;
    noteError(error);
    return true;
  });
  assert.ok(caught instanceof HeadlessError, String(caught));
  assert.equal(caught.code, code);
  return caught;
}

describe('HeadlessClient', () => {
  let emulator: Emulator;
  let client: HeadlessClient;
  before(async () => {
    emulator = await startEmulator();
  });
  after(async () => {
    await emulator.close();
  });
  beforeEach(() => {
    emulator.reset();
    client = clientFor(emulator);
  });
  afterEach(async () => {
    await client.close();
  });
  const use = async (options: Partial<HeadlessClientOptions>): Promise<HeadlessClient> => {
    await client.close();
    return (client = clientFor(emulator, options));
  };

  describe('rejects with a HeadlessError and nothing else', () => {
    const wrong = (title: string, code: string, run: () => Promise<unknown>): void => {
      it(`${title}: ${code}`, async () => {
        await rejects(run(), code);
      });
    };
    wrong('a login of nothing', 'invalid_argument', () => client.login(undefined as never));
    wrong('a login without username', 'missing_credentials', () => client.login({ password: 'x' }));
    wrong('a login by a number', 'malformed_credentials', () =>
      client.login({ ...alice, password: 12345678 as never }),
    );
    wrong('a visitor id that is none', 'invalid_argument', () =>
      client.login({ ...alice, uvid: 'abcd-1234-efgh' }),
    );
    wrong('a visitor id of version 1', 'invalid_argument', () =>
      client.guest({ uvid: '2c5ea4c0-4067-11e9-8bad-9b1deb4d3b7d' }),
    );
    wrong('a guest token that is none', 'invalid_argument', () =>
      client.guest({ guestToken: 'UVID x' }),
    );
    wrong('a visitor id in a list', 'invalid_argument', () =>
      client.guest({ uvid: [uvid] as never }),
    );
    wrong('a guest token in a list', 'invalid_argument', () =>
      client.login({ ...alice, guestToken: ['eyJh.eyJzdWIiOiJ1dmlkOjEifQ.c2ln'] as never }),
    );
    wrong('a guest token without a visitor', 'invalid_argument', () =>
      client.guest({ guestToken: 'eyJh.eyJh.c2ln' }),
    );
    wrong('a code by pigeon', 'malformed_credentials', () =>
      client.startOtp({ ...alice, method: 'pigeon' as never }),
    );
    wrong('a code for nobody', 'missing_credentials', () => client.startOtp({ username: '' }));
    wrong('an empty code', 'missing_credentials', () =>
      client.finishOtp({ identifier: 'x', method: 'email', code: '' }),
    );
    wrong('a code of no request', 'invalid_argument', () =>
      client.finishOtp({ identifier: undefined as never, method: 'email', code: '123456' }),
    );
    wrong('a registration of a number', 'invalid_argument', () =>
      client.finishRegistration({ identifier: 5 as never, method: 'email', code: '123456' }),
    );
    wrong('an identifier without end', 'invalid_argument', () =>
      client.finishOtp({ identifier: 'x'.repeat(9_000), method: 'email', code: '123456' }),
    );
    wrong('an identifier that is long and unknown', 'invalid_code', () =>
      client.finishOtp({ identifier: 'x'.repeat(8_000), method: 'email', code: '123456' }),
    );
    wrong('the claims of no token', 'invalid_argument', () => client.userinfo(''));
    wrong('the claims of a broken token', 'invalid_argument', () => client.userinfo('a\r\nb'));
    wrong('the end of no token', 'invalid_argument', () => client.revoke(undefined as never));
    wrong('a renewal by no token', 'invalid_argument', () =>
      client.refresh({ refreshToken: undefined as never }),
    );
    wrong('an API call by no token', 'invalid_argument', () => client.fetch('', '/services/data'));
    wrong('a check of no token', 'invalid_token', () =>
      client.verifyAccessToken(undefined as never),
    );

    it('names the argument that is wrong', async () => {
      const named = async (run: Promise<unknown>, name: string): Promise<void> => {
        const { message } = await rejects(run, 'invalid_argument');
        assert.equal(message, `\`${name}\` must be the text that Salesforce gave.`);
      };
      await named(client.userinfo(''), 'accessToken');
      await named(client.revoke(''), 'token');
      await named(client.refresh({ refreshToken: '' }), 'refreshToken');
      await named(client.finishOtp({ identifier: '', method: 'sms', code: '1' }), 'identifier');
    });
  });

  for (const error of ['constructor', 'toString', '__proto__', 'valueOf', 'hasOwnProperty']) {
    it(`takes ${error}, which every object knows, for one more unknown word of Salesforce`, async () => {
      const answer = (path: string): void => {
        const match = `POST /services/${path}`;
        emulator.faults([{ match, fault: 'status', status: 400, body: `{"error":"${error}"}` }]);
      };
      answer('oauth2/authorize');
      await rejects(client.login(alice), 'unexpected_answer');
      answer('oauth2/token');
      await rejects(client.login(alice), 'unexpected_answer');
      await rejects(client.refresh({ refreshToken: '5Aep861.x' }), 'unexpected_answer');
      answer('auth/headless/forgot_password');
      const { username } = alice;
      await rejects(client.startPasswordReset({ username }), 'unexpected_answer');
    });
  }

  it('gives the claims about a user', async () => {
    const { tokens } = await client.login(alice);
    const claims = await client.userinfo(tokens.accessToken);
    assert.equal(claims['preferred_username'], alice.username);
  });

  it('ends a token, and counts an unknown one as ended', async () => {
    const { tokens } = await client.login(alice);
    await client.revoke(tokens.refreshToken ?? '');
    await rejects(client.userinfo(tokens.accessToken), 'access_token_refused');
    await client.revoke('00Dxx0000001gPL!unknown');
  });

  it('reports a revocation that failed', async () => {
    emulator.faults([{ match: 'POST /services/oauth2/revoke', fault: 'status' }]);
    await rejects(client.revoke('00Dxx0000001gPL!unknown'), 'server_error');
  });

  describe('takes a page in place of an answer for what is in the way', () => {
    const inTheWay = (path: string, run: () => Promise<unknown>): void => {
      it(`at ${path}: unexpected_answer`, async () => {
        emulator.faults([{ match: path, fault: 'html' }]);
        const error = await rejects(run(), 'unexpected_answer');
        assert.equal(error.fault, 'upstream');
        assert.match(error.hint ?? '', /maintenance/);
      });
    };
    const sent = { username: alice.username, recaptcha: 'pass' };
    const token = '00Dxx0000001gPL!unknown';
    inTheWay('POST /services/oauth2/token', () => client.login(alice));
    inTheWay('POST /services/oauth2/token', () => client.refresh({ refreshToken: token }));
    inTheWay('GET /services/oauth2/userinfo', () => client.userinfo(token));
    inTheWay('POST /services/auth/headless/init/passwordless/login', () => client.startOtp(sent));
    inTheWay('POST /services/auth/headless/forgot_password', () => client.startPasswordReset(sent));

    it('but at authorize for Salesforce’s login page: not_headless', async () => {
      emulator.faults([{ match: 'POST /services/oauth2/authorize', fault: 'html' }]);
      await rejects(client.login(alice), 'not_headless');
    });
  });

  it('reads the site’s metadata', async () => {
    const metadata = await client.discover();
    assert.equal(metadata['issuer'], emulator.origin);
  });

  it('says when the metadata are those of another host, or are missing', async () => {
    const issuer = await Issuer.start();
    const other = clientFor(emulator, { site: issuer.origin });
    issuer.json('/.well-known/openid-configuration', 200, { issuer: 'https://evil.example' });
    await rejects(other.discover(), 'untrusted_host');
    const blob = `blob:${issuer.origin}/x`;
    issuer.json('/.well-known/openid-configuration', 200, { issuer: blob });
    await rejects(other.discover(), 'untrusted_host');
    issuer.text('/.well-known/openid-configuration', 401, '');
    await rejects(other.discover(), 'unexpected_answer');
    await other.close();
    await issuer.close();
  });

  it('verifies the access tokens of its own app', async () => {
    const { tokens } = await client.login(alice);
    const { subject } = await client.verifyAccessToken(tokens.accessToken);
    assert.equal(subject.kind, 'named');
    const other = clientFor(emulator, { clientId: '3MVG9.private' });
    await rejects(other.verifyAccessToken(tokens.accessToken), 'invalid_token');
    await other.close();
  });

  it('goes on after the signing keys were rotated, twice', async () => {
    await client.login(alice);
    await emulator.rotateKeys();
    await client.login(alice);
    await emulator.rotateKeys();
    await client.login(alice);
  });

  describe('spells the visitor hint of a named login as told', () => {
    const call = (index: number) => emulator.log()[index];
    it('plain in the body, by default, and nothing at the token call', async () => {
      await client.login({ ...alice, uvid });
      assert.equal(new URLSearchParams(call(0)?.body).get('uvid_hint'), uvid);
      assert.equal(call(1)?.headers['uvid-hint'], undefined);
    });
    it('plain in the header', async () => {
      await use({ uvidHint: { named: { in: 'header' } } });
      await client.login({ ...alice, uvid });
      assert.equal(call(0)?.headers['uvid-hint'], uvid);
    });
    it('with its prefix', async () => {
      await use({ uvidHint: { named: { prefix: true } } });
      await client.login({ ...alice, uvid });
      assert.equal(new URLSearchParams(call(0)?.body).get('uvid_hint'), `UVID ${uvid}`);
    });
    it('bare at the token call too', async () => {
      await use({ uvidHint: { namedToken: true } });
      await client.login({ ...alice, uvid });
      assert.equal(call(1)?.headers['uvid-hint'], uvid);
      assert.equal(call(1)?.headers['auth-request-type'], undefined);
    });
    it('not at all, and still says whose login it is', async () => {
      await use({ uvidHint: { named: false } });
      assert.equal((await client.login({ ...alice, uvid })).uvid, uvid);
      assert.equal(new URLSearchParams(call(0)?.body).get('uvid_hint'), null);
      assert.equal(call(0)?.headers['uvid-hint'], undefined);
    });
    it('as a guest token in the header, whose visitor is then known', async () => {
      const guest = await client.guest({ uvid });
      emulator.clearLog();
      const login = await client.login({ ...alice, guestToken: guest.tokens.accessToken });
      assert.equal(login.uvid, uvid);
      assert.equal(call(0)?.headers['uvid-hint'], guest.tokens.accessToken);
    });
  });

  describe('asks for the scopes', () => {
    const scopes = async (scope?: string): Promise<(string | null)[]> => {
      await client.close();
      client = new HeadlessClient({
        site: emulator.url,
        clientId: '3MVG9.public',
        redirectUri: 'http://localhost:3000/callback',
        ...(scope !== undefined && { scope }),
      });
      await client.login(alice).catch(noteError);
      await client.guest().catch(noteError);
      return emulator
        .log()
        .filter(({ path }) => path.endsWith('/authorize'))
        .map(({ body }) => new URLSearchParams(body).get('scope'));
    };
    it('that are configured; of a guest those that it can use', async () => {
      assert.deepEqual(await scopes('openid api refresh_token'), [
        'openid api refresh_token',
        'api',
      ]);
    });
    it('of the app when none is configured; of a guest `api`', async () => {
      assert.deepEqual(await scopes(), [null, 'api']);
    });
    it('of a guest too, when they are of little use to it', async () => {
      assert.deepEqual(await scopes('openid'), ['openid', 'openid']);
    });
  });

  describe('never sends anything to another host', () => {
    it('when the answer names another one for the token call', async () => {
      const issuer = await Issuer.start();
      issuer.text('/services/oauth2/authorize', 302, '', {
        location:
          'https://app.example.com/callback?code=aPrx.x&sfdc_community_url=https%3A%2F%2Fevil.example',
      });
      const other = clientFor(emulator, {
        site: issuer.origin,
        redirectUri: 'https://app.example.com/callback',
      });
      await rejects(other.login(alice), 'untrusted_host');
      assert.deepEqual(issuer.requests, ['POST /services/oauth2/authorize']);
      await other.close();
      await issuer.close();
    });

    it('but takes another path on the same host', async () => {
      const login = await clientFor(emulator, { site: emulator.origin }).login(alice);
      assert.equal(login.identity.kind, 'named');
      const paths = emulator.log().map(({ path }) => path);
      assert.deepEqual(paths.slice(0, 2), [
        '/services/oauth2/authorize',
        '/portal/services/oauth2/token',
      ]);
    });
  });

  describe('over HTTP/2', () => {
    it('gets a guest where Salesforce demands it, and says so where it is off', async () => {
      const certificate = selfSigned();
      const secure = await startEmulator({ tls: certificate });
      secure.settings({ quirks: { requireHttp2ForGuestToken: true } });
      const trusting = (allowH2: boolean): Agent =>
        new Agent({ allowH2, connect: { ca: certificate.cert, rejectUnauthorized: false } });
      const two = clientFor(secure, { dispatcher: trusting(true) });
      const one = clientFor(secure, { dispatcher: trusting(false) });
      await two.guest();
      const error = await rejects(one.guest(), 'uvid_refused');
      assert.match(error.hint ?? '', /http2/);
      assert.equal(secure.log()[0]?.httpVersion, '2.0');
      await Promise.all([two.close(), one.close()]);
      await secure.close();
    });
  });

  describe('by a dispatcher that was handed in', () => {
    it('sends everything through it, and leaves closing it to its owner', async () => {
      const mock = new MockAgent();
      mock.disableNetConnect();
      mock
        .get('https://acme.my.site.com')
        .intercept({ path: '/portal/services/oauth2/authorize', method: 'POST' })
        .reply(400, { error: 'invalid_grant', error_description: 'authentication failure' })
        .times(2);
      const mocked = clientFor(emulator, {
        site: 'https://acme.my.site.com/portal',
        dispatcher: mock,
      });
      await rejects(mocked.login(alice), 'invalid_credentials');
      await mocked.close();
      const another = clientFor(emulator, {
        site: 'https://acme.my.site.com/portal',
        dispatcher: mock,
      });
      await rejects(another.login(alice), 'invalid_credentials');
      await mock.close();
    });
  });

  describe('tells its tracing channels', () => {
    it('when a flow starts, ends and fails, and no secret', async () => {
      const seen: string[] = [];
      const said: unknown[] = [];
      const channel = tracingChannel('passport-sf-headless:login');
      const note =
        (event: string) =>
        (message: unknown): void => {
          seen.push(event);
          said.push(message);
        };
      const handlers = {
        start: note('start'),
        end: note('end'),
        asyncStart: note('asyncStart'),
        asyncEnd: note('asyncEnd'),
        error: note('error'),
      };
      channel.subscribe(handlers);
      try {
        const { identity } = await client.login(alice);
        assert.equal(identity.kind, 'named');
        assert.deepEqual(seen.splice(0), ['start', 'end', 'asyncStart', 'asyncEnd']);
        await rejects(client.login({ ...alice, password: 'not-it-1' }), 'invalid_credentials');
        assert.deepEqual(seen, ['start', 'end', 'error', 'asyncStart', 'asyncEnd']);
        const text = JSON.stringify(said);
        assert.ok(
          !text.includes('Passw0rd') && !text.includes('not-it-1') && !text.includes('eyJ'),
        );
        assert.match(text, /3MVG9\.public/);
      } finally {
        channel.unsubscribe(handlers);
      }
    });
  });

  it('keeps Salesforce’s words and its id of the request', async () => {
    const error = await rejects(
      client.login({ ...alice, password: 'not-it-1' }),
      'invalid_credentials',
    );
    assert.deepEqual(error.cause, {
      status: 400,
      error: 'invalid_grant',
      description: 'authentication failure',
    });
    assert.match(error.requestId ?? '', /^\w{20,}$/);
  });

  it('repeats no secret that an answer sends back', async () => {
    const issuer = await Issuer.start();
    issuer.answers.set('/services/oauth2/authorize', (req, res) => {
      let body = '';
      req.on('data', (chunk: Buffer) => (body += chunk.toString()));
      req.on('end', () => {
        const all = `${body} ${String(req.headers.authorization)} ${decodeURIComponent(body)}`;
        res.writeHead(400, { 'content-type': 'application/json' });
        res.end(JSON.stringify({ error: 'invalid_grant', error_description: all }));
      });
    });
    for (const credentialsIn of ['header', 'body'] as const) {
      const other = clientFor(emulator, { site: issuer.origin, credentialsIn });
      const error = await rejects(
        other.login({ username: 'alice@example.com', password: 'Sauer Kraut+1' }),
        'invalid_credentials',
      );
      const shown = JSON.stringify(error.cause);
      for (const spelling of ['Sauer Kraut+1', 'Sauer+Kraut%2B1', 'Sauer%20Kraut%2B1', 'U2F1ZXI']) {
        assert.ok(!shown.includes(spelling), `${spelling} in ${shown}`);
      }
      await other.close();
    }
    await issuer.close();
  });
});
