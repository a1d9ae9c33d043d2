import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import request from 'supertest';
import {
  browserFlow,
  FirstPartyStrategy,
  GuestStrategy,
  OtpStrategy,
  passwordReset,
  PasswordStrategy,
  RegistrationStrategy,
  SsoStrategy,
} from '../../lib/index.js';
import { clientFor, createShop, type Shop, type ShopOptions } from '../support/shop.js';

const alice = { username: 'alice@example.com', password: 'Passw0rd!' };
const verify = (): object => ({});

describe('the options of the strategies', () => {
  let emulator: Emulator;
  before(async () => {
    emulator = await startEmulator();
  });
  after(async () => {
    await emulator.close();
  });

  type Make = (options: object) => unknown;
  const makers: Readonly<Record<string, Make>> = {
    PasswordStrategy: (options) => new PasswordStrategy(options as never, verify),
    OtpStrategy: (options) => new OtpStrategy(options as never, verify),
    RegistrationStrategy: (options) => new RegistrationStrategy(options as never, verify),
    FirstPartyStrategy: (options) => new FirstPartyStrategy(options as never, verify),
    SsoStrategy: (options) => new SsoStrategy(options as never, verify),
    GuestStrategy: (options) => new GuestStrategy(options as never),
    passwordReset: (options) => passwordReset(options as never),
    browserFlow: (options) => browserFlow({ flow: 'guest', ...options } as never),
  };

  describe('are refused by a TypeError that names class and option', () => {
    const refuses = (owner: string, option: string, value: unknown): void => {
      it(`${owner}: \`${option}\` = ${inspect(value)}`, async () => {
        const client = clientFor(emulator);
        const [first = '', second] = option.split('.');
        const wrong = { [first]: second === undefined ? value : { [second]: value } };
        assert.throws(
          () => makers[owner]?.({ client, ...wrong }),
          (error: unknown) =>
            error instanceof TypeError &&
            error.message.startsWith(`${owner}: option \`${option}\` `),
        );
        await client.close();
      });
    };
    for (const owner of Object.keys(makers)) {
      refuses(owner, 'client', null);
      refuses(owner, 'credentails', () => ({}));
      refuses(owner, 'passReqToCallback', true);
      refuses(owner, 'messages', null);
      refuses(owner, 'messages', 'x');
      refuses(owner, 'messages.invalid_credentials', 5);
      if (owner.endsWith('Strategy')) {
        refuses(owner, 'verifyTimeout', Number.POSITIVE_INFINITY);
        refuses(owner, 'verifyTimeout', 2 ** 31);
        refuses(owner, 'verifyTimeout', '5');
      }
    }
    refuses('GuestStrategy', 'asUser', 'false');
    refuses('GuestStrategy', 'asUser', 1);
    refuses('PasswordStrategy', 'discoveryMessage', 'false');
    refuses('OtpStrategy', 'discoveryMessage', 'true');
    refuses('SsoStrategy', 'callbackURL', 5);

    it('all of them when there are none', () => {
      for (const [owner, make] of Object.entries(makers)) {
        if (owner === 'browserFlow') continue;
        assert.throws(() => make(undefined as never), {
          name: 'TypeError',
          message: new RegExp(`^${owner}: option \`client\``),
        });
      }
      assert.throws(() => browserFlow(undefined as never), {
        name: 'TypeError',
        message: /^browserFlow: option `client`/,
      });
    });
  });

  it('may be undefined, and are then left out', async () => {
    const client = clientFor(emulator);
    const messages = { invalid_credentials: undefined };
    for (const make of Object.values(makers)) make({ client, messages });
    new GuestStrategy({ client, asUser: undefined, name: undefined, messages: undefined });
    await client.close();
  });

  it('may have others of an app’s own among them where the app derives a class', async () => {
    class ShopStrategy extends PasswordStrategy {
      readonly shop: string;
      constructor(options: ConstructorParameters<typeof PasswordStrategy>[0] & { shop: string }) {
        super(options, verify);
        this.shop = options.shop;
      }
    }
    const client = clientFor(emulator);
    assert.equal(new ShopStrategy({ client, shop: 'north' }).shop, 'north');
    const wrong = { client, shop: 'north', discoveryMessage: 'false' } as never;
    assert.throws(() => new ShopStrategy(wrong), /ShopStrategy: option `discoveryMessage`/);
    await client.close();
  });

  describe('that read requests', () => {
    let shop: Shop;
    afterEach(async () => {
      await shop.close();
      emulator.reset();
    });
    const open = (options: Omit<ShopOptions, 'emulator'>) => {
      shop = createShop({ emulator, ...options });
      return request.agent(shop.app);
    };
    interface Body {
      readonly mail: string;
      readonly secret?: string;
    }
    const bodyOf = async (req: { readonly body?: unknown }): Promise<Body> => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return req.body as Body;
    };
    const newest = () => emulator.outbox()[0]?.code;

    it('may take their time: a password', async () => {
      const agent = open({
        password: {
          credentials: async (req) => {
            const { mail, secret } = await bodyOf(req);
            return { username: mail, password: secret };
          },
        },
      });
      const { body } = await agent
        .post('/login')
        .send({ mail: alice.username, secret: alice.password })
        .expect(200);
      assert.equal(body.authenticated, true);
    });

    it('may take their time: a one-time code', async () => {
      const agent = open({
        otp: {
          request: async (req) => ({ username: (await bodyOf(req)).mail, recaptcha: 'pass' }),
          credentials: async (req) => ({ code: (await bodyOf(req)).secret }),
        },
      });
      await agent.post('/code').send({ mail: alice.username }).expect(200);
      await agent.post('/code/login').send({ secret: newest() }).expect(200);
    });

    it('may take their time: a registration', async () => {
      const agent = open({
        registration: {
          registration: async (req) => {
            const { mail: email } = await bodyOf(req);
            return {
              userdata: { lastName: 'Byron', email, username: email },
              recaptcha: 'pass',
            };
          },
          credentials: async (req) => ({ code: (await bodyOf(req)).secret }),
        },
      });
      await agent.post('/register').send({ mail: 'ada@example.com' }).expect(200);
      await agent.post('/register/code').send({ secret: newest() }).expect(200);
    });

    it('may take their time: a forgotten password', async () => {
      const agent = open({
        reset: {
          request: async (req) => ({ username: (await bodyOf(req)).mail, recaptcha: 'pass' }),
          credentials: async (req) => ({
            code: (await bodyOf(req)).secret,
            newPassword: 'Red-Kite-43',
          }),
        },
      });
      await agent.post('/forgotten').send({ mail: alice.username }).expect(200);
      await agent.post('/forgotten/code').send({ secret: newest() }).expect(200);
    });

    const isRefused = async (answer: request.Test, reader: string): Promise<void> => {
      const { body } = await answer.send({}).expect(500);
      assert.equal(body.code, 'invalid_argument');
      assert.ok(String(body.message).startsWith(reader), String(body.message));
    };
    for (const nothing of [undefined, null, 'alice', 5, []]) {
      it(`must give an object, and not ${inspect(nothing)}`, async () => {
        const read = () => Promise.resolve(nothing as never);
        const agent = open({
          password: { credentials: read },
          otp: { request: read, credentials: read },
          registration: { registration: read, credentials: read },
          reset: { request: read, credentials: read },
        });
        const credentials = 'option `credentials` must give';
        await isRefused(agent.post('/login'), `PasswordStrategy: ${credentials}`);
        await isRefused(agent.post('/code'), 'OtpStrategy: option `request` must give');
        await isRefused(agent.post('/code/login'), `OtpStrategy: ${credentials}`);
        await isRefused(agent.post('/register'), 'RegistrationStrategy: option `registration`');
        await isRefused(agent.post('/register/code'), `RegistrationStrategy: ${credentials}`);
        await isRefused(agent.post('/forgotten'), 'passwordReset: option `request` must give');
        await isRefused(agent.post('/forgotten/code'), `passwordReset: ${credentials}`);
      });
    }
  });
});
