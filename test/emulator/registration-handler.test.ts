import assert from 'node:assert/strict';
import {
  startEmulator,
  type CreateUser,
  type CreateUserInput,
  type Emulator,
} from 'sf-headless-emulator';
import { basic, header, location, oauthError, password, Site, textOf } from './browserless.js';

const userdata = {
  firstName: 'Ana',
  lastName: 'Ruiz',
  email: 'ana@example.com',
  username: 'ana@example.com',
};

describe('emulator: a registration handler of its own', () => {
  let emulator: Emulator;
  let site: Site;
  let createUser: CreateUser = () => null;

  before(async () => {
    emulator = await startEmulator({ createUser: (input) => createUser(input) });
    site = new Site(emulator);
  });
  afterEach(() => emulator.reset());
  after(() => emulator.close());

  const register = async (
    body: Record<string, unknown> = {},
    path = 'init/registration',
    method = 'email',
  ) => {
    const reply = await site.headless(path, {
      userdata,
      password: 'Blue-Kite-42',
      recaptcha: 'pass',
      verificationmethod: method,
      ...body,
    });
    return site.finishCode(textOf(reply, 'identifier'), emulator.outbox()[0]?.code ?? '', {
      'auth-request-type': 'user-registration',
      'auth-verification-type': method,
    });
  };

  it('is given userdata with all keys as text in attributeMap, customdata as JSON text, and the password', async () => {
    const given: CreateUserInput[] = [];
    createUser = (input) => {
      given.push(input);
      return Promise.resolve(null);
    };
    const extra = { tier: 3, tags: ['a'], newsletter: true, nickname: null, password: 'Inside-1' };
    await register({ userdata: { ...userdata, ...extra }, customdata: { zip: '20537', of: [1] } });
    assert.deepEqual(given, [
      {
        profileId: null,
        userData: {
          ...userdata,
          attributeMap: { ...userdata, tier: '3', tags: '["a"]', newsletter: 'true' },
        },
        customUserDataMap: '{"zip":"20537","of":[1]}',
        experienceId: null,
        password: 'Blue-Kite-42',
      },
    ]);
  });

  it('is given the experience id of query or body', async () => {
    const given: unknown[] = [];
    createUser = ({ experienceId, customUserDataMap }) => {
      given.push(experienceId, customUserDataMap);
      return null;
    };
    await register({ expid: 'body' }, 'init/registration?expid=query');
    await register({ expid: 'body', customdata: 'as sent' });
    await register({ experienceid: 'other name', password: null });
    assert.deepEqual(given, ['query', null, 'body', 'as sent', 'other name', null]);
  });

  it('builds the user; the site sets the password and marks the way the code came as verified', async () => {
    createUser = ({ userData }) => ({
      username: `${userData.attributeMap['lastName'] ?? ''}@shop.example`,
      email: userData.email,
      lastName: 'Built',
    });
    location(await register());
    const made = emulator.state().users['Ruiz@shop.example'];
    assert.deepEqual(
      [made?.lastName, made?.emailVerified, made?.mobileVerified],
      ['Built', true, false],
    );
    location(await site.named({}, basic('Ruiz@shop.example', 'Blue-Kite-42')));
  });

  it('does not make an address verified that no code was sent to', async () => {
    createUser = () => ({ username: 'other@example.com' });
    location(await register());
    assert.equal(emulator.state().users['other@example.com']?.emailVerified, false);
    createUser = () => ({ username: 'phone@example.com', mobilePhone: '+1' });
    location(await register({ customdata: { mobilePhone: '+2' } }, 'init/registration', 'sms'));
    assert.equal(emulator.state().users['phone@example.com']?.mobileVerified, false);
  });

  it('may return a user there is, who is logged in, changed where named, and otherwise kept', async () => {
    const before = emulator.state().users['alice@example.com'];
    createUser = () => ({ username: 'Alice@example.com', lastName: 'Changed' });
    location(await register({ password: null }));
    assert.deepEqual(emulator.state().users['alice@example.com'], {
      ...before,
      lastName: 'Changed',
    });
    location(await site.named({}, basic('alice@example.com', password)));
    location(await register());
    location(await site.named({}, basic('alice@example.com', 'Blue-Kite-42')));
  });

  it('refuses the registration by null, by throwing, by rejecting, and by what is no user', async () => {
    const failures: (() => unknown)[] = [
      () => null,
      () => undefined,
      () => 'ana@example.com',
      () => ({ email: 'ana@example.com' }),
      () => ({ username: 'ana@example.com', isLocked: 'yes' }),
      () => ({ username: 'ana@example.com', profile: 'x' }),
      () => ({ username: '' }),
      () => {
        throw new Error('Blue-Kite-42 is weak');
      },
      () => Promise.reject(new Error('Blue-Kite-42 is weak')),
    ];
    emulator.settings({ otp: { maxSendsPerHour: 100 } });
    for (const fail of failures) {
      // As a program in JavaScript would write it.
      createUser = () => Reflect.apply(fail, undefined, []) as ReturnType<CreateUser>;
      const reply = await register();
      assert.deepEqual(
        oauthError(reply),
        [400, 'invalid_grant', 'user registration failed'],
        String(fail),
      );
      assert.match(header(reply, 'x-emulator-reason'), /handler/);
      assert.doesNotMatch(header(reply, 'x-emulator-reason'), /Kite/);
      assert.equal(emulator.state().users['ana@example.com'], undefined);
    }
  });

  it('is not asked before the code is right', async () => {
    let asked = 0;
    createUser = () => {
      asked += 1;
      return null;
    };
    const reply = await site.headless('init/registration', {
      userdata,
      recaptcha: 'pass',
      verificationmethod: 'email',
    });
    await site.finishCode(textOf(reply, 'identifier'), 'wrong', {
      'auth-request-type': 'user-registration',
    });
    assert.equal(asked, 0);
  });

  it('does not let in a user it made inactive', async () => {
    createUser = () => ({ username: 'ana@example.com', isActive: false });
    const reply = await register();
    assert.deepEqual(oauthError(reply), [400, 'invalid_grant', 'authentication failure']);
  });
});
