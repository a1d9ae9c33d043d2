import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import type { HeadlessClient, HeadlessErrorCode, RecaptchaEvent } from '../../lib/index.js';
import { firstPartyClient, registerFirstParty } from '../support/first-party.js';
import { rejects } from './rejects.js';

const username = 'alice@example.com';
const userdata = { lastName: 'Ruiz', email: 'ana@example.com', username: 'ana@example.com' };
const event: RecaptchaEvent = {
  token: 'pass',
  siteKey: '6Lc_key',
  expectedAction: 'login',
  projectId: 'shop-1',
};
const longest = 16 * 1024;

describe('the proof that a person asks, and the email template', () => {
  let emulator: Emulator;
  let client: HeadlessClient;
  before(async () => {
    emulator = await startEmulator();
  });
  after(() => emulator.close());
  beforeEach(() => {
    emulator.reset();
    registerFirstParty(emulator, { scopes: ['api', 'openid', 'refresh_token'] });
    client = firstPartyClient(emulator);
  });
  afterEach(() => client.close());

  /** Every call that has either, with whatever a visitor or an app gave. */
  const calls: Readonly<Record<string, (more: object) => Promise<unknown>>> = {
    startOtp: (more) => client.startOtp({ username, ...more }),
    startRegistration: (more) => client.startRegistration({ userdata, ...more }),
    startPasswordReset: (more) => client.startPasswordReset({ username, ...more }),
    challenge: (more) => client.challenge({ flow: 'passwordless', username, ...more }),
  };
  const sent = (): string => emulator.log().at(-1)?.body ?? '';

  for (const [kind, proof] of Object.entries({
    recaptcha: { recaptcha: '03AF-secret-token' },
    recaptchaEvent: { recaptchaEvent: { ...event, token: '03AF-secret-token' } },
  })) {
    it(`never shows in an error that repeats it: ${kind}`, async () => {
      const match = 'POST /services/auth/headless/init/passwordless/login';
      const body = { invalid_request: 'captcha 03AF-secret-token is no good' };
      emulator.faults([{ match, fault: 'status', status: 400, body }]);
      const error = await rejects(client.startOtp({ username, ...proof }), 'recaptcha_refused', [
        '03AF-secret-token',
      ]);
      assert.deepEqual(error.cause, {
        ...{ status: 400, error: 'invalid_request', description: 'captcha [redacted] is no good' },
      });
    });
  }

  for (const [name, call] of Object.entries(calls)) {
    describe(`of ${name}`, () => {
      const refused = (title: string, code: HeadlessErrorCode, more: object): void => {
        it(`${code}: ${title}`, async () => {
          await rejects(call(more), code);
          assert.deepEqual(emulator.log(), []);
        });
      };
      const malformed = (title: string, more: object): void => {
        refused(title, 'malformed_credentials', more);
      };
      malformed('a token that came twice', { recaptcha: ['pass', 'pass'] });
      malformed('a token by a bracketed name', { recaptcha: { a: 'pass' } });
      malformed('a number for a token', { recaptcha: 5 });
      malformed('a token that is too long', { recaptcha: 'x'.repeat(longest + 1) });
      malformed('a token with an unpaired surrogate', { recaptcha: 'x\ud800' });
      malformed('a text for an event', { recaptchaEvent: 'pass' });
      malformed('an event without its project', { recaptchaEvent: { ...event, projectId: null } });
      malformed('an event whose token came twice', { recaptchaEvent: { ...event, token: ['a'] } });
      refused('both kinds', 'invalid_argument', { recaptcha: 'pass', recaptchaEvent: event });
      refused('a template that is no text', 'invalid_argument', { emailTemplate: ['00X'] });

      it('sends four texts of an event and no more', async () => {
        await call({ recaptchaEvent: { ...event, userAgent: 'x', toJSON: () => 'no' } });
        const body = sent();
        const json = body.startsWith('{')
          ? (JSON.parse(body) as { recaptchaevent: unknown }).recaptchaevent
          : (JSON.parse(new URLSearchParams(body).get('recaptchaevent') ?? '') as unknown);
        assert.deepEqual(json, event);
      });
      it('takes null for none, and a token of the greatest length', async () => {
        await call({ recaptcha: 'x'.repeat(longest), recaptchaEvent: null, emailTemplate: null });
        assert.equal(sent().includes('recaptchaevent'), false);
        assert.equal(sent().includes('emailtemplate'), false);
      });
    });
  }
});
