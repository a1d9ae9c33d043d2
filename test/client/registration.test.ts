import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import { HeadlessError, type HeadlessClient, type RegistrationStart } from '../../lib/index.js';
import { checkCustomdata, checkUserdata } from '../../lib/client/userdata.js';
import { assertNothingSecret } from '../support/secrets.js';
import { clientFor } from '../support/shop.js';
import { rejects } from './rejects.js';

const userdata = { lastName: 'Ruiz', email: 'ana@example.com', username: 'ana@example.com' };
const password = 'Blue-Kite-42';

describe('client.startRegistration and client.finishRegistration', () => {
  let emulator: Emulator;
  let client: HeadlessClient;
  before(async () => {
    emulator = await startEmulator();
    client = clientFor(emulator);
  });
  after(async () => {
    await client.close();
    await emulator.close();
  });
  afterEach(() => {
    emulator.reset();
  });
  const start = (more: Partial<RegistrationStart> = {}) =>
    client.startRegistration({ userdata, password, recaptcha: 'pass', ...more });
  const mailed = (): string => emulator.outbox()[0]?.code ?? '';

  it('register a user, who is then logged in', async () => {
    const ticket = await start();
    assert.equal(ticket.email, userdata.email);
    const { identity, tokens } = await client.finishRegistration({ ...ticket, code: mailed() });
    assert.equal(identity.userId, emulator.state().users[userdata.email]?.userId);
    assert.ok(tokens.accessToken);
  });

  it('take the guest along', async () => {
    const { uvid } = await client.guest();
    const ticket = await start();
    const done = await client.finishRegistration({ ...ticket, code: mailed(), uvid });
    assert.deepEqual([done.uvid, done.uvidRefused], [uvid, false]);
  });

  it('say that the username is taken with the code alone, and not for a wrong code', async () => {
    const taken = { ...userdata, username: 'alice@example.com' };
    const ticket = await start({ userdata: taken });
    const code = mailed();
    await rejects(client.finishRegistration({ ...ticket, code: '000' }), 'invalid_code');
    const error = await rejects(
      client.finishRegistration({ ...ticket, code }),
      'registration_refused',
    );
    assert.deepEqual(error.cause, {
      status: 400,
      error: 'invalid_grant',
      description: 'duplicate username',
    });
  });

  it('say why a password does not do', async () => {
    const error = await rejects(start({ password: 'kurz' }), 'password_policy', ['kurz']);
    assert.match(error.fields?.['password'] ?? '', /at least 8/);
  });

  it('need a live code: neither one of another flow, nor a used one', async () => {
    const ticket = await start();
    const code = mailed();
    const login = await client.startOtp({ username: 'alice@example.com', recaptcha: 'pass' });
    await rejects(client.finishRegistration({ ...login, code: mailed() }), 'invalid_code');
    await client.finishRegistration({ ...ticket, code });
    await rejects(client.finishRegistration({ ...ticket, code }), 'invalid_code');
  });

  it('report set-up faults as such', async () => {
    await rejects(start({ recaptcha: undefined }), 'recaptcha_required');
    await rejects(start({ recaptcha: 'fail' }), 'recaptcha_refused');
    await rejects(start({ emailTemplate: '00Xunknown' }), 'request_refused');
    emulator.settings({ registration: { requireAuth: true } });
    await rejects(start(), 'integration_token_required');
    emulator.settings({ registration: { enabled: false } });
    const off = await rejects(start(), 'flow_disabled');
    for (const flow of ['registration', 'forgot password', 'passwordless login']) {
      assert.ok(off.hint?.includes(`headless ${flow}`), flow);
    }
  });

  it('send the integration user’s token where the site wants it', async () => {
    emulator.settings({ registration: { requireAuth: true, requireRecaptcha: false } });
    emulator.client('3MVG9.public', { scopes: ['api', 'user_registration_api'] });
    const order = { client: '3MVG9.public', username: 'bob@example.com' };
    const { access_token } = await emulator.tokens({ ...order, scope: 'user_registration_api' });
    const scopes: string[] = [];
    const integration = {
      token: (scope: string) => {
        scopes.push(scope);
        return access_token;
      },
    };
    const trusted = clientFor(emulator, { integration });
    await trusted.startRegistration({ userdata });
    assert.deepEqual(scopes, ['user_registration_api']);
    await trusted.close();
  });

  describe('hold the data to what was named', () => {
    const wrong = (title: string, code: 'invalid_fields' | 'invalid_argument', data: unknown) => {
      it(`${title}: ${code}`, async () => {
        await rejects(start({ userdata: data as typeof userdata }), code);
        assert.deepEqual(emulator.log(), []);
      });
    };
    wrong('nothing', 'invalid_argument', undefined);
    wrong('a list', 'invalid_argument', [userdata]);
    wrong('an object of a class', 'invalid_argument', new Map());
    wrong('a list as a value', 'invalid_fields', { ...userdata, lastName: ['x'] });
    wrong('an object as a value', 'invalid_fields', { ...userdata, lastName: {} });
    wrong('a number that is none', 'invalid_fields', { ...userdata, age: Number.NaN });
    wrong('a blank in a name', 'invalid_fields', { ...userdata, 'a b': 'x' });
    wrong('too many names', 'invalid_fields', {
      ...Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`n${index}`, 'x'])),
    });
    wrong('a prototype', 'invalid_fields', JSON.parse('{"__proto__":"x"}'));

    it('a password inside the user data: says where it belongs', async () => {
      const data = { ...userdata, password };
      const error = await rejects(start({ userdata: data }), 'invalid_argument', [password]);
      assert.match(error.message, /`password` belongs beside `userdata`/);
    });

    const custom = (title: string, customdata: unknown) => {
      it(`custom data: ${title}`, async () => {
        const error = await rejects(
          start({ customdata: customdata as Record<string, unknown> }),
          'invalid_fields',
        );
        assert.deepEqual(Object.keys(error.fields ?? {}), ['customdata']);
      });
    };
    const deep = (levels: number): object => (levels === 0 ? {} : { in: deep(levels - 1) });
    custom('text', '{}');
    custom('a list', []);
    custom('a date inside', { at: new Date() });
    custom('a function inside', { toJSON: () => 1 });
    custom('a hole in a list', { list: [undefined] });
    custom('a prototype deep inside', { a: [JSON.parse('{"__proto__":{"x":1}}')] });
    custom('a constructor deep inside', { a: [{ constructor: 1 }] });
    custom('nine levels', deep(9));
    custom('more than 16,000 characters', { text: 'x'.repeat(16_000) });

    it('custom data: eight levels are fine', () => {
      assert.deepEqual(checkCustomdata(deep(7)), deep(7));
    });
  });

  it('show no password, though Salesforce repeats it in its words', async () => {
    const match = 'POST /services/auth/headless/init/registration';
    for (const body of [
      { error: 'odd', error_description: `What is ${password}?` },
      { status_code: 'password_policy_check_failure', password_error: `${password} is weak` },
    ]) {
      emulator.faults([{ match, fault: 'status', status: 400, body }]);
      const error: unknown = await start().then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      assert.ok(error instanceof HeadlessError);
      assertNothingSecret(error, 'an error', [password]);
      assert.match(inspect(error), /\[redacted\]/);
    }
  });

  it('never send what was not named', () => {
    const anything = fc.oneof(
      fc.object({ withNullPrototype: true, withDate: true, withMap: true, maxDepth: 3 }),
      fc.dictionary(
        fc.oneof(fc.constantFrom('__proto__', 'constructor', 'prototype', 'email'), fc.string()),
        fc.anything(),
      ),
      fc.dictionary(fc.stringMatching(/^[\w.-]{1,10}$/), fc.oneof(fc.string(), fc.integer())),
      fc.jsonValue(),
    );
    const kept = (check: (value: unknown) => unknown, value: unknown): unknown => {
      try {
        return check(value);
      } catch {
        return undefined;
      }
    };
    let accepted = 0;
    fc.assert(
      fc.property(anything, (value) => {
        const user = kept(checkUserdata, value);
        if (user !== undefined) {
          accepted += 1;
          for (const [name, each] of Object.entries(user as object)) {
            assert.match(name, /^[\w.-]{1,80}$/);
            assert.ok(!['__proto__', 'constructor', 'prototype', 'password'].includes(name));
            assert.ok(['string', 'number', 'boolean'].includes(typeof each));
            assert.equal(each, Reflect.get(value as object, name));
          }
        }
        const custom = kept(checkCustomdata, value);
        if (custom === undefined) return;
        const text = JSON.stringify(custom);
        assert.doesNotMatch(text, /"(__proto__|constructor|prototype)":/);
        const asJson = JSON.parse(JSON.stringify(value)) as unknown;
        assert.deepEqual(JSON.parse(text), asJson, 'every member, and no other');
      }),
      { numRuns: 500 },
    );
    assert.ok(accepted > 50, 'some of it is fine');
  });
});
