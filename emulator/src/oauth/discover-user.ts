import type { SiteRequest } from '../http/site-request.js';
import type { Discover, DiscoverInput } from '../world/hooks.js';
import type { User } from '../world/users.js';
import type { World } from '../world/world.js';

/** The user found, or the message of the handler, or neither. */
export interface Discovery {
  readonly user?: User;
  readonly message?: string;
}

function byAnyIdentifier(world: World): Discover {
  return ({ loginHint }) => {
    const wanted = loginHint.toLowerCase();
    const found = world.users
      .all()
      .filter(({ username, email, mobilePhone }) =>
        [username, email, mobilePhone].some((name) => name?.toLowerCase() === wanted),
      );
    return { userIds: found.map((user) => user.userId) };
  };
}

/**
 * Asks the discovery handler who a hint means (wire contract, registration, section 5). None,
 * several, and a handler that throws are failures.
 */
export async function discoverUser(
  request: SiteRequest,
  ask: Pick<DiscoverInput, 'loginHint' | 'verificationAction' | 'customDataJson'>,
  world: World,
): Promise<Discovery> {
  const discover = world.options.discover ?? byAnyIdentifier(world);
  try {
    const { userIds, customErrorMessage } = await discover({
      ...ask,
      networkId: world.settings.site.networkId,
      requestAttributes: {
        CommunityUrl: world.site.url,
        IpAddress: '127.0.0.1',
        UserAgent: request.headers['user-agent'] ?? '',
        Platform: '',
        Application: '',
        City: '',
        Country: '',
        Subdivision: '',
      },
    });
    const ids = [...new Set(userIds ?? [])];
    const user = ids.length === 1 ? world.users.withId(ids[0] ?? '') : undefined;
    if (user !== undefined) return { user };
    return customErrorMessage ? { message: customErrorMessage } : {};
  } catch {
    return {};
  }
}
