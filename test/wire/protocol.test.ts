import assert from 'node:assert/strict';
import { HeadlessError } from '../../lib/errors.js';
import {
  authorizeRequest,
  readAuthorize,
  type AuthorizeInput,
} from '../../lib/protocol/authorize.js';
import { readChallenge } from '../../lib/protocol/challenge.js';
import { challengeRequest, type ChallengeCall } from '../../lib/protocol/challenge-request.js';
import { clientProof, type ClientProof } from '../../lib/protocol/client-authentication.js';
import { discoveryRequest, keysRequest, readDiscovery } from '../../lib/protocol/discovery.js';
import {
  passwordlessStartRequest,
  readPasswordlessStart,
  type PasswordlessStart,
} from '../../lib/protocol/passwordless.js';
import {
  passwordChangeRequest,
  passwordResetRequest,
  readPasswordChange,
  readPasswordReset,
  type PasswordChangeCall,
  type PasswordResetCall,
} from '../../lib/protocol/password-reset.js';
import {
  readRegistrationStart,
  registrationStartRequest,
  type RegistrationCall,
} from '../../lib/protocol/registration.js';
import { identityUrlRequest, readIdentityAnswer } from '../../lib/protocol/identity-url.js';
import {
  clientCredentialsRequest,
  jwtBearerRequest,
  readIntegrationToken,
} from '../../lib/protocol/integration.js';
import {
  introspectRequest,
  readIntrospection,
  type TokenTypeHint,
} from '../../lib/protocol/introspect.js';
import { readSingleAccess, singleAccessRequest } from '../../lib/protocol/single-access.js';
import { readRefresh, refreshRequest } from '../../lib/protocol/refresh.js';
import { readRevoke, revokeRequest } from '../../lib/protocol/revoke.js';
import { parseSite } from '../../lib/protocol/site.js';
import { codeExchangeRequest, readToken } from '../../lib/protocol/token.js';
import { readUserinfo, userinfoRequest } from '../../lib/protocol/userinfo.js';
import type { WireRequest, WireResponse } from '../../lib/protocol/wire.js';
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

const values = withDerived({
  site: 'https://acme.my.site.com/portal',
  origin: 'https://acme.my.site.com',
  clientId: '3MVG9.EXAMPLE',
  clientSecret: 'an-example-secret',
  redirectUri: 'https://app.example.com/auth/callback',
  networkId: '0DBxx0000004C9IGAU',
  username: 'ada+shop@example.com',
  password: 'p:a ss?~1>ÿ',
  recaptcha: '03AFtest',
  identifier: 'MFF0OHgwMDAwMDAwQWIx',
  authSession: 'MadeUpOpaqueSession-7Yt0MadeUpOpaqueSession',
  otp: '482913',
  code: 'aPrxExAmPlE.k3y_0123456789==',
  accessToken: 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1aWQ6MDA1In0.c2ln',
  guestToken: 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1dmlkOjNmMWMifQ.c2ln',
  refreshToken: '5Aep861Example',
  idToken: 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJodHRwcyJ9.c2ln',
  assertion: 'eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIzTVZHOSJ9.c2ln',
  userAssertion: 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2ln',
  foreignAssertion: 'eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIzTVZHOSJ9.Zm9yZWlnbg',
  identityUrl: 'https://acme.my.site.com/portal/id/00Dxx0000001gPLEAY/005xx000001SwiUAAS',
  codeVerifier: verifier,
  codeChallenge: challenge,
  uvid,
});
const site = parseSite('https://acme.my.site.com/portal/');

interface Built {
  readonly request: WireRequest;
  readonly read?: (response: WireResponse) => unknown;
}

const clientId = values['clientId'] ?? '';

function textOf(input: Readonly<Record<string, Json>>, name: string): string {
  const value = input[name];
  assert.ok(typeof value === 'string', `the input has the text ${name}`);
  return value;
}

