import { showClient, type ClientView } from '../world/clients.js';
import { showUser, type UserView } from '../world/users.js';
import type { World } from '../world/world.js';

/** What the emulator has never heard of. */
export class Unknown extends Error {
  override readonly name = 'Unknown';
}

/** What a DELETE of a client or user answers. */
export interface Deleted {
  deleted: string;
}

/** `PUT clients/:id`: creates or replaces. Throws {@link WrongInput}. */
export function putClient(world: World, id: string, record: unknown): ClientView {
  return structuredClone(showClient(world.clients.put(id, record)));
}

/** `DELETE clients/:id`. Throws {@link Unknown}. */
export function deleteClient(world: World, id: string): Deleted {
  if (!world.clients.delete(id)) throw new Unknown(`clients.${id}: no such client`);
  return { deleted: id };
}

/** `PUT users/:username`: creates or replaces; the `userId` is kept. Throws {@link WrongInput}. */
export function putUser(world: World, username: string, record: unknown): UserView {
  return structuredClone(showUser(world.users.put(username, record)));
}

/** `DELETE users/:username`. Throws {@link Unknown}. */
export function deleteUser(world: World, username: string): Deleted {
  if (!world.users.delete(username)) throw new Unknown(`users.${username}: no such user`);
  return { deleted: username };
}
