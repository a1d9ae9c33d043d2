import { setMaxListeners } from 'node:events';
import { retireKey, rotateKeys } from './control/keys.js';
import { deleteClient, deleteUser, putClient, putUser } from './control/records.js';
import { changeSettings } from './control/settings.js';
import { readState, reset } from './control/state.js';
import { advanceClock } from './control/time.js';
import { issueToken } from './control/tokens.js';
import type { Emulator, EmulatorOptions } from './emulator.js';
import { serve } from './http/serve.js';
import { listen } from './http/server.js';
import { plainObject, text, WrongInput } from './world/check.js';
import { siteAt, World } from './world/world.js';

const optionNames = new Set([
  'port',
  'sitePath',
  'tls',
  'settings',
  'clients',
  'users',
  'discover',
  'createUser',
]);

function checkedPath(given: unknown): string {
  const sitePath = text(given, 'sitePath');
  const path = sitePath === '/' ? '' : sitePath.replace(/\/$/, '');
  if (path === '' || /^\/[A-Za-z0-9_-]+$/.test(path)) return path;
  throw new WrongInput('sitePath', 'must be one path segment, such as /portal, or empty');
}

/**
 * Starts an emulated Experience Cloud site on the loopback interface.
 *
 * Rejects with a `TypeError` naming the option when one is wrong, and with the system's error
 * (`code: 'EADDRINUSE'`) when the port is taken.
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const { port = 0, sitePath = '/portal', tls, ...worldOptions } = options;
  for (const name of Object.keys(options)) {
    if (!optionNames.has(name)) throw new WrongInput(name, 'unknown option');
  }
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new WrongInput('port', 'must be a whole number from 0 to 65535');
  }
  for (const name of ['settings', 'clients', 'users'] as const) {
    if (worldOptions[name] !== undefined) plainObject(worldOptions[name], name);
  }
  for (const name of ['discover', 'createUser'] as const) {
    const hook: unknown = worldOptions[name];
    if (hook !== undefined && typeof hook !== 'function') {
      throw new WrongInput(name, 'must be a function');
    }
  }
  const path = checkedPath(sitePath);
  const at = (atPort: number): string => `${tls ? 'https' : 'http'}://127.0.0.1:${atPort}`;
  // Made once before listening so that wrong options leave no open port behind.
  let world = new World(siteAt(at(port), path), worldOptions);
  const closing = new AbortController();
  // Every delayed answer listens to it, and there may be many at once.
  setMaxListeners(0, closing.signal);
  const server = await listen(port, tls, (exchange) => {
    serve(exchange, world, closing.signal).catch(() => {
      exchange.reset();
    });
  });
  if (server.port !== port) world = new World(siteAt(at(server.port), path), worldOptions);
  const running = world;
  const { site } = running;

  return {
    url: site.url,
    origin: site.origin,
    state: () => readState(running),
    settings: (patch = {}) => changeSettings(running, patch),
    client: (id, record = {}) => putClient(running, id, record),
    deleteClient: (id) => deleteClient(running, id),
    user: (username, record = {}) => putUser(running, username, record),
    deleteUser: (username) => deleteUser(running, username),
    outbox: (to) => running.outbox.list(typeof to === 'object' ? to.to : to),
    log: () => structuredClone(running.log.list()),
    clearLog: () => {
      running.log.clear();
    },
    faults: (list) => (list === undefined ? running.faults.list() : running.faults.replace(list)),
    clock: (by) => advanceClock(running, typeof by === 'object' ? by : { advance: by }),
    rotateKeys: () => rotateKeys(running, {}),
    retireKey: (kid) => retireKey(running, { kid }),
    tokens: (order) => issueToken(running, order),
    reset: () => reset(running, {}),
    close: () => {
      closing.abort();
      return server.close();
    },
  };
}
