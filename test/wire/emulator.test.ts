import assert from 'node:assert/strict';
import { createPrivateKey, randomUUID } from 'node:crypto';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import { SignJWT } from 'jose';
import { request as send } from 'undici';
import { selfSigned } from '../emulator/certificate.js';
import {
  challenge,
  fill,
  loadExchanges,
  uvid,
  verifier,
  withDerived,
  type Exchange,
  type Json,
} from './exchange.js';

const exchanges = loadExchanges();

/** What a placeholder may be in a real answer, where it is not known beforehand. */
const shapes: Record<string, RegExp> = {
  code: /^aPrx[\w.=-]{20,}$/,
  identifier: /^[\w+/=-]{12,}$/,
  authSession: /^[\w-]{43}$/,
  accessToken: /^(eyJ[\w-]+\.[\w-]+\.[\w-]+|00D\w{12}!\S+)$/,
  guestToken: /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/,
  refreshToken: /^5Aep861\S+$/,
  idToken: /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/,
};

type Values = Record<string, string>;

function pattern(template: string, values: Values): RegExp | undefined {
  if (!template.startsWith('/') || !template.endsWith('/') || template.length < 3) return undefined;
  const escaped = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      value.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'),
    ]),
  );
  return new RegExp(fill(template.slice(1, -1), escaped));
}

/** Holds a value against its template, and keeps what new placeholders turn out to be. */
function match(
  actual: unknown,
  template: Json,
  values: Values,
  found: Values,
  where: string,
): void {
  if (typeof template === 'string') {
    const name = /^\{(\w+)\}$/.exec(template)?.[1];
    const shape = name === undefined ? undefined : shapes[name];
    if (name !== undefined && shape !== undefined) {
      assert.match(String(actual), shape, where);
      found[name] = String(actual);
      return;
    }
    const expected = pattern(template, values);
    if (expected !== undefined) assert.match(String(actual), expected, where);
    else assert.equal(actual, fill(template, values), where);
  } else if (Array.isArray(template)) {
    assert.ok(Array.isArray(actual), where);
    template.forEach((each, index) => {
      match(actual[index], each, values, found, `${where}[${index}]`);
    });
  } else if (typeof template === 'object' && template !== null) {
    assert.ok(typeof actual === 'object' && actual !== null, where);
    for (const [name, each] of Object.entries(template)) {
      match(Reflect.get(actual, name), each, values, found, `${where}.${name}`);
    }
  } else {
    assert.equal(actual, template, where);
  }
}

/** A redirect is compared parameter by parameter, as the order of a query means nothing. */
function matchLocation(actual: string, template: string, values: Values, found: Values): void {
  const expected = pattern(template, values);
  if (expected !== undefined) {
    assert.match(actual, expected);
    return;
  }
  const [base = '', query = ''] = template.split('?');
  assert.ok(actual.startsWith(`${fill(base, values)}?`), `Location starts with ${base}`);
  const wanted = query.split('&').map((pair) => pair.split('=') as [string, string]);
  const got = new URL(actual).searchParams;
  assert.deepEqual(
    [...got.keys()],
    wanted.map(([name]) => name),
  );
  for (const [name, value] of wanted) {
    match(
      got.get(name),
      decodeURIComponent(value),
      decodedValues(values),
      found,
      `Location ${name}`,
    );
  }
}

function decodedValues(values: Values): Values {
  return { ...values, 'site:encoded': values['site'] ?? '' };
}

describe('golden exchanges, held against the emulator', () => {
  let emulator: Emulator;
  before(async () => {
    emulator = await startEmulator();
  });
  after(async () => {
    await emulator.close();
  });
  afterEach(() => {
    emulator.reset();
  });

  async function run(exchange: Exchange, values: Values): Promise<void> {
    const { method, path, headers, form, json } = fill(
      exchange.request as unknown as Json,
      withDerived(values),
    ) as unknown as Exchange['request'];
    const body =
      form === undefined
        ? json === undefined
          ? null
          : JSON.stringify(json)
        : new URLSearchParams(form).toString();
    const url = path.startsWith('http') ? path : `${values['site'] ?? ''}${path}`;
    const answer = await send(url, { method, headers, body });
    const text = await answer.body.text();
    const { response } = exchange;
    const all = withDerived(values);
    const found: Values = {};
    match(
      typeof response.status === 'number' ? answer.statusCode : String(answer.statusCode),
      response.status,
      all,
      found,
      `status (${text.slice(0, 200)})`,
    );
    for (const [name, template] of Object.entries(response.headers ?? {})) {
      const actual = String(answer.headers[name]);
      if (name === 'location') matchLocation(actual, template, all, found);
      else match(actual, template, all, found, name);
    }
    if (response.json !== undefined) match(JSON.parse(text), response.json, all, found, 'body');
    if (response.text !== undefined) match(text, response.text, all, found, 'body');
    Object.assign(values, found);
    const [message] = emulator.outbox();
    if (message !== undefined) values['otp'] = message.code;
    else assert.equal(found['identifier'], undefined, 'a code was sent');
  }

  const { key, publicKey } = selfSigned();
  const stranger = selfSigned();

  /** An assertion of a client about itself or a user. */
  function signed(pem: string, issuer: string, subject: string): Promise<string> {
    return new SignJWT()
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
      .setIssuer(issuer)
      .setSubject(subject)
      .setAudience(emulator.url)
      .setIssuedAt()
      .setExpirationTime('2m')
      .setJti(randomUUID())
      .sign(createPrivateKey(pem));
  }

  for (const [name, exchange] of exchanges) {
    it(`${name}: ${exchange.title}`, async () => {
      const { site } = emulator.state();
      const clientId = exchange.as === 'private' ? '3MVG9.private' : '3MVG9.public';
      const { users } = emulator.state();
      const values: Values = {
        site: emulator.url,
        origin: emulator.origin,
        networkId: site.networkId,
        clientId,
        clientSecret: 'emulator-secret',
        redirectUri: 'http://localhost:3000/callback',
        username: 'alice@example.com',
        password: 'Passw0rd!',
        recaptcha: '03AFtest',
        identifier: 'MFF0OHgwMDAwMDAwQWIx',
        otp: '000000',
        accessToken: '00Dxx0000001gPL!AQEAQExampleExampleExample',
        identityUrl: `${emulator.url}/id/${site.organizationId}/${users['alice@example.com']?.userId ?? ''}`,
        certificate: publicKey,
        assertion: await signed(key, clientId, clientId),
        userAssertion: await signed(key, clientId, 'alice@example.com'),
        foreignAssertion: await signed(stranger.key, clientId, clientId),
        codeVerifier: verifier,
        codeChallenge: challenge,
        uvid,
      };
      const prepare = ({ settings, client }: NonNullable<Exchange['world']>): void => {
        if (settings !== undefined) emulator.settings(settings as object);
        if (client !== undefined) {
          emulator.client(clientId, {
            redirectUris: ['http://localhost:3000/callback'],
            isNamedUserJwtEnabled: true,
            ...(fill(client, values) as object),
          });
        }
      };
      for (const earlier of exchange.after ?? []) {
        const step = exchanges.get(earlier);
        assert.ok(step, `there is an exchange ${earlier}`);
        prepare(step.world ?? {});
        await run(step, values);
        // None is taken twice.
        values['assertion'] = await signed(key, clientId, clientId);
      }
      prepare(exchange.world ?? {});
      await run(exchange, values);
    });
  }
});