/** How an exchange's client proves itself: by secret, assertion, or not at all. */
function proofOf(input: Readonly<Record<string, unknown>>): ClientProof {
  const { clientSecret: secret, clientSecretIn, assertion } = input;
  if (typeof assertion === 'string') {
    return clientProof(clientId, { method: 'private_key_jwt', assertion });
  }
  if (typeof secret !== 'string') return clientProof(clientId, { method: 'none' });
  const method = clientSecretIn === 'header' ? 'client_secret_basic' : 'client_secret_post';
  return clientProof(clientId, { method, secret });
}

function build(exchange: Exchange): Built {
  const input = fill(exchange.build?.input ?? {}, values);
  switch (exchange.build?.operation) {
    case 'authorize': {
      const authorize = {
        clientId: values['clientId'],
        redirectUri: values['redirectUri'],
        codeChallenge: challenge,
        ...input,
      } as unknown as AuthorizeInput;
      const request = authorizeRequest(site, authorize);
      return { request, read: (response) => readAuthorize(site, authorize, request, response) };
    }
    case 'token': {
      const { clientSecret, clientSecretIn, assertion, ...others } = input;
      const request = codeExchangeRequest(site.base, {
        clientId,
        proof: proofOf({ clientSecret, clientSecretIn, assertion }),
        code: values['code'] ?? '',
        redirectUri: values['redirectUri'] ?? '',
        codeVerifier: verifier,
        ...others,
      });
      return { request, read: (response) => readToken(request, response) };
    }
    case 'passwordless': {
      const start = input as unknown as PasswordlessStart;
      const request = passwordlessStartRequest(site, start);
      return { request, read: (response) => readPasswordlessStart(start, request, response) };
    }
    case 'registration': {
      const call = input as unknown as RegistrationCall;
      const request = registrationStartRequest(site, call);
      return { request, read: (response) => readRegistrationStart(call, request, response) };
    }
    case 'password-reset': {
      const call = input as unknown as PasswordResetCall;
      const request = passwordResetRequest(site, call);
      return {
        request,
        read: (response): void => {
          readPasswordReset(call, request, response);
        },
      };
    }
    case 'password-change': {
      const call = input as unknown as PasswordChangeCall;
      const request = passwordChangeRequest(site, call);
      return {
        request,
        read: (response): void => {
          readPasswordChange(call, request, response);
        },
      };
    }
    case 'challenge': {
      const { assertion, format, ...rest } = input;
      const proof = proofOf({ assertion });
      const call = { clientId, responseType: true, proof, ...rest } as unknown as ChallengeCall;
      const url = `${site.base}/services/oauth2/v1/authorization_challenge`;
      const request = challengeRequest(url, format === 'json' ? 'json' : 'form', call);
      const isByHint = call.loginHint !== undefined;
      const isRegistration = call.userdata !== undefined;
      const subject = { recaptcha: call.recaptcha, isRegistration, isByHint };
      return { request, read: (response) => readChallenge(subject, request, response) };
    }
    case 'challenge-token': {
      const { code = '', assertion } = values;
      const redeemed = { clientId, code, codeVerifier: verifier, proof: proofOf({ assertion }) };
      const request = codeExchangeRequest(site.base, redeemed);
      return { request, read: (response) => readToken(request, response) };
    }
    case 'userinfo': {
      const request = userinfoRequest(site.base, values['accessToken'] ?? '');
      return { request, read: (response) => readUserinfo(request, response) };
    }
    case 'refresh': {
      const { refreshToken = '' } = values;
      const request = refreshRequest(site.base, { clientId, proof: proofOf(input), refreshToken });
      return { request, read: (response) => readRefresh(request, response) };
    }
    case 'revoke': {
      const request = revokeRequest(site.base, values['accessToken'] ?? '');
      return {
        request,
        read: (response): void => {
          readRevoke(request, response);
        },
      };
    }
    case 'client-credentials': {
      const scope = textOf(input, 'scope');
      const caller = { clientId, proof: proofOf({ clientSecret: values['clientSecret'] }) };
      const request = clientCredentialsRequest(site.base, caller, scope);
      return { request, read: (response) => readIntegrationToken(scope, request, response) };
    }
    case 'jwt-bearer': {
      const scope = textOf(input, 'scope');
      const request = jwtBearerRequest(site.base, clientId, textOf(input, 'assertion'), scope);
      return { request, read: (response) => readIntegrationToken(scope, request, response) };
    }
    case 'introspect': {
      const { hint } = input as { hint?: TokenTypeHint };
      const token = values['accessToken'] ?? '';
      const request = introspectRequest(site.base, {
        clientId,
        proof: proofOf(input),
        token,
        hint,
      });
      return { request, read: (response) => readIntrospection(request, response) };
    }
    case 'identity': {
      const { identityUrl = '', accessToken = '' } = values;
      const request = identityUrlRequest(identityUrl, accessToken, [site.origin]);
      return { request, read: (response) => readIdentityAnswer(request, response) };
    }
    case 'single-access': {
      const path = textOf(input, 'path');
      const request = singleAccessRequest(site.base, values['accessToken'] ?? '', path);
      return { request, read: (response) => readSingleAccess([site.origin], request, response) };
    }
    case 'discovery': {
      const request = discoveryRequest(site);
      return { request, read: (response) => readDiscovery(site, request, response) };
    }
    case 'keys':
      return { request: keysRequest(site) };
    default:
      throw new Error(`no such operation: ${String(exchange.build?.operation)}`);
  }
}

