import assert from 'node:assert/strict';
import fc from 'fast-check';
import { HeadlessError } from '../../lib/errors.js';
import { readChallenge, readStepUp } from '../../lib/protocol/challenge.js';
import {
  challengeParameterNames,
  challengeRequest,
  type ChallengeCall,
} from '../../lib/protocol/challenge-request.js';
import type { WireResponse } from '../../lib/protocol/wire.js';

const endpoint = 'https://acme.my.site.com/portal/services/oauth2/v1/authorization_challenge';
const call: ChallengeCall = {
  clientId: '3MVG9.EXAMPLE',
  responseType: true,
  username: 'ada@example.com',
  password: 'Corr3ct-Horse',
};
const request = challengeRequest(endpoint, 'form', call);
const login = { isRegistration: false, isByHint: false };
const answer = (status: number, body: unknown): WireResponse => ({
  status,
  headers: {},
  body: typeof body === 'string' ? body : JSON.stringify(body),
});
const read = (status: number, body: unknown) => readChallenge(login, request, answer(status, body));
const codeOf = (run: () => unknown): unknown => {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof HeadlessError, String(error));
    return error.code;
  }
  return undefined;
};

const statuses = [400, 401, 403] as const;
const fatal = ['invalid_session', 'invalid_grant'];
const words = fc.stringMatching(/^[a-z_]{3,30}$/);

describe('a call of the challenge endpoint', () => {
  it('says the same as a form and as JSON', () => {
    const full: ChallengeCall = {
      ...call,
      customdata: '{"plan":"gold"}',
      recaptchaEvent: { token: 't0ken', siteKey: 'k', expectedAction: 'login', projectId: 'p' },
      userdata: { email: 'ada@example.com' },
    };
    const form = new URLSearchParams(challengeRequest(endpoint, 'form', full).body);
    const json: unknown = JSON.parse(challengeRequest(endpoint, 'json', full).body ?? '');
    const parsed = Object.fromEntries(
      [...form].map(([name, value]) => [name, value.startsWith('{') ? JSON.parse(value) : value]),
    );
    assert.deepEqual(parsed, json);
  });

  it('uses the names of parameters that it is given', () => {
    const names = { ...challengeParameterNames, username: 'login', password: 'secret' };
    const form = new URLSearchParams(challengeRequest(endpoint, 'form', { ...call, names }).body);
    assert.deepEqual([form.get('login'), form.get('secret')], [call.username, call.password]);
    assert.deepEqual([form.get('username'), form.get('password')], [null, null]);
  });

  it('carries nothing secret in its URL, and knows its secrets', () => {
    const { url, secrets } = challengeRequest(endpoint, 'form', {
      ...call,
      authSession: 'session-1',
      otp: '482913',
      parameters: { totp_code: '118822' },
      integrationToken: 'integration-1',
    });
    assert.equal(url, endpoint);
    for (const secret of ['Corr3ct-Horse', 'session-1', '482913', '118822', 'integration-1']) {
      assert.ok(secrets.includes(secret), secret);
    }
  });
});

