import assert from 'node:assert/strict';

import { startEmulator } from 'sf-headless-emulator';

describe('emulator: from a program', () => {
  it('starts with settings, clients and users beside the default ones, and resets to them', async () => {
    const emulator = await startEmulator({
      settings: { codeTtl: 5 },
      clients: { mine: { redirectUris: ['{site}/x'] } },
      users: { 'carol@example.com': { password: 'secret-1' } },
    });
    emulator.settings({ codeTtl: 6 });
    emulator.deleteClient('mine');
    const { settings, clients, users } = emulator.reset();
    await emulator.close();
    assert.equal(settings.codeTtl, 5);
    assert.deepEqual(clients['mine']?.redirectUris, [`${emulator.url}/x`]);
    assert.deepEqual(Object.keys(users), [
      'alice@example.com',
      'bob@example.com',
      'carol@example.com',
    ]);
  });

  it('refuses wrong options by name, and leaves no port open', async () => {
    for (const [options, message] of [
      [{ port: -1 }, /^port: /],
      [{ sitePath: 'a/b' }, /^sitePath: /],
      [{ sitepath: '/x' }, /^sitepath: unknown option/],
      [{ settings: { otp: { digitz: 1 } } }, /^settings\.otp\.digitz: /],
      [{ clients: { c: { scopes: 1 } } }, /^clients\.c\.scopes: /],
      [{ sitePath: 5 }, /^sitePath: /],
      [{ clients: null }, /^clients: /],
      [{ users: [] }, /^users: /],
      [{ discover: 5 }, /^discover: /],
      [{ createUser: 'x' }, /^createUser: /],
    ] as const) {
      // As a program in JavaScript would write it.
      const start = (): unknown => Reflect.apply(startEmulator, undefined, [options]);
      await assert.rejects(Promise.resolve(start()), { name: 'WrongInput', message });
    }
  });

  it('refuses wrong input of its functions like the control calls', async () => {
    const emulator = await startEmulator();
    assert.throws(() => emulator.clock(-1), /^WrongInput: advance: /);
    assert.throws(() => emulator.client('c', { scopes: ['a b'] }), TypeError);
    assert.throws(() => emulator.deleteUser('nobody'), /nobody/);
    await emulator.close();
  });

  it('takes what the control calls take', async () => {
    const emulator = await startEmulator();
    const before = emulator.clock(0).now;
    assert.ok(emulator.clock({ advance: 60 }).now >= before + 60_000);
    assert.deepEqual(emulator.outbox({ to: 'alice@example.com' }), []);
    await emulator.close();
  });

  it('hands out copies', async () => {
    const emulator = await startEmulator();
    emulator.settings().codeTtl = 1;
    emulator.state().settings.otp.ttl.email = 1;
    const { codeTtl, otp } = emulator.settings();
    await emulator.close();
    assert.deepEqual([codeTtl, otp.ttl.email], [900, 86_400]);
  });

  it('runs several at once that know nothing of each other', async () => {
    const [one, two] = await Promise.all([startEmulator(), startEmulator()]);
    one.client('only-one');
    const known = 'only-one' in two.state().clients;
    await Promise.all([one.close(), two.close()]);
    assert.notEqual(one.origin, two.origin);
    assert.equal(known, false);
  });
});
