import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import request from 'supertest';
import { HeadlessError, PasswordStrategy } from '../../lib/index.js';
import { clientFor, createShop, type Shop, type ShopOptions } from '../support/shop.js';

const alice = { username: 'alice@example.com', password: 'Passw0rd!' };

describe('PasswordStrategy', () => {
  let emulator: Emulator;
  let shop: Shop;
  before(async () => {
    emulator = await startEmulator();
  });
  after(async () => {
    await emulator.close();
  });
  afterEach(async () => {
    await shop.close();
    emulator.reset();
  });

  const idOf = (username: string): unknown => emulator.state().users[username]?.userId;
  function open(options: Omit<ShopOptions, 'emulator'> = {}): Shop {
    shop = createShop({ emulator, ...options });
    return shop;
  }
  const login = (body: object | string) => request(shop.app).post('/login').type('form').send(body);

  it('logs a customer in with the form fields username and password', async () => {
    open();
    const { body } = await login(alice).expect(200);
    assert.equal(body.authenticated, true);
    assert.equal(body.user.id, idOf('alice@example.com'));
    assert.match(String(body.user.id), /^005\w{15}$/);
  });

  it('keeps the login in the session', async () => {
    const agent = request.agent(open().app);
    await agent.post('/login').type('form').send(alice).expect(200);
    const { body } = await agent.get('/me');
    assert.equal(body.user.id, idOf('alice@example.com'));
  });

  it('takes JSON as well', async () => {
    open();
    await request(shop.app).post('/login').send(alice).expect(200);
  });

  it('tells verify the flow, the verified identity and the tokens', async () => {
    open();
    await login(alice).expect(200);
    const [given] = shop.logins;
    assert.equal(given?.flow, 'password');
    assert.equal(given.identity.kind, 'named');
    assert.equal(given.uvid, undefined);
    assert.match(given.tokens.accessToken, /^eyJ/);
    assert.match(String(given.tokens.refreshToken), /^5Aep861/);
    assert.ok(given.tokens.scope.includes('openid'));
    assert.ok((given.tokens.expiresAt ?? 0) > Date.now());
    assert.match(String(given.req.url), /login/);
  });

  describe('gives one answer', () => {
    const refused = async (body: object): Promise<unknown> => {
      const { status, text } = await login(body);
      return { status, text };
    };
    it('for a wrong password, an unknown, a locked, an inactive and an MFA-bound user', async () => {
      open();
      emulator.user('locked@example.com', { password: alice.password, isLocked: true });
      emulator.user('inactive@example.com', { password: alice.password, isActive: false });
      emulator.user('mfa@example.com', { password: alice.password, isMfaRequired: true });
      const answers = [
        await refused({ ...alice, password: 'not-it-1' }),
        await refused({ ...alice, username: 'nobody@example.com' }),
        await refused({ ...alice, username: 'locked@example.com' }),
        await refused({ ...alice, username: 'inactive@example.com' }),
        await refused({ ...alice, username: 'mfa@example.com' }),
      ];
      emulator.settings({ quirks: { inactiveUserError: true } });
      answers.push(await refused({ ...alice, username: 'inactive@example.com' }));
      for (const answer of answers) assert.deepEqual(answer, { status: 401, text: 'Unauthorized' });
    });
  });

  describe('fails as Passport expects', () => {
    it('hands custom callbacks a message and a code', async () => {
      open({
        routes: (app, passport) => {
          app.post('/custom', (req, res, next) => {
            const answer = (
              error: unknown,
              user: unknown,
              info: unknown,
              status: unknown,
            ): void => {
              res.json({ error, user, info, status });
            };
            (passport.authenticate('sf-headless-password', answer) as (...a: unknown[]) => void)(
              req,
              res,
              next,
            );
          });
        },
      });
      const { body } = await request(shop.app)
        .post('/custom')
        .send({ ...alice, password: 'not-it-1' });
      assert.deepEqual(body, {
        error: null,
        user: false,
        info: {
          type: 'error',
          message: 'The username or the password is not right.',
          code: 'invalid_credentials',
        },
        status: 401,
      });
    });

    const told = async (verify: ShopOptions['verify']): Promise<unknown> => {
      open({
        ...(verify && { verify }),
        routes: (app, passport) => {
          app.post('/custom', (req, res, next) => {
            const answer = (error: unknown, _user: unknown, info: unknown): void => {
              if (error) next(error);
              else res.json(info);
            };
            (passport.authenticate('sf-headless-password', answer) as (...a: unknown[]) => void)(
              req,
              res,
              next,
            );
          });
        },
      });
      return (await request(shop.app).post('/custom').send(alice)).body as unknown;
    };

    it('puts the info of verify over its own, so that there is a code always', async () => {
      const info = await told((_login, done) => {
        done(null, false, { message: 'Blocked.', until: 'Monday' });
      });
      assert.deepEqual(info, {
        type: 'error',
        message: 'Blocked.',
        code: 'login_refused',
        until: 'Monday',
      });
    });

    it('hands on an info of verify that is a text as it is', async () => {
      const info = await told((_login, done) => {
        done(null, false, 'Blocked.');
      });
      assert.equal(info, 'Blocked.');
    });

    it('redirects by failureRedirect and keeps the message by failureMessage', async () => {
      open({
        routes: (app, passport) => {
          app.post(
            '/redirecting',
            passport.authenticate('sf-headless-password', {
              failureRedirect: '/login-form',
              failureMessage: true,
            }) as never,
          );
          app.get('/login-form', (req, res) => {
            res.json((req as { session?: { messages?: string[] } }).session?.messages ?? []);
          });
        },
      });
      const agent = request.agent(shop.app);
      await agent
        .post('/redirecting')
        .send({ ...alice, password: 'not-it-1' })
        .expect(302);
      const { body } = await agent.get('/login-form');
      assert.deepEqual(body, ['The username or the password is not right.']);
    });

    it('says messages in the words of the app', async () => {
      open({
        password: { messages: { invalid_credentials: 'Das stimmt nicht.' } },
        routes: (app, passport) => {
          app.post('/custom', (req, res, next) => {
            const answer = (_error: unknown, _user: unknown, info: unknown): void => {
              res.json(info);
            };
            (passport.authenticate('sf-headless-password', answer) as (...a: unknown[]) => void)(
              req,
              res,
              next,
            );
          });
        },
      });
      const { body } = await request(shop.app)
        .post('/custom')
        .send({ ...alice, password: 'not-it-1' });
      assert.equal(body.message, 'Das stimmt nicht.');
    });
  });

  describe('refuses before any call', () => {
    const refusedLocally = (title: string, body: object, status: number): void => {
      it(`${title}, with ${status}`, async () => {
        open();
        await request(shop.app).post('/login').send(body).expect(status);
        assert.deepEqual(emulator.log(), []);
      });
    };
    refusedLocally('a form without username', { password: 'x' }, 400);
    refusedLocally('a form without password', { username: alice.username }, 400);
    refusedLocally('an empty password', { ...alice, password: '' }, 400);
    refusedLocally('a list in place of a username', { ...alice, username: [alice.username] }, 400);
    refusedLocally('an object in place of a password', { ...alice, password: { $ne: '' } }, 400);
    refusedLocally('a number in place of a password', { ...alice, password: 12345678 }, 400);
    refusedLocally('a line break in a username', { ...alice, username: 'a\r\nb' }, 400);
    refusedLocally('a line break in a password', { ...alice, password: 'Passw0rd!\n' }, 400);
    refusedLocally('a NUL in a password', { ...alice, password: 'Pass\0w0rd!' }, 400);
    refusedLocally('half a character in a password', { ...alice, password: 'Passw0rd\ud800' }, 400);
    refusedLocally('a username without end', { ...alice, username: 'a'.repeat(300) }, 400);
    refusedLocally('a password without end', { ...alice, password: 'a'.repeat(20_000) }, 400);
    refusedLocally('a list in place of the form', [alice], 400);

    it('a request without a body, with 400', async () => {
      open();
      await request(shop.app).post('/login').expect(400);
    });

    it('a body that nobody parsed, saying which parser is missing', async () => {
      open({ without: ['parsers'] });
      const { body } = await login(alice).expect(500);
      assert.equal(body.code, 'body_not_parsed');
    });

    it('a body of a kind that no form has, with 400, parsers or not', async () => {
      for (const without of [[], ['parsers']] as const) {
        open({ without });
        for (const type of ['text/plain', 'application/octet-stream', 'application/jsonx']) {
          await request(shop.app).post('/login').type(type).send('x').expect(400);
        }
        await shop.close();
      }
      open({ without: ['parsers'] });
      for (const type of ['application/json; charset=utf-8', 'multipart/form-data; boundary=x']) {
        await request(shop.app).post('/login').type(type).send('{}').expect(500);
      }
    });

    it('credentials in the URL', async () => {
      open();
      await request(shop.app).post('/login').query(alice).expect(400);
    });
  });

  describe('sends credentials unchanged', () => {
    const accepted = (title: string, username: string, password: string, client = {}): void => {
      it(title, async () => {
        emulator.user(username, { password });
        open({ client });
        await request(shop.app).post('/login').send({ username, password }).expect(200);
      });
    };
    accepted('a plus sign in a username', 'ada+shop@example.com', 'Passw0rd!');
    accepted('colons and blanks in a password', 'ada@example.com', ' p:a ss: 1 ');
    accepted('every kind of letter in a password', 'ada@example.com', 'pässwörd-1-日本-👪-ﬁ');
    accepted('both kinds of letter in the body', 'ada+x@example.com', 'a+b&c=d%20é1', {
      credentialsIn: 'body',
    });
    accepted('a colon in a username, by the body', 'ada:shop@example.com', 'Passw0rd!');
    accepted('a password that would burst a header', 'ada@example.com', `1${'ü'.repeat(6000)}`);
  });

  describe('takes an error of verify for none of the visitor’s, whatever it is', () => {
    const fails = (title: string, verify: ShopOptions['verify']): void => {
      it(title, async () => {
        const seen: unknown[] = [];
        open({
          ...(verify && { verify }),
          routes: (app, passport) => {
            app.post('/custom', (req, res, next) => {
              const answer = (error: unknown): void => {
                seen.push(error);
                next(error);
              };
              (passport.authenticate('sf-headless-password', answer) as (...a: unknown[]) => void)(
                req,
                res,
                next,
              );
            });
          },
        });
        await request(shop.app).post('/custom').send(alice).expect(401);
        assert.deepEqual(seen, [lost]);
      });
    };
    const lost = new HeadlessError('login_required');
    fails('thrown', () => {
      throw lost;
    });
    fails('promised', () => Promise.reject(lost));
    fails('handed to done', (_login, done) => {
      done(lost);
    });
  });

  for (const [what, verify] of [
    ['that verify turns away', () => false],
    ['whose verify fails', () => Promise.reject(new Error('the database is away'))],
  ] as const) {
    it(`leaves no refresh token alive of a login ${what}`, async () => {
      open({ verify });
      await login(alice);
      const [given] = shop.logins;
      const refreshToken = given?.tokens.refreshToken ?? '';
      const isRevoked = (): boolean =>
        emulator
          .log()
          .some(
            ({ path, body, status }) =>
              path.endsWith('/revoke') && body.includes(refreshToken) && status === 200,
          );
      for (let left = 100; left > 0 && !isRevoked(); left -= 1) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      assert.ok(isRevoked());
      await assert.rejects(shop.client.refresh({ refreshToken }), { code: 'login_required' });
    });
  }

  it('revokes nothing of a login that stands', async () => {
    open();
    await login(alice).expect(200);
    assert.ok(!emulator.log().some(({ path }) => path.endsWith('/revoke')));
  });

  it('refuses a user whom verify does not want, with 403', async () => {
    open({ verify: () => false });
    await login(alice).expect(403);
  });

  it('reads what a credentials reader of the app says', async () => {
    open({
      password: {
        credentials: (req) => {
          const { mail, secret } = req.body as { mail: string; secret: string };
          return { username: mail, password: secret };
        },
      },
    });
    await request(shop.app)
      .post('/login')
      .send({ mail: alice.username, secret: alice.password })
      .expect(200);
  });

  it('takes the place of `local` in an app that says so', async () => {
    open({
      password: { name: 'local' },
      routes: (app, passport) => {
        app.post('/local', passport.authenticate('local') as never, (_req, res) => {
          res.end('in');
        });
      },
    });
    await request(shop.app).post('/local').send(alice).expect(200, 'in');
  });

  it('works without a session and without headlessSession', async () => {
    open({
      without: ['session', 'headlessSession'],
      routes: (app, passport) => {
        app.post(
          '/token',
          passport.authenticate('sf-headless-password', { session: false }) as never,
          (req, res) => {
            res.json(req.user);
          },
        );
      },
    });
    const { body } = await request(shop.app).post('/token').send(alice).expect(200);
    assert.equal(body.flow, 'password');
  });

  describe('reports a set-up that is wrong as an error, never as a wrong password', () => {
    const broken = (title: string, code: string, status: number, breakIt: () => void): void => {
      it(`${title}: ${code}, ${status}`, async () => {
        breakIt();
        const { body } = await request(shop.app).post('/login').send(alice).expect(status);
        assert.equal(body.code, code);
      });
    };
    const publicClient = { redirectUris: ['http://localhost:3000/callback'] };
    broken('the flow of the app is off', 'not_headless', 503, () => {
      emulator.client('3MVG9.public', { ...publicClient, isCodeCredFlowEnabled: false });
      open();
    });
    broken('the app wants credentials in the body', 'not_headless', 503, () => {
      emulator.client('3MVG9.public', { ...publicClient, isCodeCredPostOnly: true });
      open();
    });
    broken('an unknown client id', 'invalid_client_id', 503, () => {
      open({ client: { clientId: '3MVG9.unknown' } });
    });
    broken('an unregistered redirect URI', 'redirect_uri_mismatch', 503, () => {
      open({ client: { redirectUri: 'http://localhost:3000/callback/' } });
    });
    broken('a wrong client secret', 'invalid_client', 503, () => {
      open({ client: { clientId: '3MVG9.private', clientSecret: 'not-it-1' } });
    });
    broken('a private client without its secret', 'invalid_client', 503, () => {
      open({ client: { clientId: '3MVG9.private' } });
    });
    broken('a user who is not approved for the app', 'app_not_approved', 503, () => {
      emulator.client('3MVG9.public', { ...publicClient, preapprovedUsers: ['bob@example.com'] });
      open();
    });
    broken('a site that is not active', 'site_not_found', 503, () => {
      emulator.settings({ site: { active: false } });
      open();
    });
    broken('tokens that name nobody', 'identity_unknown', 503, () => {
      emulator.client('3MVG9.public', { ...publicClient, isNamedUserJwtEnabled: false });
      open({ client: { scope: 'api' } });
    });
  });

  it('works with the body credentials that an app may demand', async () => {
    emulator.client('3MVG9.public', {
      redirectUris: ['http://localhost:3000/callback'],
      isCodeCredPostOnly: true,
      isPkceRequired: true,
    });
    open({ client: { credentialsIn: 'body' } });
    await login(alice).expect(200);
  });

  it('works for a private client by its secret', async () => {
    open({ client: { clientId: '3MVG9.private', clientSecret: 'emulator-secret' } });
    await login(alice).expect(200);
  });

  it('reads the identity from an opaque token’s id token, and from userinfo', async () => {
    emulator.client('3MVG9.public', {
      redirectUris: ['http://localhost:3000/callback'],
      isNamedUserJwtEnabled: false,
    });
    open();
    await login(alice).expect(200);
    assert.match(String(shop.logins[0]?.tokens.accessToken), /^00D\w{12}!/);
    await shop.close();
    open({ client: { scope: 'api', userinfo: true } });
    await login(alice).expect(200);
    assert.equal(
      shop.logins[0]?.identity.kind === 'named' && shop.logins[0].identity.username,
      'alice@example.com',
    );
  });

  describe('as a constructor', () => {
    const verify = (): object => ({});
    it('names the option that is missing or wrong', () => {
      open();
      const { client } = shop;
      const make =
        (options: unknown, check: unknown = verify) =>
        (): unknown =>
          new PasswordStrategy(options as never, check as never);
      assert.throws(make(undefined), /PasswordStrategy: option `client`/);
      assert.throws(make({ client: {} }), /PasswordStrategy: option `client`/);
      assert.throws(make({ client, name: '' }), /PasswordStrategy: option `name`/);
      assert.throws(make({ client, messages: { oops: 'x' } }), /`messages\.oops`/);
      assert.throws(make({ client, verifyTimeout: 0 }), /`verifyTimeout`/);
      assert.throws(make({ client }, null), /PasswordStrategy: needs a verify function/);
      assert.throws(
        make({ client, credentials: 'body' }),
        /PasswordStrategy: option `credentials`/,
      );
    });

    it('names itself as a subclass does', () => {
      class ShopStrategy extends PasswordStrategy {}
      assert.throws(() => new ShopStrategy({} as never, verify), /ShopStrategy: option `client`/);
    });
  });

  it('needs a client that is one', () => {
    open();
    assert.throws(() => clientFor(emulator, { timeout: -1 }), /HeadlessClient: option `timeout`/);
  });
});
