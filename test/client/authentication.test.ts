import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import {
  HeadlessClient,
  type HeadlessClientOptions,
  type HeadlessError,
  type HeadlessErrorCode,
} from '../../lib/index.js';
import { selfSigned } from '../emulator/certificate.js';
import { assertNothingSecret, noteError } from '../support/secrets.js';
import { clientFor } from '../support/shop.js';
import { rejects as rejectsWith } from './rejects.js';

const alice = { username: 'alice@example.com', password: 'Passw0rd!' };
const { key, publicKey } = selfSigned();
const secret = 'a secret: with + % & ü';

const rejects = (run: Promise<unknown>, code: HeadlessErrorCode): Promise<HeadlessError> =>
  rejectsWith(run, code, [secret, key, key.split('\n')[1] ?? '']);

describe('a client proves itself at the token endpoint', () => {
  let emulator: Emulator;
  let client: HeadlessClient | undefined;
  before(async () => {
    emulator = await startEmulator();
  });
  after(async () => {
    await emulator.close();
  });
  beforeEach(() => {
    emulator.reset();
  });
  afterEach(async () => {
    await client?.close();
    client = undefined;
  });

  /** An app that must prove itself, by a secret or a key. */
  function app(credentials: { secret?: string; clientAssertionCertificate?: string }): void {
    emulator.client('an app', {
      redirectUris: ['http://localhost:3000/callback'],
      isNamedUserJwtEnabled: true,
      isConsumerSecretOptional: false,
      ...credentials,
    });
  }
  const use = (options: Partial<HeadlessClientOptions>): HeadlessClient =>
    (client = clientFor(emulator, { clientId: 'an app', ...options }));
  const tokenCall = () => {
    const call = emulator.log().findLast(({ path }) => path.endsWith('/oauth2/token'));
    assert.ok(call);
    return { authorization: call.headers['authorization'], form: new URLSearchParams(call.body) };
  };

  it('by nothing but its id and the code verifier, as a public client', async () => {
    await use({ clientId: '3MVG9.public' }).login(alice);
    const { authorization, form } = tokenCall();
    assert.equal(authorization, undefined);
    assert.deepEqual(
      [...form.keys()],
      ['grant_type', 'code', 'redirect_uri', 'code_verifier', 'client_id'],
    );
  });

  it('by its secret in the body, unless told otherwise', async () => {
    app({ secret });
    await use({ clientSecret: secret }).login(alice);
    const { authorization, form } = tokenCall();
    assert.equal(authorization, undefined);
    assert.equal(form.get('client_secret'), secret);
  });

  it('by its secret in a Basic header, both halves form-encoded, and not in the body', async () => {
    app({ secret });
    await use({ clientSecret: secret, clientSecretIn: 'header' }).login(alice);
    const { authorization = '', form } = tokenCall();
    const pair = Buffer.from(authorization.replace('Basic ', ''), 'base64').toString('utf8');
    assert.equal(pair, 'an+app:a+secret%3A+with+%2B+%25+%26+%C3%BC');
    assert.equal(form.get('client_secret'), null);
  });

  it('at no other endpoint: the authorize call carries the customer’s credentials alone', async () => {
    app({ secret });
    await use({ clientSecret: secret, clientSecretIn: 'header' }).login(alice);
    const [authorize] = emulator.log();
    const basic = `Basic ${Buffer.from(`${alice.username}:${alice.password}`).toString('base64')}`;
    assert.equal(authorize?.headers['authorization'], basic);
    assert.equal(new URLSearchParams(authorize.body).get('client_secret'), null);
  });

  for (const [spelling, privateKey] of Object.entries({
    'PEM text': key,
    'a KeyObject': createPrivateKey(key),
    'the bytes of a PEM file': Buffer.from(key),
    'PEM text with a key id': { key, keyId: 'mine' },
    'a function': () => key,
    'a function that takes its time': () => Promise.resolve(createPrivateKey(key)),
  })) {
    it(`by a JWT that its private key signs: ${spelling}`, async () => {
      app({ clientAssertionCertificate: publicKey });
      await use({ privateKey }).login(alice);
      const { authorization, form } = tokenCall();
      assert.equal(authorization, undefined);
      assert.equal(form.get('client_secret'), null);
      const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
      assert.equal(form.get('client_assertion_type'), type);
      const assertion = form.get('client_assertion') ?? '';
      const { iss, sub, aud, iat = 0, exp = 0, jti } = decodeJwt(assertion);
      assert.deepEqual([iss, sub], ['an app', 'an app']);
      assert.equal(aud, `${emulator.url}/services/oauth2/token`);
      assert.ok(exp - iat <= 180 && typeof jti === 'string');
      const { kid } = decodeProtectedHeader(assertion);
      assert.equal(kid, spelling.includes('key id') ? 'mine' : undefined);
    });
  }

  it('by a new JWT every time, as Salesforce takes none twice', async () => {
    app({ clientAssertionCertificate: publicKey });
    const many = use({ privateKey: key });
    const ids = new Set<unknown>();
    for (let index = 0; index < 3; index += 1) {
      await many.login(alice);
      ids.add(decodeJwt(tokenCall().form.get('client_assertion') ?? '').jti);
    }
    assert.equal(ids.size, 3);
  });

  it('by the key that a function gives at that moment, so that keys can be rotated', async () => {
    const next = selfSigned();
    let current = key;
    app({ clientAssertionCertificate: publicKey });
    const rotating = use({ privateKey: () => current });
    await rotating.login(alice);
    app({ clientAssertionCertificate: next.publicKey });
    await rejects(rotating.login(alice), 'invalid_client');
    current = next.key;
    await rotating.login(alice);
  });

  it('by its secret where it has both: the key is then for attestations', async () => {
    app({ secret, clientAssertionCertificate: publicKey });
    await use({ clientSecret: secret, privateKey: key }).login(alice);
    assert.equal(tokenCall().form.get('client_secret'), secret);
    assert.equal(tokenCall().form.get('client_assertion'), null);
  });

  describe('and is told when it cannot', () => {
    for (const clientSecretIn of ['body', 'header'] as const) {
      it(`a wrong secret in the ${clientSecretIn}: invalid_client`, async () => {
        app({ secret: 'another' });
        await rejects(use({ clientSecret: secret, clientSecretIn }).login(alice), 'invalid_client');
      });
    }
    it('a key whose certificate the app does not have: invalid_client', async () => {
      app({ clientAssertionCertificate: selfSigned().publicKey });
      await rejects(use({ privateKey: key }).login(alice), 'invalid_client');
    });
    it('nothing, where a proof is needed: invalid_client', async () => {
      app({ secret });
      await rejects(use({}).login(alice), 'invalid_client');
    });

    const unusable = (title: string, give: () => unknown): void => {
      it(`a function that gives ${title}: client_key_unusable`, async () => {
        app({ clientAssertionCertificate: publicKey });
        const error = await rejects(
          use({ privateKey: give as () => string }).login(alice),
          'client_key_unusable',
        );
        assert.equal(error.fault, 'configuration');
      });
    };
    unusable('nothing', () => undefined);
    unusable('half a key', () => key.slice(0, 200));
    unusable('a public key', () => publicKey);
    unusable(
      'an elliptic key',
      () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
    );
    unusable('a short key', () => generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey);
    unusable('an error that repeats the key', () => {
      throw new Error(`cannot read ${key}`);
    });
    it('keeps the kind of an error of that function, and none of its words', async () => {
      app({ clientAssertionCertificate: publicKey });
      const failure = Object.assign(new RangeError(key), { code: 'VAULT_SEALED' });
      const privateKey = () => Promise.reject<string>(failure);
      const error = await rejects(use({ privateKey }).login(alice), 'client_key_unusable');
      assert.deepEqual(error.cause, { name: 'RangeError', code: 'VAULT_SEALED' });
    });
  });

  describe('and is not made with a key that can never sign', () => {
    const refuses = (title: string, privateKey: unknown): void => {
      it(title, () => {
        assert.throws(
          () => use({ privateKey: privateKey as string }),
          (error: unknown) => {
            assertNothingSecret(error, 'the error', [key, key.slice(100, 160)]);
            return (
              error instanceof TypeError &&
              error.message.startsWith('HeadlessClient: option `privateKey` must be an RSA')
            );
          },
        );
      });
    };
    refuses('half a key', key.slice(0, 200));
    refuses('a public key', publicKey);
    refuses('no key', 42);
    refuses('an object without one', { keyId: 'mine' });
    refuses('a key id that is no text', { key, keyId: 1 });
    refuses('an elliptic key', generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
    refuses('a short key', generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey);
  });

  it('and shows nothing of secret or key when it is inspected', async () => {
    app({ secret, clientAssertionCertificate: publicKey });
    const shown = [key, key.split('\n')[1] ?? '', secret];
    assertNothingSecret(use({ clientSecret: secret }), 'a client with a secret', shown);
    await client?.close();
    const withKey = use({ privateKey: key });
    await withKey.login(alice).catch(noteError);
    assertNothingSecret(withKey, 'a client with a key', shown);
  });
});
