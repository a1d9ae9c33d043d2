import type { SiteRequest } from '../http/site-request.js';
import type { AccessToken } from '../world/tokens.js';
import type { User } from '../world/users.js';
import type { World } from '../world/world.js';

/** The token of an `Authorization: Bearer` (or Salesforce's older `OAuth`) header. */
export function bearerToken(request: SiteRequest): string | undefined {
  return /^(?:Bearer|OAuth) +(\S+)$/i.exec(request.headers['authorization'] ?? '')?.[1];
}

/** A live access token and its user; no user for a guest's. */
export interface Bearer {
  readonly token: AccessToken;
  readonly user: User | undefined;
}

/** Who a token stands for. Undefined when it is dead, or its user is gone or inactive. */
export function liveBearer(value: string | undefined, world: World): Bearer | undefined {
  const token = value === undefined ? undefined : world.tokens.live(value);
  if (token === undefined) return undefined;
  if (token.userId === undefined) return { token, user: undefined };
  const user = world.users.withId(token.userId);
  return user?.isActive === true ? { token, user } : undefined;
}
