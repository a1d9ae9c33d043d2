import { randomBytes } from 'node:crypto';
import type { Client } from '../world/clients.js';
import { randomBase62, randomCodeText } from '../world/random.js';
import { organizationId } from '../world/record-ids.js';
import type { AccessToken, Approval } from '../world/tokens.js';
import type { World } from '../world/world.js';
import { signJwt } from './sign.js';

/** What an access token is made for. */
export interface AccessTokenOrder {
  readonly client: Client;
  readonly scopes: readonly string[];
  /** The named user; undefined for a guest. */
  readonly userId: string | undefined;
  readonly uvid: string | undefined;
  readonly approval: Approval | undefined;
}

interface Times {
  readonly iat: number;
  readonly nbf: number;
  readonly exp: number;
}

function jwt(claims: object, times: Times, world: World): Promise<string> {
  const asText = world.settings.quirks.jwtTimesAsStrings;
  const spelled = Object.fromEntries(
    Object.entries(times).map(([name, time]) => [name, asText ? String(time) : Number(time)]),
  );
  const header = {
    typ: 'JWT',
    tty: 'sfdc-core-token',
    tnk: `core/emulator/${organizationId}`,
    ver: '1.0',
  };
  return signJwt('accessToken', header, { ...claims, ...spelled }, world);
}

function guestJwt(order: AccessTokenOrder, times: Times, world: World): Promise<string> {
  const { site, settings } = world;
  const claims = {
    scp: order.scopes.join(' '),
    aud: [site.url],
    sub: `uvid:${order.uvid ?? ''}`,
    iss: settings.quirks.guestIssuerWithoutPrefix === true ? site.origin : site.url,
    jti: randomBase62(24),
    client_id: order.client.id,
  };
  return jwt(claims, { ...times, nbf: times.iat }, world);
}

function namedJwt(order: AccessTokenOrder, times: Times, world: World): Promise<string> {
  const { site, settings } = world;
  const { uvidClaimName, namedJwtJti } = settings.quirks;
  const claims = {
    scp: order.scopes.join(' '),
    aud: [site.url],
    sub: `uid:${order.userId ?? ''}`,
    mty: 'oauth',
    sfi: randomBytes(32).toString('hex'),
    roles: [],
    iss: site.url,
    hsc: false,
    client_id: order.client.id,
    ...(namedJwtJti && { jti: randomBase62(24) }),
    ...(uvidClaimName !== null && order.uvid !== undefined && { [uvidClaimName]: order.uvid }),
  };
  return jwt(claims, times, world);
}

/**
 * Makes and remembers an access token: guests get JWTs, named users JWTs or opaque ones as the app
 * says (wire contract, login, sections 8 and 9).
 */
export async function issueAccessToken(
  order: AccessTokenOrder,
  world: World,
): Promise<AccessToken> {
  const { client, scopes, userId, uvid, approval } = order;
  const issuedAt = world.clock.now();
  const iat = Math.floor(issuedAt / 1000);
  const isGuest = userId === undefined;
  const minutes = isGuest ? client.guestJwtTimeout : client.namedUserJwtTimeout;
  const isJwt = isGuest || client.isNamedUserJwtEnabled;
  const exp = iat + (isJwt ? Math.round(minutes * 60) : world.settings.sessionTimeout);
  const times = { iat, nbf: iat - 15, exp };
  const value = isGuest
    ? await guestJwt(order, times, world)
    : isJwt
      ? await namedJwt(order, times, world)
      : `${organizationId.slice(0, 15)}!AQ${randomCodeText(100)}`;
  const token = {
    value,
    clientId: client.id,
    scopes,
    userId,
    uvid,
    issuedAt,
    expiresAt: exp * 1000,
    approval,
  };
  world.tokens.add(token);
  return token;
}
