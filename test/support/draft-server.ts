import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { Issuer } from './issuer.js';

interface Login {
  challenge: string;
  user: string | undefined;
}

type Members = Readonly<Record<string, unknown>>;

/**
 * A server of another maker that holds to the IETF draft and to nothing else: forms only, client authentication, its own
 * error words, a new `auth_session` with every answer, PKCE without a default method, no redirect URI at the token call.
 */
export class DraftServer {
  readonly issuer: Issuer;
  readonly calls: URLSearchParams[] = [];
  readonly tokenCalls: URLSearchParams[] = [];
  /** Answers with `redirect_to_web`, with or without a `request_uri`. */
  redirectToWeb: 'request_uri' | 'bare' | undefined;
  /** Whether the next exchange of a code wants one more step. */
  stepUp = false;
  private readonly logins = new Map<string, Login>();
  private readonly codes = new Map<string, string>();

  private constructor(issuer: Issuer) {
    this.issuer = issuer;
  }

  static async start(): Promise<DraftServer> {
    const server = new DraftServer(await Issuer.start());
    const { issuer } = server;
    issuer.json('/.well-known/openid-configuration', 200, {
      issuer: issuer.origin,
      authorization_challenge_endpoint: `${issuer.origin}/authorize-challenge`,
    });
    const serve = (
      path: string,
      answer: (form: URLSearchParams) => [number, Members] | Promise<[number, Members]>,
    ): void => {
      issuer.answers.set(path, (req, res) => void server.serve(req, res, answer));
    };
    serve('/authorize-challenge', (form) => server.challenge(form));
    serve('/services/oauth2/token', (form) => server.token(form));
    return server;
  }

  /** What a browser brings back after `request_uri`. */
  codeFromBrowser(): string {
    const [login] = [...this.logins.values()].slice(-1);
    return this.codeFor(login?.challenge ?? '');
  }

  close(): Promise<void> {
    return this.issuer.close();
  }

  private async serve(
    req: IncomingMessage,
    res: ServerResponse,
    answer: (form: URLSearchParams) => [number, Members] | Promise<[number, Members]>,
  ): Promise<void> {
    const form = new URLSearchParams(await text(req));
    const isForm = req.headers['content-type'] === 'application/x-www-form-urlencoded';
    const basic = `Basic ${Buffer.from('app:app-secret').toString('base64')}`;
    const isClient = req.headers.authorization === basic && form.get('client_id') === 'app';
    let [status, members]: [number, Members] = [401, { error: 'invalid_client' }];
    if (!isForm) [status, members] = [415, { error: 'invalid_request' }];
    else if (isClient) [status, members] = await answer(form);
    res.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    res.end(JSON.stringify(members));
  }

  private codeFor(challenge: string): string {
    const code = `code-${randomBytes(16).toString('hex')}`;
    this.codes.set(code, challenge);
    return code;
  }

  private opened(login: Login): string {
    const session = `as-${randomBytes(16).toString('hex')}`;
    this.logins.set(session, login);
    return session;
  }

  private challenge(form: URLSearchParams): [number, Members] {
    this.calls.push(form);
    if (form.get('response_type') !== 'code') return [400, { error: 'invalid_request' }];
    const sent = form.get('auth_session');
    const known = sent === null ? undefined : this.logins.get(sent);
    if (sent !== null) {
      this.logins.delete(sent);
      if (known === undefined) return [400, { error: 'invalid_session', auth_session: sent }];
      if (form.has('scope')) return [400, { error: 'invalid_request' }];
    } else if (form.get('code_challenge_method') !== 'S256') {
      return [400, { error: 'invalid_request' }];
    }
    const login = known ?? { challenge: '', user: undefined };
    login.challenge = form.get('code_challenge') ?? login.challenge;
    const session = this.opened(login);
    if (this.redirectToWeb !== undefined) {
      const pushed = { request_uri: 'urn:example:pushed-1', expires_in: 90 };
      const more = this.redirectToWeb === 'bare' ? {} : pushed;
      return [400, { error: 'redirect_to_web', auth_session: session, ...more }];
    }
    return this.answer(form, login, session);
  }

  private answer(form: URLSearchParams, login: Login, session: string): [number, Members] {
    const more = { auth_session: session, expires_at: 1790000000 };
    if (form.has('password')) {
      if (form.get('username') !== 'ada' || form.get('password') !== 'right-password') {
        return [400, { error: 'username_or_password_invalid', ...more }];
      }
      login.user = 'ada';
      const next = [{ action: 'totp:v1', echoed: form.get('password') }];
      return [401, { error: 'insufficient_authorization', otp_required: true, next, ...more }];
    }
    if (!form.has('totp_code')) return [400, { error: 'username_required', ...more }];
    if (login.user === undefined || form.get('totp_code') !== '482913') {
      return [400, { error: 'totp_invalid', ...more }];
    }
    return [200, { authorization_code: this.codeFor(login.challenge), auth_session: session }];
  }

  private async token(form: URLSearchParams): Promise<[number, Members]> {
    this.tokenCalls.push(form);
    if (form.get('grant_type') === 'refresh_token') {
      const session = this.opened({ challenge: '', user: 'ada' });
      return [403, { error: 'insufficient_authorization', auth_session: session, totp: true }];
    }
    const code = form.get('code') ?? '';
    const challenge = this.codes.get(code);
    this.codes.delete(code);
    const verifier = form.get('code_verifier') ?? '';
    const proven = createHash('sha256').update(verifier).digest('base64url');
    if (challenge === undefined || proven !== challenge) return [400, { error: 'invalid_grant' }];
    if (this.stepUp) {
      this.stepUp = false;
      const session = this.opened({ challenge, user: 'ada' });
      return [403, { error: 'insufficient_authorization', auth_session: session, totp: true }];
    }
    const tokens = { access_token: await this.issuer.accessToken(), token_type: 'Bearer' };
    return [200, { ...tokens, auth_session: this.opened({ challenge, user: 'ada' }) }];
  }
}
