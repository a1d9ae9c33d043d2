import { exportJWK, generateKeyPair, SignJWT, type JWTPayload } from 'jose';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

/** What one endpoint of a made-up site answers. */
export type Answer = (req: IncomingMessage, res: ServerResponse) => void;

/** One pair for all: making RSA keys is slow. */
const keys = generateKeyPair('RS256');

/**
 * A site under full control of a test, for what the emulator, being faithful, never does: tokens that are signed by
 * somebody else, claims that do not belong, answers that are hostile.
 */
export class Issuer {
  readonly answers = new Map<string, Answer>();
  readonly requests: string[] = [];
  private readonly server = createServer((req, res) => {
    const path = (req.url ?? '').split('?')[0] ?? '';
    this.requests.push(`${req.method ?? ''} ${path}`);
    const answer = this.answers.get(path);
    if (answer === undefined) res.writeHead(404).end();
    else answer(req, res);
  });
  origin = '';

  static async start(): Promise<Issuer> {
    const issuer = new Issuer();
    await issuer.publishKeys();
    issuer.server.listen(0, '127.0.0.1');
    await once(issuer.server, 'listening');
    issuer.origin = `http://127.0.0.1:${String((issuer.server.address() as AddressInfo).port)}`;
    return issuer;
  }

  /** Publishes the key of the tests, under one key id or several. */
  async publishKeys(...kids: string[]): Promise<void> {
    const key = await exportJWK((await keys).publicKey);
    const names = kids.length > 0 ? kids : ['one'];
    const all = names.map((kid) => ({ ...key, kid, alg: 'RS256', use: 'sig' }));
    this.json('/id/keys', 200, { keys: all });
  }

  json(path: string, status: number, body: unknown, headers: Record<string, string> = {}): void {
    this.answers.set(path, (_req, res) => {
      res.writeHead(status, { 'content-type': 'application/json', ...headers });
      res.end(JSON.stringify(body));
    });
  }

  text(path: string, status: number, body: string, headers: Record<string, string> = {}): void {
    this.answers.set(path, (_req, res) => {
      res.writeHead(status, headers).end(body);
    });
  }

  /** Lets authorize succeed, and the token endpoint answer with the given fields. */
  logsInWith(tokens: Record<string, unknown>, headers: Record<string, string> = {}): void {
    this.text('/services/oauth2/authorize', 302, '', {
      location: 'https://app.example.com/callback?code=aPrx.test',
    });
    this.json('/services/oauth2/token', 200, { token_type: 'Bearer', ...tokens }, headers);
  }

  /** A JWT; claims and header are changed as told, `undefined` takes one out. */
  async sign(claims: JWTPayload, header: Record<string, unknown> = {}): Promise<string> {
    return new SignJWT(claims)
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: 'one', ...header })
      .sign((await keys).privateKey);
  }

  /** An access token of a named user, as Salesforce makes them, with changes. */
  async accessToken(
    changes: JWTPayload = {},
    header: Record<string, unknown> = {},
  ): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    return this.sign(
      {
        iss: this.origin,
        aud: [this.origin],
        sub: 'uid:005xx000001SwiUAAS',
        client_id: 'app',
        scp: 'api openid',
        iat: now,
        nbf: now - 15,
        exp: now + 1800,
        ...changes,
      },
      header,
    );
  }

  /** An id token, as Salesforce makes them, with changes. */
  async idToken(changes: JWTPayload = {}): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    return this.sign({
      iss: this.origin,
      aud: 'app',
      sub: `${this.origin}/id/00Dxx0000001gPLEAY/005xx000001SwiUAAS`,
      iat: now,
      exp: now + 120,
      ...changes,
    });
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}
