import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import type { HeadlessClient, HeadlessClientOptions, TokenSet } from '../../lib/index.js';
import { rejects } from '../client/rejects.js';
import { clientFor } from '../support/shop.js';
import { CookieVisitor } from '../emulator/cookie-visitor.js';
import { clientOf, registerApp } from './site.js';

const alice = { username: 'alice@example.com', password: 'Passw0rd!' };

for (const kind of ['public', 'private'] as const) {
  describe(`after a login, by a ${kind} client`, () => {
    let emulator: Emulator;
    let client: HeadlessClient;
    let tokens: TokenSet;
    before(async () => {
      emulator = await startEmulator();
    });
    after(async () => {
      await emulator.close();
    });
    beforeEach(async () => {
      emulator.reset();
      registerApp(emulator, kind, 'secret in the body');
      await logIn();
    });
    afterEach(() => client.close());

    async function logIn(options: Partial<HeadlessClientOptions> = {}): Promise<void> {
      const scope = 'api openid refresh_token web';
      client = clientFor(emulator, { ...clientOf(kind, 'secret in the body'), scope, ...options });
      ({ tokens } = await client.login(alice));
    }
    const userId = (): string | undefined => emulator.state().users[alice.username]?.userId;
    const refresh = () => client.refresh({ refreshToken: tokens.refreshToken ?? '' });

    it('userinfo tells about the user, and refuses a dead token', async () => {
      assert.equal((await client.userinfo(tokens.accessToken))['user_id'], userId());
      await client.revoke(tokens.accessToken);
      await rejects(client.userinfo(tokens.accessToken), 'access_token_refused');
    });

    it('the identity URL tells about the user, and refuses a dead token', async () => {
      const url = tokens.identityUrl ?? '';
      assert.equal((await client.identity(url, tokens.accessToken))['user_id'], userId());
      await client.revoke(tokens.accessToken);
      await rejects(client.identity(url, tokens.accessToken), 'access_token_refused');
    });

    it('a link leads into the site, once, and is refused for a dead token', async () => {
      const link = await client.singleAccess(tokens.accessToken, '/account');
      const arrival = await new CookieVisitor(emulator).go(link);
      assert.equal(arrival.url.href, `${emulator.url}/account`);
      await client.revoke(tokens.accessToken);
      await rejects(client.singleAccess(tokens.accessToken), 'access_token_refused');
    });

    it('a hybrid login brings web sessions along', async () => {
      await client.close();
      await logIn({ hybrid: true });
      assert.equal(tokens.webSession?.sidCookieName, 'sid');
    });

    it('a refresh gives new tokens, and is refused once the login has ended', async () => {
      const renewed = await refresh();
      assert.equal((await client.userinfo(renewed.accessToken))['user_id'], userId());
      await client.revoke(tokens.refreshToken ?? '');
      await rejects(refresh(), 'login_required');
    });

    it('a revocation ends the access token, or with the refresh token the whole login', async () => {
      await client.revoke(tokens.accessToken);
      const renewed = await refresh();
      await client.revoke(tokens.refreshToken ?? '');
      await rejects(client.userinfo(renewed.accessToken), 'access_token_refused');
    });

    if (kind === 'private') {
      it('introspection tells whether a token is active', async () => {
        const said = await client.introspect(tokens.accessToken);
        assert.deepEqual([said.active, said.active && said.username], [true, alice.username]);
        await client.revoke(tokens.accessToken);
        assert.equal((await client.introspect(tokens.accessToken)).active, false);
      });
    } else {
      it('introspection is not for public clients', async () => {
        await rejects(client.introspect(tokens.accessToken), 'invalid_client');
      });
    }
  });
}

describe('what Salesforce does not offer a public client', () => {
  it('first-party flows: the challenge endpoint wants an attestation that only a key can sign', async () => {
    const emulator = await startEmulator();
    registerApp(emulator, 'public', 'first-party');
    const client = clientFor(emulator, clientOf('public', 'first-party'));
    try {
      const challenge = client.challenge({ flow: 'password', ...alice });
      await rejects(challenge, 'invalid_client');
    } finally {
      await client.close();
      await emulator.close();
    }
  });
});
