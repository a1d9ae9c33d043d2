import { json, type Answer } from '../http/answer.js';
import { mailboxPage } from '../pages/mailbox-page.js';
import { WrongInput } from '../world/check.js';
import type { World } from '../world/world.js';
import { retireKey, rotateKeys } from './keys.js';
import { deleteClient, deleteUser, putClient, putUser } from './records.js';
import { changeSettings } from './settings.js';
import { readState, reset } from './state.js';
import { advanceClock } from './time.js';
import { issueToken } from './tokens.js';

/** A control call as its operation reads it. */
interface ControlInput {
  /** What stands for `:name` in the path, decoded. */
  readonly name: string;
  readonly query: ReadonlyMap<string, string>;
  /** Parsed JSON; an empty object when there was no body. */
  readonly body: unknown;
}

/** One control call: what it does with the world, and what it answers. */
export interface ControlCall {
  /** Method, blank, path below `/__emulator__/`; `:name` is one segment. */
  readonly call: string;
  run(world: World, input: ControlInput): Answer | Promise<Answer>;
}

function call(
  name: string,
  operation: (world: World, input: ControlInput) => unknown,
): ControlCall {
  return { call: name, run: async (world, input) => json(await operation(world, input)) };
}

/** Every control call. */
export const controlCalls: readonly ControlCall[] = [
  { call: 'GET ', run: (world) => mailboxPage(world) },
  call('GET state', (world) => readState(world)),
  call('POST reset', (world, { body }) => reset(world, body)),
  call('PATCH settings', (world, { body }) => changeSettings(world, body)),
  call('PUT clients/:name', (world, { name, body }) => putClient(world, name, body)),
  call('DELETE clients/:name', (world, { name }) => deleteClient(world, name)),
  call('PUT users/:name', (world, { name, body }) => putUser(world, name, body)),
  call('DELETE users/:name', (world, { name }) => deleteUser(world, name)),
  call('GET outbox', (world, { query }) => {
    const [unknown] = [...query.keys()].filter((name) => name !== 'to');
    if (unknown !== undefined) throw new WrongInput(unknown, 'unknown key');
    return world.outbox.list(query.get('to'));
  }),
  call('GET log', (world) => world.log.list()),
  call('DELETE log', (world) => {
    world.log.clear();
    return world.log.list();
  }),
  call('GET faults', (world) => world.faults.list()),
  call('PUT faults', (world, { body }) => world.faults.replace(body)),
  call('DELETE faults', (world) => world.faults.replace([])),
  call('POST clock', (world, { body }) => advanceClock(world, body)),
  call('POST keys/rotate', (world, { body }) => rotateKeys(world, body)),
  call('POST keys/retire', (world, { body }) => retireKey(world, body)),
  call('POST tokens', (world, { body }) => issueToken(world, body)),
];
