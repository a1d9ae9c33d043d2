import { object } from '../world/check.js';
import { showClient, type ClientView } from '../world/clients.js';
import type { Settings } from '../world/settings.js';
import { showUser, type UserView } from '../world/users.js';
import type { World } from '../world/world.js';

/** What `GET state` answers: no secret, no password, no key. */
export interface State {
  site: {
    url: string;
    origin: string;
    prefixes: string[];
    networkId: string;
    organizationId: string;
  };
  /** Milliseconds since the epoch, by the emulator's clock. */
  now: number;
  settings: Settings;
  clients: Record<string, ClientView>;
  users: Record<string, UserView>;
  /** Requests per method and path without site prefix. */
  counters: Record<string, number>;
}

/** `GET state`. */
export function readState(world: World): State {
  const { url, origin, prefixes, organizationId } = world.site;
  const clients = world.clients.all().map((client) => [client.id, showClient(client)] as const);
  const users = world.users.all().map((user) => [user.username, showUser(user)] as const);
  return structuredClone({
    site: {
      url,
      origin,
      prefixes: [...prefixes],
      networkId: world.settings.site.networkId,
      organizationId,
    },
    now: world.clock.now(),
    settings: world.settings,
    clients: Object.fromEntries(clients),
    users: Object.fromEntries(users),
    counters: world.log.counters(),
  });
}

const nothing = object({});

/** `POST reset`: back to the state at start, which is answered. */
export function reset(world: World, input: unknown): State {
  nothing(input, '');
  world.reset();
  return readState(world);
}
