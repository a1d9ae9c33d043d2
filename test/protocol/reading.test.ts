import assert from 'node:assert/strict';
import fc from 'fast-check';
import { HeadlessError } from '../../lib/errors.js';
import { readAnswer } from '../../lib/protocol/answer.js';
import { authorizeRequest, readAuthorize } from '../../lib/protocol/authorize.js';
import { basicCredentials } from '../../lib/protocol/basic.js';
import { readIdentityUrl, sameRecord } from '../../lib/protocol/claims.js';
import { codeChallenge, createVerifier } from '../../lib/protocol/pkce.js';
import { refusal } from '../../lib/protocol/refusal.js';
import { parseSite } from '../../lib/protocol/site.js';
import { readToken } from '../../lib/protocol/token.js';
import { createUvid, hintValue, isUvid, sameUvid } from '../../lib/protocol/uvid.js';
import type { WireRequest, WireResponse } from '../../lib/protocol/wire.js';

const site = parseSite('https://acme.my.site.com/portal');
const redirectUri = 'https://app.example.com/callback';
const request: WireRequest = {
  method: 'POST',
  url: `${site.base}/services/oauth2/authorize`,
  headers: {},
  secrets: [],
};
const response = (
  status: number,
  body = '',
  headers: Record<string, string> = {},
): WireResponse => ({
  status,
  body,
  headers,
});

describe('PKCE', () => {
  it('makes RFC 7636’s challenge of RFC 7636’s verifier', () => {
    assert.equal(
      codeChallenge('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'),
      'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    );
  });
  it('makes the challenge of a verifier of 171 characters, as Salesforce’s SDKs send', () => {
    const verifier = Buffer.from(Array.from({ length: 128 }, (_, index) => index)).toString(
      'base64url',
    );
    assert.equal(codeChallenge(verifier), 'm9v0o6VZCkA61J5U-X1Tz5TKs3SgkIws3KAW_OnRzjg');
  });
  it('makes verifiers of 43 to 128 allowed characters', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 64, maxLength: 64 }), (bytes) => {
        assert.match(
          createVerifier(() => bytes),
          /^[\w.~-]{43,128}$/,
        );
      }),
    );
  });
});

describe('a visitor id', () => {
  it('is a version 4 UUID, whatever the random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        assert.ok(isUvid(createUvid(() => bytes)));
      }),
    );
  });
  it('is recognised exactly', () => {
    fc.assert(
      fc.property(fc.uuid(), (uuid) => {
        assert.equal(isUvid(uuid), uuid.charAt(14) === '4');
        assert.equal(isUvid(` ${uuid}`), false);
        assert.equal(isUvid(`${uuid}\n`), false);
        assert.ok(sameUvid(uuid, uuid.toUpperCase()));
      }),
    );
  });
  it('has a prefix exactly when told', () => {
    assert.equal(hintValue({ uvid: 'u' }, true), 'UVID u');
    assert.equal(hintValue({ uvid: 'u' }, false), 'u');
    assert.equal(hintValue({ guestToken: 't' }, true), 'JWT t');
    assert.equal(hintValue({ guestToken: 't' }, false), 't');
  });
});

describe('credentials', () => {
  it('make the documented Basic value', () => {
    assert.equal(
      basicCredentials('ada+shop@example.com', 'p:a ss?~1>ÿ'),
      'Basic YWRhK3Nob3BAZXhhbXBsZS5jb206cDphIHNzP34xPsO/',
    );
  });

  const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 });
  it('arrive as they were typed, in the header or in the body', () => {
    fc.assert(
      fc.property(text, text, fc.constantFrom('header', 'body'), (name, secret, credentialsIn) => {
        const { headers, body, url } = authorizeRequest(site, {
          flow: 'named-user',
          clientId: 'app',
          redirectUri,
          codeChallenge: 'c',
          credentials: { name, secret },
          credentialsIn: credentialsIn,
        });
        const form = new URLSearchParams(body);
        const basic = headers['authorization'];
        const arrived =
          basic === undefined
            ? [form.get('username'), form.get('password')]
            : (/^([^:]*):(.*)$/s.exec(Buffer.from(basic.slice(6), 'base64').toString())?.slice(1) ??
              []);
        assert.deepEqual(arrived, [name, secret]);
        assert.equal(basic === undefined, credentialsIn === 'body' || name.includes(':'));
        assert.ok(!url.includes('?'));
      }),
    );
  });
});

