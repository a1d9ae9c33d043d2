import assert from 'node:assert/strict';
import fc from 'fast-check';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import { header, members, password } from './browserless.js';
import { FirstPartyApp } from './first-party-app.js';

const value = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom(
    'alice@example.com',
    'email',
    'sms',
    'pass',
    'code',
    'api',
    password,
    '__proto__',
  ),
);
const name = fc.constantFrom(
  'username',
  'password',
  'login_hint',
  'otp',
  'auth_session',
  'userdata',
  'customdata',
  'verificationmethod',
  'recaptcha',
  'recaptchaevent',
  'emailtemplate',
  'scope',
  'response_type',
  'nonce',
  '__proto__',
);

describe('emulator: first-party applications', () => {
  let emulator: Emulator;

  before(async () => {
    emulator = await startEmulator({ settings: { login: { discovery: true } } });
  });
  after(() => emulator.close());

  it('answers any members with a code, a challenge or an error in JSON', async () => {
    const app = new FirstPartyApp(emulator).register();
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(name, value)), fc.boolean(), async (pairs, json) => {
        const reply = await app.first(Object.fromEntries(pairs), { json });
        assert.match(header(reply, 'content-type'), /^application\/json/);
        const { error, authorization_code: code } = members(reply);
        assert.equal(reply.status === 200, typeof code === 'string', reply.text);
        assert.equal(reply.status >= 400 && reply.status < 500, typeof error === 'string');
      }),
      { numRuns: 300 },
    );
  }).timeout(20_000);
});
