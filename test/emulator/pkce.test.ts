import assert from 'node:assert/strict';

import { startEmulator, type Emulator } from 'sf-headless-emulator';
import { oauthError, pkce, Site } from './browserless.js';

describe('emulator: token endpoint', () => {
  let emulator: Emulator;
  let site: Site;

  before(async () => {
    emulator = await startEmulator();
    site = new Site(emulator);
  });
  afterEach(() => emulator.reset());
  after(() => emulator.close());

  describe('PKCE', () => {
    const redeem = async (challenge: string | undefined, verifier?: string) => {
      const asked = challenge === undefined ? {} : { code_challenge: challenge };
      const code = await site.code(site.named(asked));
      return site.token({ code, ...(verifier !== undefined && { code_verifier: verifier }) });
    };
    const mismatch = [400, 'invalid_grant', 'invalid code verifier'];

    it('takes the verifier of the challenge, the vector of RFC 7636 included', async () => {
      const { verifier, challenge } = pkce();
      assert.equal((await redeem(challenge, verifier)).status, 200);
      const vector = await redeem(
        'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
        'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
      );
      assert.equal(vector.status, 200);
    });

    it('takes the 171 characters of the mobile SDKs', async () => {
      const verifier = Buffer.from(Array.from({ length: 128 }, (_, i) => i)).toString('base64url');
      assert.equal(verifier.length, 171);
      const reply = await redeem('m9v0o6VZCkA61J5U-X1Tz5TKs3SgkIws3KAW_OnRzjg', verifier);
      assert.equal(reply.status, 200);
    });

    it('ignores code_challenge_method: always S256', async () => {
      const { verifier, challenge } = pkce();
      const form = { code_challenge: challenge, code_challenge_method: 'plain' };
      const code = await site.code(site.named(form));
      assert.equal((await site.token({ code, code_verifier: verifier })).status, 200);
    });

    it('answers a wrong verifier with invalid_grant, and with invalid_request by quirks.pkceMismatchError', async () => {
      const { challenge } = pkce();
      assert.deepEqual(oauthError(await redeem(challenge, pkce().verifier)), mismatch);
      emulator.settings({ quirks: { pkceMismatchError: 'invalid_request' } });
      const other = oauthError(await redeem(challenge, pkce().verifier));
      assert.deepEqual(other, [400, 'invalid_request', 'invalid code verifier']);
    });

    it('answers a missing verifier with invalid_grant', async () => {
      const reply = await redeem(pkce().challenge);
      assert.deepEqual(oauthError(reply).slice(0, 2), [400, 'invalid_grant']);
    });

    it('answers a verifier without a challenge with unexpected code verifier', async () => {
      const reply = await redeem(undefined, pkce().verifier);
      assert.deepEqual(oauthError(reply), [400, 'invalid_grant', 'unexpected code verifier']);
    });

    it('refuses a verifier above quirks.verifierMaxLength', async () => {
      const long = pkce(400);
      assert.deepEqual(oauthError(await redeem(long.challenge, long.verifier)), mismatch);
      emulator.settings({ quirks: { verifierMaxLength: 128 } });
      const sdk = pkce(128);
      assert.deepEqual(oauthError(await redeem(sdk.challenge, sdk.verifier)), mismatch);
    });
  });
});
