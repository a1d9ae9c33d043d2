import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import passportStrategy from 'passport-strategy';
import type { Strategy } from 'passport';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import request from 'supertest';
import { GuestStrategy, HeadlessError, PasswordStrategy } from '../lib/index.js';
import { clientFor, createShop, type Shop, type ShopOptions } from './support/shop.js';

const people = ['alice@example.com', 'bob@example.com'] as const;
const password = 'Passw0rd!';

/** The hazards of the design that concern logging in, each by its number and name. */
describe('hazards', () => {
  let emulator: Emulator;
  let shop: Shop | undefined;
  before(async () => {
    emulator = await startEmulator();
  });
  after(async () => {
    await emulator.close();
  });
  afterEach(async () => {
    await shop?.close();
    shop = undefined;
    emulator.reset();
  });
  const open = (options: Omit<ShopOptions, 'emulator'> = {}): Shop =>
    (shop = createShop({ emulator, ...options }));
  const idOf = (username: string): unknown => emulator.state().users[username]?.userId;

  describe('hazard 1: a strategy passed as an instance swaps users between concurrent requests', () => {
    /** A login over the given instance for two people at once; who each of them turned out to be. */
    async function twoAtOnce(app: Shop['app']): Promise<unknown[]> {
      const answers = await Promise.all(
        people.map((username, index) =>
          request(app)
            .post(`/instance?wait=${index === 0 ? 120 : 20}`)
            .send({ username, password }),
        ),
      );
      return answers.map(({ body }) => body.id as unknown);
    }

    it('is real: a strategy that uses the verbs after waiting mixes people up or hangs', async () => {
      class Careless extends passportStrategy.Strategy {
        override authenticate(req: { body?: { username?: string }; query?: object }): void {
          const username = req.body?.username;
          const wait = Number(Reflect.get(req.query ?? {}, 'wait'));
          setTimeout(() => {
            this.success({ id: username });
          }, wait);
        }
      }
      const instance = new Careless() as Strategy;
      const { app } = open({
        routes: (routes, passport) => {
          routes.post(
            '/instance',
            passport.authenticate(instance, { session: false }) as never,
            (req, res) => {
              res.json(req.user);
            },
          );
        },
      });
      const both = Promise.all(
        people.map((username, index) =>
          request(app)
            .post(`/instance?wait=${index === 0 ? 120 : 20}`)
            .timeout(500)
            .send({ username, password })
            .then(
              ({ body }) => body.id as unknown,
              () => 'hung',
            ),
        ),
      );
      assert.notDeepEqual(await both, [...people]);
    });

    it('is absent: each gets the own user', async () => {
      const { app } = open({
        routes: (routes, passport) => {
          const client = clientFor(emulator);
          const instance = new PasswordStrategy({ client }, async ({ identity, req }) => {
            const wait = Number(
              new URL(req.url ?? '', 'http://localhost').searchParams.get('wait'),
            );
            await new Promise((resolve) => setTimeout(resolve, wait));
            return { id: identity.userId };
          }) as Strategy;
          routes.post(
            '/instance',
            passport.authenticate(instance, { session: false }) as never,
            (req, res) => {
              res.json(req.user);
            },
          );
        },
      });
      for (let round = 0; round < 3; round += 1) {
        assert.deepEqual(await twoAtOnce(app), people.map(idOf));
      }
    });
  });

  describe('hazard 2: #private fields break under Object.create(strategy)', () => {
    it('is absent: no strategy has a #private member', () => {
      const folder = new URL('../../lib/strategies/', import.meta.url);
      for (const name of readdirSync(folder)) {
        assert.doesNotMatch(
          readFileSync(new URL(name, folder), 'utf8'),
          /\bthis\.#|^\s+#\w+/m,
          name,
        );
      }
    });

    it('is absent: a subclass of a strategy logs in through an object derived from it', async () => {
      class ShopStrategy extends PasswordStrategy {}
      const { app } = open({
        routes: (routes, passport) => {
          const instance = new ShopStrategy({ client: clientFor(emulator) }, ({ identity }) => ({
            id: identity.userId,
          }));
          passport.use('derived', Object.create(instance) as Strategy);
          routes.post('/derived', passport.authenticate('derived') as never, (req, res) => {
            res.json(req.user);
          });
        },
      });
      const { body } = await request(app)
        .post('/derived')
        .send({ username: people[0], password })
        .expect(200);
      assert.equal(body.id, idOf(people[0]));
    });
  });

  describe('hazard 3: a rejection in authenticate hangs the request', () => {
    const failing = (title: string, options: Omit<ShopOptions, 'emulator'>, says: RegExp): void => {
      it(`is absent: ${title} reaches the error handler`, async () => {
        const { app } = open(options);
        const { body } = await request(app)
          .post('/login')
          .timeout(2000)
          .send({ username: people[0], password })
          .expect(500);
        assert.match(String(body.message), says);
      });
    };
    failing('a verify that throws', { verify: () => { throw new Error('no database'); } }, /no database/); // prettier-ignore
    failing('a verify that rejects', { verify: () => Promise.reject(new Error('no database')) }, /no database/); // prettier-ignore
    failing('an error handed to done', { verify: (_login, done) => { done(new Error('no database')); } }, /no database/); // prettier-ignore
    failing(
      'a credentials reader that throws',
      { password: { credentials: () => { throw new Error('no form'); } } }, // prettier-ignore
      /no form/,
    );
    failing(
      'a credentials reader that returns nothing',
      { password: { credentials: () => undefined as never } },
      /PasswordStrategy: option `credentials`/,
    );
    failing('an error that is none', { verify: (_login, done) => { done('route'); } }, /login failed: route/); // prettier-ignore
    failing('an object that is none', { verify: (_login, done) => { done({ message: 'no database' }); } }, /login failed: no database/); // prettier-ignore
    failing('a number that is none', { verify: (_login, done) => { done(42); } }, /login failed: a value of type number/); // prettier-ignore

    it('is absent: what is thrown and no error is an error of middleware too, no order to go on or elsewhere', async () => {
      for (const thrown of [null, 'route']) {
        const { app } = open({
          otp: {
            request: () => {
              AbortSignal.abort(thrown).throwIfAborted();
              return {};
            },
          },
        });
        const { body } = await request(app).post('/code').expect(500);
        assert.match(String(body.message), /login failed/);
        await shop?.close();
      }
    });

    it('is absent: what a subclass throws before it waits reaches a custom callback', async () => {
      class ShopStrategy extends PasswordStrategy {
        protected override attempt(): never {
          throw new Error('no form');
        }
      }
      const { app } = open({
        routes: (routes, passport) => {
          const strategy = new ShopStrategy({ client: clientFor(emulator) }, () => ({}));
          routes.post('/told', (req, res, next) => {
            const callback = (error: unknown): void => {
              res.json({ told: String(error) });
            };
            (passport.authenticate(strategy, callback) as (...a: unknown[]) => void)(
              req,
              res,
              next,
            );
          });
        },
      });
      const { body } = await request(app).post('/told').expect(200);
      assert.deepEqual(body, { told: 'Error: no form' });
    });

    const throwing = (title: string, credentials: object): void => {
      it(`is absent: a custom callback that throws ${title} reaches the error handler, once`, async () => {
        let called = 0;
        const { app } = open({
          routes: (routes, passport) => {
            routes.post('/throwing', (req, res, next) => {
              const callback = (): never => {
                called += 1;
                throw new Error('no view');
              };
              (
                passport.authenticate('sf-headless-password', callback) as (...a: unknown[]) => void
              )(req, res, next);
            });
          },
        });
        const { body } = await request(app)
          .post('/throwing')
          .timeout(2000)
          .send(credentials)
          .expect(500);
        assert.equal(body.message, 'no view');
        assert.equal(called, 1);
      });
    };
    throwing('after a login', { username: people[0], password });
    throwing('after a refused login', { username: people[0], password: 'not-it-1' });

    it('is absent: where nothing takes errors of a request, the process hears what a custom callback throws', async () => {
      const lib = new URL('../lib/index.js', import.meta.url).href;
      const program = `
        import { createServer } from 'node:http';
        import passport from 'passport';
        import { HeadlessClient, PasswordStrategy } from '${lib}';
        const client = new HeadlessClient({
          site: 'http://127.0.0.1:1', clientId: 'app', redirectUri: 'http://127.0.0.1:1/callback',
        });
        passport.use(new PasswordStrategy({ client }, () => ({})));
        const login = passport.authenticate('sf-headless-password', () => { throw new Error('no view'); });
        const server = createServer((req, res) => login(req, res, () => undefined));
        server.listen(0, '127.0.0.1', () => {
          fetch('http://127.0.0.1:' + server.address().port, { method: 'POST' }).catch(() => undefined);
        });
        process.on('uncaughtException', (error) => { console.log(error.message); process.exit(); });
      `;
      const args = ['--input-type=module', '--eval', program];
      const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 5_000 });
      assert.equal(stdout, 'no view\n');
    });

    it('is absent: an unreachable Salesforce reaches the error handler', async () => {
      const { app } = open({ client: { site: 'http://127.0.0.1:1/portal' } });
      const { body } = await request(app)
        .post('/login')
        .send({ username: people[0], password })
        .expect(503);
      assert.equal(body.code, 'unreachable');
    });
  });

  describe('hazard 8: pass() is fail-open', () => {
    it('is absent: only the guest strategy says pass()', () => {
      const folder = new URL('../../lib/strategies/', import.meta.url);
      const users = readdirSync(folder).filter((name) =>
        readFileSync(new URL(name, folder), 'utf8').includes('.pass('),
      );
      assert.deepEqual(users, ['guest-strategy.ts']);
    });

    it('is absent: no refused login reaches the guarded route', async () => {
      let reached = 0;
      const { app } = open({
        routes: (routes, passport) => {
          const guarded = (name: string): void => {
            routes.post(`/guarded/${name}`, passport.authenticate(name) as never, (_req, res) => {
              reached += 1;
              res.end();
            });
          };
          guarded('sf-headless-password');
          guarded('sf-headless-otp');
        },
      });
      const attempts = [{}, { username: people[0], password: 'not-it-1' }, { code: '123456' }];
      for (const name of ['sf-headless-password', 'sf-headless-otp']) {
        for (const attempt of attempts) {
          const { status } = await request(app).post(`/guarded/${name}`).send(attempt);
          assert.ok(status >= 400, `${name} ${JSON.stringify(attempt)}`);
        }
      }
      assert.equal(reached, 0);
    });

    it('is absent: a guest strategy whose Salesforce fails does not let the request pass', async () => {
      emulator.faults([{ match: 'POST /services/oauth2/authorize', fault: 'status' }]);
      const { app } = open();
      const { body } = await request(app).post('/guest').expect(502);
      assert.equal(body.code, 'server_error');
    });
  });

  describe('hazard 9: arity sniffing breaks under wrappers and default arguments', () => {
    const user = { id: 'a-user' };
    const accepts = (title: string, verify: ShopOptions['verify']): void => {
      it(`is absent: ${title}`, async () => {
        const { app } = open(verify === undefined ? {} : { verify });
        const { body } = await request(app)
          .post('/login')
          .send({ username: people[0], password })
          .expect(200);
        assert.deepEqual(body.user, user);
      });
    };
    accepts('a returned user', () => user);
    accepts('a promised user', () => Promise.resolve(user));
    accepts('done at once', (_login, done) => { done(null, user); }); // prettier-ignore
    accepts('done later', (_login, done) => { setTimeout(() => { done(null, user); }, 30); }); // prettier-ignore
    accepts('done in an async function', async (_login, done) => {
      await Promise.resolve();
      done(null, user);
    });
    accepts('a wrapper that takes the rest', (...all) => {
      all[1](null, user);
    });
    accepts('a default argument', (_login, done = () => undefined) => { done(null, user); }); // prettier-ignore
    accepts('done first, another user returned after', (_login, done) => {
      done(null, user);
      return { id: 'another' };
    });
    for (const none of [false, '', 0] as const) {
      accepts(`done(${JSON.stringify(none)}, user)`, (_login, done) => { done(none, user); }); // prettier-ignore
    }
    accepts('a wrapper in the manner of NestJS', async (...all: unknown[]) => {
      const done = all.at(-1) as (error: unknown, found: unknown) => void;
      done(null, await Promise.resolve(user));
    });

    const refuses = (title: string, status: number, verify: ShopOptions['verify']): void => {
      it(`is absent: ${title}, with ${status}`, async () => {
        const { app } = open({ ...(verify && { verify }), password: { verifyTimeout: 50 } });
        await request(app).post('/login').send({ username: people[0], password }).expect(status);
      });
    };
    refuses('false returned', 403, () => false);
    refuses('null promised', 403, () => Promise.resolve(null));
    refuses('done(null, false)', 403, (_login, done) => { done(null, false); }); // prettier-ignore
    refuses('done(null)', 403, (_login, done) => { done(null); }); // prettier-ignore
    for (const none of [0, 0n, '', Number.NaN] as const) {
      const name = `${typeof none} ${String(none)}`;
      refuses(`${name} returned`, 403, () => none);
      refuses(`${name} promised`, 403, () => Promise.resolve(none));
      refuses(`done(null, ${name})`, 403, (_login, done) => { done(null, none); }); // prettier-ignore
    }
    refuses('nothing promised', 500, () => Promise.resolve());
    refuses('nothing returned and done never called', 500, () => undefined);
  });

  describe('hazard 11: Uvid-Hint is prefixed at authorize and bare at token', () => {
    it('is absent: a guest’s two calls spell it each in its own way', async () => {
      await request(open().app).post('/guest').expect(200);
      const [authorize, token] = emulator.log();
      assert.ok(authorize && token);
      const hint = authorize.headers['uvid-hint'];
      assert.match(String(hint), /^UVID [0-9a-f-]{36}$/);
      assert.equal(token.headers['uvid-hint'], String(hint).replace('UVID ', ''));
      assert.equal(token.headers['auth-request-type'], 'guest');
    });

    it('is absent: the mistake has its own error, which names the option', async () => {
      const client = clientFor(emulator, { uvidHint: { guest: { prefix: false } } });
      await assert.rejects(
        client.guest(),
        (error: unknown) =>
          error instanceof HeadlessError &&
          error.code === 'uvid_refused' &&
          (error.hint ?? '').includes('`uvidHint`'),
      );
      await client.close();
    });
  });

  describe('hazard 12: HTML with status 200, 403 in plain text, no expires_in, issued_at in milliseconds', () => {
    it('is absent: a login page with status 200 is a switched-off flow', async () => {
      emulator.client('3MVG9.public', {
        redirectUris: ['http://localhost:3000/callback'],
        isCodeCredFlowEnabled: false,
      });
      const { body } = await request(open().app)
        .post('/login')
        .send({ username: people[0], password })
        .expect(503);
      assert.equal(body.code, 'not_headless');
    });

    it('is absent: 403 Bad_OAuth_Token is an access token that ended', async () => {
      const client = clientFor(emulator);
      const { tokens } = await client.login({ username: people[0], password });
      emulator.clock(3 * 3600);
      await assert.rejects(
        client.userinfo(tokens.accessToken),
        (error: unknown) => error instanceof HeadlessError && error.code === 'access_token_refused',
      );
      await client.close();
    });

    it('is absent: the end of a token comes from the token, its issue from a text of milliseconds', async () => {
      const client = clientFor(emulator);
      const { tokens } = await client.login({ username: people[0], password });
      const halfAnHour = 30 * 60_000;
      assert.ok(Math.abs((tokens.expiresAt ?? 0) - Date.now() - halfAnHour) < 5000);
      assert.ok(Math.abs((tokens.issuedAt ?? 0) - Date.now()) < 5000);
      await client.close();
    });
  });

  it('know the guest strategy by the same rules as the others', () => {
    assert.throws(() => new GuestStrategy({} as never), /GuestStrategy: option `client`/);
  });
});