describe('an answer of the challenge endpoint', () => {
  it('is a challenge whatever its word and status, when it comes with a session', () => {
    fc.assert(
      fc.property(fc.constantFrom(...statuses), words, words, (...all) => {
        const [status, error, session] = all;
        fc.pre(!fatal.includes(error) && error !== 'redirect_to_web');
        const reply = read(status, { error, auth_session: session });
        assert.ok(reply.kind === 'challenge');
        assert.deepEqual([reply.error, reply.authSession], [error, session]);
      }),
    );
  });

  it('is a challenge by its word alone, as a session is optional', () => {
    for (const error of ['authorization_required', 'insufficient_authorization']) {
      for (const status of statuses) {
        const reply = read(status, { error });
        assert.ok(reply.kind === 'challenge' && reply.authSession === undefined);
      }
    }
  });

  it('is the end for a bad session, by either word, even with a session in it', () => {
    for (const error of fatal) {
      for (const status of statuses) {
        const body = { error, auth_session: 'session-2' };
        assert.equal(
          codeOf(() => read(status, body)),
          'challenge_expired',
        );
      }
    }
  });

  it('shows every member but the session, and nothing of what was entered', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const extra = { next: JSON.parse(text) as unknown, echo: `got ${call.password ?? ''}` };
        const error = 'insufficient_authorization';
        const reply = read(403, { error, auth_session: 'session-3', ...extra });
        assert.ok(reply.kind === 'challenge');
        const shown = { error, next: extra.next, echo: 'got [redacted]' };
        assert.deepEqual(JSON.parse(JSON.stringify(reply.members)), shown);
      }),
    );
  });

  it('sends the browser away with or without a pushed request', () => {
    const pushed = { request_uri: 'urn:example:1', expires_in: '90', auth_session: 's' };
    assert.deepEqual(read(400, { error: 'redirect_to_web', ...pushed }), {
      ...{ kind: 'redirect', requestUri: 'urn:example:1', expiresIn: 90, authSession: 's' },
    });
    assert.deepEqual(read(400, { error: 'redirect_to_web' }), {
      ...{ kind: 'redirect', requestUri: undefined, expiresIn: undefined, authSession: undefined },
    });
  });

  const refused = (title: string, code: string, status: number, body: unknown): void => {
    it(`is refused: ${title}`, () => {
      assert.equal(
        codeOf(() => read(status, body)),
        code,
      );
    });
  };
  refused('an inactive user', 'invalid_credentials', 400, { error: 'inactive_user' });
  refused('too many calls', 'rate_limited', 400, { error: 'rate_limit_exceeded' });
  refused('an inactive org', 'site_not_found', 400, { error: 'inactive_org' });
  refused('a malformed request', 'request_refused', 400, { error: 'invalid_request' });
  it('is about the password of a registration, even where it names the user as well', () => {
    const said = 'Your password cannot equal or contain your user name.';
    const refusal = answer(400, { error: 'invalid_request', error_description: said });
    const registers = { isRegistration: true, isByHint: false };
    assert.throws(() => readChallenge(registers, request, refusal), {
      code: 'password_policy',
      fields: { password: said },
    });
    assert.throws(() => readChallenge(login, request, refusal), { code: 'account_refused' });
  });
  refused('a code and an error at once', 'unexpected_answer', 200, {
    ...{ authorization_code: 'c', error: 'odd', auth_session: 's' },
  });
  refused('a code with an odd status', 'unexpected_answer', 201, { authorization_code: 'c' });
  refused('nothing', 'unexpected_answer', 200, '');
  refused('a challenge that is no JSON', 'unexpected_answer', 403, 'error=odd&auth_session=s');
  refused('an error of the server, even with a session', 'server_error', 500, {
    ...{ error: 'insufficient_authorization', auth_session: 's' },
  });
  refused('a login page', 'not_headless', 200, '<html></html>');

  it('is never anything else than one of these', () => {
    const body = fc.oneof(fc.string(), fc.json(), fc.dictionary(fc.string(), fc.jsonValue()));
    fc.assert(
      fc.property(fc.integer({ min: 200, max: 599 }), body, (status, value) => {
        codeOf(() => read(status, value));
      }),
    );
  });
});

describe('an answer of the token endpoint', () => {
  it('asks for one more step by either word', () => {
    for (const error of ['authorization_required', 'insufficient_authorization']) {
      const stepUp = readStepUp(request, answer(403, { error, auth_session: 's', otp: true }));
      assert.deepEqual([stepUp?.authSession, stepUp?.members['otp']], ['s', true]);
    }
  });

  it('asks for nothing by any other word, even with a session', () => {
    for (const [status, error] of [
      [400, 'invalid_grant'],
      [401, 'invalid_client'],
      [500, 'insufficient_authorization'],
      [200, 'insufficient_authorization'],
    ] as const) {
      assert.equal(readStepUp(request, answer(status, { error, auth_session: 's' })), undefined);
    }
    assert.equal(readStepUp(request, answer(200, { access_token: 't' })), undefined);
    assert.equal(readStepUp(request, answer(403, '<html>')), undefined);
  });
});