function isPattern(text: string): boolean {
  return text.startsWith('/') && text.endsWith('/');
}

function sampleResponse(exchange: Exchange): WireResponse {
  const { status, headers, json, text } = exchange.response;
  const sampleHeaders = Object.entries({ ...headers, ...exchange.sampleHeaders }).filter(
    ([, value]) => !isPattern(value),
  );
  const body = exchange.sampleJson ?? json;
  return {
    status: typeof status === 'number' ? status : 400,
    headers: fill(Object.fromEntries(sampleHeaders), values),
    body: body === undefined ? (exchange.sample ?? text ?? '') : JSON.stringify(fill(body, values)),
  };
}

function plain(value: unknown): Json {
  return value === undefined ? null : (JSON.parse(JSON.stringify(value)) as Json);
}

describe('golden exchanges, held against the protocol code', () => {
  for (const [name, exchange] of loadExchanges()) {
    describe(`${name}: ${exchange.title}`, () => {
      it('is asked for exactly so', () => {
        const { request } = build(exchange);
        const expected = fill(exchange.request as unknown as Json, values) as Record<string, Json>;
        const path = fill(exchange.request.path, values);
        assert.equal(request.method, expected['method']);
        assert.equal(request.url, path.startsWith('http') ? path : site.base + path);
        assert.deepEqual({ ...request.headers }, expected['headers']);
        if (expected['form'] !== undefined) {
          assert.deepEqual(Object.fromEntries(new URLSearchParams(request.body)), expected['form']);
          assert.doesNotMatch(request.body ?? '', /[ @]/, 'everything is percent-encoded');
        } else if (expected['json'] !== undefined) {
          assert.deepEqual(JSON.parse(request.body ?? ''), expected['json']);
        } else {
          assert.equal(request.body, undefined);
        }
      });

      const { reads } = exchange;
      if (reads === undefined) return;
      it('is read as what it means', () => {
        const read = build(exchange).read;
        assert.ok(read);
        const response = sampleResponse(exchange);
        if ('error' in reads) {
          assert.throws(
            () => read(response),
            (error: unknown) => error instanceof HeadlessError && error.code === reads.error,
          );
        } else {
          assert.deepEqual(plain(read(response)), fill(reads.value, values));
        }
      });
    });
  }
});
