import { isPlainObject, WrongInput } from './check.js';
import type { CreatedUser, CreateUserInput } from './hooks.js';
import type { Channel } from './outbox.js';
import { phoneOf, type Registration } from './registration.js';
import type { User } from './users.js';
import type { World } from './world.js';

/** The registration handler built no user. The message tells whoever registers, `reason` the developer. */
export class RegistrationFailed extends Error {
  override readonly name = 'RegistrationFailed';
  readonly reason: string;

  constructor(reason: string, message = 'user registration failed') {
    super(message);
    this.reason = reason;
  }
}

/** The handler of a site without one of its own: a new user of `userdata`. */
function newUser({ userData, customUserDataMap }: CreateUserInput, world: World): CreatedUser {
  const { firstName, lastName, email, username } = userData;
  if (username === null) throw new RegistrationFailed('userdata.username is missing');
  if (world.users.get(username) !== undefined) {
    throw new RegistrationFailed('the username is taken', 'duplicate username');
  }
  const mobilePhone = phoneOf(userData, customUserDataMap) ?? null;
  return { username, email, firstName, lastName, mobilePhone };
}

async function built(input: CreateUserInput, world: World): Promise<CreatedUser> {
  const { createUser } = world.options;
  if (createUser === undefined) return newUser(input, world);
  let created: unknown;
  try {
    created = await createUser(input);
  } catch {
    // What it says may hold the password it was given.
    throw new RegistrationFailed('the registration handler threw');
  }
  if (created === null) throw new RegistrationFailed('the registration handler returned null');
  if (!isPlainObject(created) || typeof created['username'] !== 'string') {
    throw new RegistrationFailed('the registration handler returned no user');
  }
  return { ...created, username: created['username'] };
}

/** The channel the code has come by is verified, if it leads to the user. */
function verified(user: User, channel: Channel, to: string, world: World): User {
  const address = channel === 'email' ? user.email : user.mobilePhone;
  if (address?.toLowerCase() !== to.toLowerCase()) return user;
  const flag = channel === 'email' ? { emailVerified: true } : { mobileVerified: true };
  return world.users.change(user, flag);
}

/**
 * Makes the user of a registration whose code was right, by the handler of the site, and sets the
 * password (wire contract, registration, section 2.7). A handler may return a user there is, who is
 * changed and keeps what it does not name.
 *
 * Throws {@link RegistrationFailed}.
 */
export async function registerUser(
  { userData, customUserDataMap, experienceId, password, to }: Registration,
  channel: Channel,
  world: World,
): Promise<User> {
  const input = { profileId: null, userData, customUserDataMap, experienceId, password };
  const { username, ...fields } = await built(input, world);
  const record = password === null ? fields : { ...fields, password };
  try {
    const present = world.users.get(username);
    const user =
      present === undefined
        ? world.users.put(username, { emailVerified: false, ...record })
        : world.users.change(present, record);
    return verified(user, channel, to, world);
  } catch (error) {
    if (!(error instanceof WrongInput)) throw error;
    throw new RegistrationFailed(`the registration handler returned ${error.message}`);
  }
}
