import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import {
  basic,
  location,
  members,
  parsed,
  publicClient,
  send,
  Site,
  textOf,
  type Headers,
  type Reply,
} from './browserless.js';

const email = 'ana@example.com';
const username = 'ana@example.com';

/** The bodies as the collection has them; `<...>` is for people to fill in. */
const registrationInitialize = `{
    "userdata": {
        "firstName": "userFirstName",
        "lastName": "userLastName",
        "email": "<email>",
        "username": "<username>"
    },
    "customdata": {
        "mobilePhone": "+12035408967",
        "streetAddress": "12 N Lands End Rd",
        "city": "Lantana",
        "state": "Florida",
        "zip": "20537",
        "privacyPolicy": true
    },
    "password": "Test123!",
    "recaptcha": "<recaptcha-token>",
    "verificationmethod": "email"
}`;

const passwordlessInitialize = `{
    "username": "<username>",
    "recaptcha": "<recaptcha-token>",
    "verificationmethod": "email or sms"
}`;

const forgotInitialize = `{
    "username": "<username>",
    "recaptcha": "<recaptcha token>"
}`;

const forgotChange = `{
    "username": "<username>",
    "newpassword": "<new password>",
    "otp": "<OTP sent ot end user>"
}`;

/** Salesforce's Postman collection, folder "Headless Identity API Demo", run in its order. */
describe('emulator: the official Postman items', () => {
  let emulator: Emulator;
  let site: Site;

  before(async () => {
    emulator = await startEmulator();
    site = new Site(emulator);
  });
  afterEach(() => emulator.reset());
  after(() => emulator.close());

  /** A raw body, and no header that Postman was told not to send. */
  const raw = (path: string, body: string): Promise<Reply> =>
    send(`${emulator.url}/services/auth/headless/${path}`, { method: 'POST', body });
  const newestCode = (): string => emulator.outbox()[0]?.code ?? '';

  const authorize = (headers: Headers): Promise<Reply> =>
    site.post(
      '/services/oauth2/authorize',
      {
        response_type: 'code_credentials',
        client_id: publicClient,
        redirect_uri: site.echo,
        scope: '',
      },
      headers,
    );

  const tokenExchange = async (authorized: Reply): Promise<Reply> => {
    const reply = await site.post('/services/oauth2/token', {
      code: location(authorized).searchParams.get('code') ?? '',
      grant_type: 'authorization_code',
      client_id: publicClient,
      redirect_uri: site.echo,
    });
    assert.equal(reply.status, 200, reply.text);
    return reply;
  };

  it('Registration - Initialize, Authorize, Token Exchange', async () => {
    const initialized = await raw(
      'init/registration',
      registrationInitialize.replace('<email>', email).replace('<username>', username),
    );
    assert.equal(initialized.status, 200, initialized.text);
    assert.equal(textOf(initialized, 'email'), email);
    const authorized = await authorize({
      'auth-request-type': 'user-registration',
      'auth-verification-type': 'email',
      ...basic(textOf(initialized, 'identifier'), newestCode()),
    });
    const reply = await tokenExchange(authorized);
    assert.equal(members(reply)['token_type'], 'Bearer');
    const made = emulator.state().users[username];
    assert.deepEqual(
      [made?.firstName, made?.lastName, made?.mobilePhone, made?.hasPassword],
      ['userFirstName', 'userLastName', '+12035408967', true],
    );
  });

  for (const method of ['email', 'sms'] as const) {
    it(`Passwordless Login - Initialize, Authorize, Token Exchange (${method})`, async () => {
      emulator.user(username, { mobilePhone: '+12035408967', mobileVerified: true });
      const initialized = await raw(
        'init/passwordless/login',
        passwordlessInitialize.replace('<username>', username).replace('email or sms', method),
      );
      assert.deepEqual(Object.keys(members(initialized)), ['identifier', 'status']);
      const authorized = await authorize({
        'auth-request-type': 'passwordless-login',
        'auth-verification-type': method,
        ...basic(textOf(initialized, 'identifier'), newestCode()),
      });
      assert.match(textOf(await tokenExchange(authorized), 'id'), /\/005/);
    });
  }

  it('Forgot Password - Initialize, Change Password', async () => {
    emulator.user(username, { password: 'Old-Kite-41' });
    const initialized = await raw(
      'forgot_password',
      forgotInitialize.replace('<username>', username),
    );
    assert.deepEqual(
      [initialized.status, parsed(initialized)],
      [200, { status_code: 'otp_sent', status: 'success' }],
    );
    const changed = await raw(
      'forgot_password',
      forgotChange
        .replace('<username>', username)
        .replace('<new password>', 'New-Kite-42')
        .replace('<OTP sent ot end user>', newestCode()),
    );
    assert.deepEqual(
      [changed.status, parsed(changed)],
      [200, { status_code: 'success', status: 'success' }],
    );
    location(await site.named({}, basic(username, 'New-Kite-42')));
  });

  it('sends no Content-Type with the JSON bodies, as the items say', async () => {
    await raw('forgot_password', forgotInitialize);
    assert.equal(emulator.log().at(-1)?.headers['content-type'], undefined);
  });
});