describe('any answer at all', () => {
  const anyResponse = fc.record({
    status: fc.integer({ min: 200, max: 599 }),
    body: fc.oneof(
      fc.string({ maxLength: 200 }),
      fc.json(),
      fc.constantFrom('{', '[', '<html>', 'a=b&c', 'null', '[null]', '{"code":1}', '\u0000'),
    ),
    headers: fc.dictionary(
      fc.constantFrom('location', 'content-type', 'x-sfdc-request-id', 'content-length'),
      fc.oneof(fc.webUrl(), fc.string({ maxLength: 50 })),
    ),
  });
  it('is read or refused with a HeadlessError, never anything else', () => {
    fc.assert(
      fc.property(anyResponse, (answer) => {
        for (const read of [
          () => readAuthorize(site, { flow: 'named-user', redirectUri }, request, answer),
          () => readToken(request, answer),
        ]) {
          try {
            read();
          } catch (error) {
            assert.ok(error instanceof HeadlessError);
          }
        }
        assert.ok(refusal(request, answer) instanceof HeadlessError);
      }),
      { numRuns: 1000 },
    );
  });

  const kinds: [string, WireResponse, string][] = [
    ['a redirect', response(302, '', { location: '/login' }), 'redirect'],
    ['a redirect without an address', response(302), 'empty'],
    ['JSON without a Content-Type', response(200, '{"a":"b"}'), 'fields'],
    [
      'JSON that claims to be HTML',
      response(200, '{"a":"b"}', { 'content-type': 'text/html' }),
      'fields',
    ],
    ['an array of errors', response(401, '[{"errorCode":"X"}]'), 'fields'],
    ['broken JSON', response(200, '{"a":'), 'text'],
    ['form-encoded text', response(400, 'error=a&error_description=b%20c'), 'fields'],
    ['HTML', response(200, ' \n<!DOCTYPE html><p>', { 'content-type': 'text/plain' }), 'html'],
    [
      'HTML by its Content-Type alone',
      response(200, 'please log in', { 'content-type': 'text/html' }),
      'html',
    ],
    ['a bare word', response(403, 'Bad_OAuth_Token'), 'text'],
    ['nothing', response(200, ' '), 'empty'],
  ];
  for (const [title, answer, kind] of kinds) {
    it(`is seen for what it is: ${title} is ${kind}`, () => {
      assert.equal(readAnswer(answer, request.url).kind, kind);
    });
  }

  const codes: [string, WireResponse, string][] = [
    ['503', response(503, '<html>'), 'server_error'],
    ['429', response(429), 'rate_limited'],
    ['404', response(404, '<html>'), 'site_not_found'],
    [
      'an error in a fragment',
      response(302, '', { location: `${redirectUri}#error=access_denied` }),
      'access_denied',
    ],
    ['an unknown OAuth error', response(400, '{"error":"something_new"}'), 'unexpected_answer'],
    ['an error code that is none', response(400, '{"error":"<script>"}'), 'unexpected_answer'],
    ['too many logins', response(400, '{"error":"rate_limit_exceeded"}'), 'rate_limited'],
    ['an inactive org', response(400, '{"error":"inactive_org"}'), 'site_not_found'],
  ];
  for (const [title, answer, code] of codes) {
    it(`means: ${title} is ${code}`, () => {
      assert.equal(refusal(request, answer).code, code);
    });
  }

  it('is no token when it is of another type than Bearer', () => {
    const mac = response(200, '{"access_token":"x","token_type":"mac"}');
    assert.throws(() => readToken(request, mac), { code: 'unexpected_answer' });
    assert.throws(() => readToken(request, response(200, '{"scope":"api"}')), {
      code: 'unexpected_answer',
    });
  });

  it('is no id of a request when it does not look like one', () => {
    const odd = response(400, '{}', { 'x-sfdc-request-id': 'a b\nc' });
    assert.equal(refusal(request, odd).requestId, undefined);
  });
});

describe('record ids', () => {
  it('are the same with and without their suffix of three', () => {
    assert.ok(sameRecord('005xx000001SwiU', '005xx000001SwiUAAS'));
    assert.ok(!sameRecord('005xx000001SwiU', '005xx000001SwiV'));
  });
  it('are read from an identity URL, and from nothing else', () => {
    const url = 'https://login.salesforce.com/id/00Dxx0000001gPLEAY/005xx000001SwiUAAS';
    assert.deepEqual(readIdentityUrl(url), {
      organizationId: '00Dxx0000001gPLEAY',
      userId: '005xx000001SwiUAAS',
    });
    assert.equal(readIdentityUrl(`${url}/more`), undefined);
    assert.equal(readIdentityUrl('uid:005xx000001SwiUAAS'), undefined);
  });
});
