import assert from 'node:assert/strict';
import { createPrivateKey, randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import type { Emulator } from 'sf-headless-emulator';
import {
  members,
  pkce,
  send,
  Site,
  textOf,
  type Form,
  type Headers,
  type Pkce,
  type Reply,
} from './browserless.js';
import { selfSigned } from './certificate.js';

export type Members = Readonly<Record<string, unknown>>;

/** How a call differs from a form at the documented path with a fresh attestation. */
export interface Manner {
  readonly headers?: Headers;
  readonly json?: boolean;
  readonly path?: string;
  /** The attestation, or none. */
  readonly assertion?: Promise<string> | null;
}

const { key, cert } = selfSigned();
const text = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value);

/** The server of a first-party application, which calls the challenge endpoint. */
export class FirstPartyApp {
  readonly site: Site;
  readonly id: string;
  readonly pkce: Pkce = pkce();

  constructor(emulator: Emulator, id = '3MVG9.first') {
    this.site = new Site(emulator);
    this.id = id;
  }

  /** Registers the app, or registers it anew. */
  register(record: Parameters<Emulator['client']>[1] = {}): this {
    this.site.emulator.client(this.id, {
      redirectUris: ['http://localhost:3000/callback'],
      secret: 'first-secret',
      isFirstPartyAppEnabled: true,
      isPkceRequired: true,
      isNamedUserJwtEnabled: true,
      clientAssertionCertificate: cert,
      ...record,
    });
    return this;
  }

  /** A JWT as the app makes them, with other claims, another key or another algorithm. */
  assertion(claims: Members = {}, pem = key, alg = 'RS256'): Promise<string> {
    const now = Math.floor(this.site.emulator.state().now / 1000);
    const usual = {
      iss: this.id,
      sub: this.id,
      aud: this.site.emulator.url,
      iat: now,
      exp: now + 120,
      jti: randomUUID(),
    };
    return new SignJWT({ ...usual, ...claims })
      .setProtectedHeader({ alg })
      .sign(createPrivateKey(pem));
  }

  /** One call of the challenge endpoint; undefined members are left out. */
  async challenge(call: Members, manner: Manner = {}): Promise<Reply> {
    const { headers = {}, json = false, assertion = this.assertion() } = manner;
    const path = manner.path ?? '/services/oauth2/v1/authorization_challenge';
    const made = assertion === null ? {} : { client_assertion: await assertion };
    const everything: Members = { ...made, ...call };
    const all = Object.entries(everything).filter(([, value]) => value !== undefined);
    const body = json
      ? JSON.stringify(Object.fromEntries(all))
      : new URLSearchParams(
          all.map(([name, value]): [string, string] => [name, text(value)]),
        ).toString();
    const type = json ? 'application/json' : 'application/x-www-form-urlencoded';
    return send(this.site.emulator.url + path, {
      method: 'POST',
      headers: { 'content-type': type, ...headers },
      body,
    });
  }

  /** A first call, which brings client id and PKCE challenge. */
  first(call: Members, manner?: Manner): Promise<Reply> {
    const common = { client_id: this.id, code_challenge: this.pkce.challenge };
    return this.challenge({ ...common, ...call }, manner);
  }

  /** Redeems a code, with the consumer secret unless the form says otherwise. */
  redeem(code: string, form: Form = {}): Promise<Reply> {
    return this.site.post('/services/oauth2/token', {
      grant_type: 'authorization_code',
      client_id: this.id,
      client_secret: 'first-secret',
      code_verifier: this.pkce.verifier,
      code,
      ...form,
    });
  }
}

/** The code of a successful call. */
export function codeOf(reply: Reply): string {
  assert.equal(reply.status, 200, reply.text);
  assert.deepEqual(Object.keys(members(reply)), ['authorization_code']);
  return textOf(reply, 'authorization_code');
}

/** The session of a challenge with that `error_code`. */
export function challenged(reply: Reply, errorCode: string): string {
  const { error, error_code: code, auth_session: authSession } = members(reply);
  assert.deepEqual([reply.status, error, code], [403, 'authorization_required', errorCode]);
  assert.match(String(authSession), /^[A-Za-z0-9_-]{43}$/);
  return String(authSession);
}
