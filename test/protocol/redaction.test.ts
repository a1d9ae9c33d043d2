import assert from 'node:assert/strict';
import fc from 'fast-check';
import { refusal, descriptionOf } from '../../lib/protocol/refusal.js';
import type { HeadlessError } from '../../lib/index.js';

function refused(secret: string, fields: object): HeadlessError {
  const request = {
    method: 'POST',
    url: 'https://a.example/',
    headers: {},
    secrets: [secret],
  } as const;
  return refusal(request, { status: 400, headers: {}, body: JSON.stringify(fields) });
}

const policy = (text: string): object => ({
  status_code: 'password_policy_check_failure',
  password_error: text,
});

describe('what a refusal repeats of Salesforce’s words', () => {
  it('is no secret of the request, whatever characters it has', () => {
    const secrets = fc.string({ unit: 'grapheme', minLength: 6, maxLength: 40 });
    fc.assert(
      fc.property(secrets, (secret) => {
        fc.pre(!'[redacted]'.includes(secret));
        const error = refused(secret, { error: 'x', error_description: `it was <${secret}>` });
        assert.ok(!descriptionOf(error).includes(`<${secret}>`));
      }),
    );
  });

  it('is no short secret either, where it stands alone', () => {
    const said = descriptionOf(refused('kurz', policy('“kurz” is too short, try kurzweil.')));
    assert.equal(said, '“[redacted]” is too short, try kurzweil.');
  });

  it('keeps words that happen to contain a short secret', () => {
    const text = 'Your password must be at least 8 characters long.';
    assert.equal(descriptionOf(refused('pass', policy(text))), text);
  });

  for (const secret of ['password', 'policy', 'password_policy_check_failure']) {
    it(`is understood even if the secret is ${secret}`, () => {
      assert.equal(refused(secret, policy('No.')).code, 'password_policy');
    });
  }
});
