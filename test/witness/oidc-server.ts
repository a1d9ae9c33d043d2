import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import Provider, { type Configuration } from 'oidc-provider';

export const userId = '005xx000001SwiUAAS';
const organizationId = '00Dxx0000001gPLEAY';
export const registered = {
  clientId: 'app',
  clientSecret: 'emulator-secret',
  redirectUri: 'https://app.example.com/callback',
};
const pathOf = {
  authorization: '/services/oauth2/authorize',
  token: '/services/oauth2/token',
  jwks: '/id/keys',
  userinfo: '/services/oauth2/userinfo',
  revocation: '/services/oauth2/revoke',
  introspection: '/services/oauth2/introspect',
};

async function newKey(kid: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  return { ...(await exportJWK(privateKey)), kid, alg: 'RS256', use: 'sig' };
}

async function formIn(req: IncomingMessage): Promise<Record<string, string>> {
  let text = '';
  for await (const chunk of req) text += String(chunk);
  return Object.fromEntries(new URLSearchParams(text));
}

/**
 * An authorization server that nobody here wrote, on Salesforce's paths and with Salesforce's subjects: an identity URL
 * in id tokens, `uid:` and the user's id in access tokens. PKCE is required of every client.
 */
export class OidcServer {
  readonly origin: string;
  private readonly server: Server;
  private keys: JWK[];
  private provider: Provider;

  private constructor(server: Server, key: JWK) {
    this.server = server;
    this.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.keys = [key];
    this.provider = this.newProvider();
    server.on('request', (req, res) => {
      this.answer(req, res).catch((error: unknown) => {
        res.writeHead(500).end(String(error));
      });
    });
  }

  static async start(): Promise<OidcServer> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new OidcServer(server, await newKey('first'));
  }

  /** A new key signs; the old one stays published. */
  async rotateKeys(): Promise<void> {
    this.keys = [await newKey(`key-${this.keys.length}`), ...this.keys];
    this.provider = this.newProvider();
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private newProvider(): Provider {
    const { origin } = this;
    const configuration: Configuration = {
      clients: [
        {
          client_id: registered.clientId,
          client_secret: registered.clientSecret,
          token_endpoint_auth_method: 'client_secret_post',
          redirect_uris: [registered.redirectUri],
          grant_types: ['authorization_code', 'refresh_token'],
        },
      ],
      jwks: { keys: this.keys },
      routes: pathOf,
      scopes: ['openid', 'api', 'refresh_token'],
      pkce: { required: () => true },
      cookies: { keys: ['a-test-secret'] },
      interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
      ttl: {
        Grant: 600,
        Session: 600,
        Interaction: 600,
        AccessToken: 600,
        IdToken: 600,
        RefreshToken: 600,
      },
      findAccount: (_ctx, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
      loadExistingGrant: async ({ oidc }) => {
        const grant = new oidc.provider.Grant({
          accountId: oidc.session?.accountId ?? '',
          clientId: registered.clientId,
        });
        grant.addOIDCScope('openid api refresh_token');
        grant.addResourceScope(origin, 'api');
        await grant.save();
        return grant;
      },
      issueRefreshToken: () => true,
      expiresWithSession: () => false,
      rotateRefreshToken: () => true,
      features: {
        devInteractions: { enabled: false },
        introspection: { enabled: true, allowedPolicy: () => true },
        revocation: { enabled: true, allowedPolicy: () => true },
        resourceIndicators: {
          enabled: true,
          defaultResource: () => origin,
          useGrantedResource: () => true,
          getResourceServerInfo: () => ({
            scope: 'api',
            audience: origin,
            accessTokenFormat: 'jwt',
            jwt: { sign: { alg: 'RS256' } },
          }),
        },
      },
      formats: {
        customizers: {
          jwt: (_ctx, _token, parts) => {
            parts.header = { ...parts.header, typ: 'JWT' };
            Object.assign(parts.payload, { sub: `uid:${userId}`, scp: parts.payload['scope'] });
          },
        },
      },
    };
    return new Provider(origin, configuration);
  }

  private async answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const [path = ''] = (req.url ?? '').split('?');
    if (path.startsWith('/interaction/')) {
      const accountId = `${this.origin}/id/${organizationId}/${userId}`;
      await this.provider.interactionFinished(req, res, { login: { accountId } });
      return;
    }
    if (path === pathOf.revocation) {
      // Salesforce knows by the token which app revokes it; RFC 7009 has the app say so.
      const { clientId: client_id, clientSecret: client_secret } = registered;
      Reflect.set(req, 'body', { ...(await formIn(req)), client_id, client_secret });
    }
    await this.provider.callback()(req, res);
  }
}

/** A browser at that server: follows redirects with its cookies, until one leads away. */
export async function browse(url: string): Promise<URL> {
  const cookies = new Map<string, string>();
  const { origin } = new URL(url);
  let at = new URL(url);
  for (let step = 0; step < 10 && at.origin === origin; step += 1) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(at, { redirect: 'manual', headers: { cookie } });
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, value);
    }
    const to = answer.headers.get('location');
    if (to === null) throw new Error(`no redirect: ${answer.status} ${await answer.text()}`);
    at = new URL(to, at);
  }
  return at;
}
