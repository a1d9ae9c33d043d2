import { createHash } from 'node:crypto';
import {
  bool,
  dotted,
  json,
  listOf,
  merge,
  nullable,
  object,
  plainObject,
  recordOf,
  text,
  WrongInput,
  type Check,
} from './check.js';
import { newUserId } from './record-ids.js';

/** A user of the site. A key left out of `PUT users/:username` takes its default. */
export interface UserRecord {
  /** Null: nobody can log in with a password. */
  password: string | null;
  /** Default: the username. */
  email: string;
  firstName: string | null;
  lastName: string | null;
  mobilePhone: string | null;
  /** One-time codes go to verified addresses only (wire contract, registration, section 3.2). */
  emailVerified: boolean;
  mobileVerified: boolean;
  isActive: boolean;
  isLocked: boolean;
  passwordExpired: boolean;
  /** Must do multi-factor authentication, which headless flows cannot. */
  isMfaRequired: boolean;
  /** What the REST API finds for this user, by object name. */
  records: Record<string, Record<string, unknown>[]>;
}

/** What `PUT users/:username` takes. */
export type UserInput = Partial<UserRecord>;

/** A user as the emulator shows it: without the password, with its names in Salesforce. */
export type UserView = Omit<UserRecord, 'password'> & {
  username: string;
  userId: string;
  hasPassword: boolean;
};

/** A stored user; of passwords only hashes are kept. */
export interface User extends Readonly<Omit<UserRecord, 'password'>> {
  readonly username: string;
  readonly userId: string;
  /** Of all passwords the user has had, newest first; empty when there is none. */
  readonly passwordHashes: readonly string[];
}

const jsonObject: Check<Record<string, unknown>> = recordOf(json);

const checkRecord: Check<UserRecord> = object({
  password: nullable(text),
  email: text,
  firstName: nullable(text),
  lastName: nullable(text),
  mobilePhone: nullable(text),
  emailVerified: bool,
  mobileVerified: bool,
  isActive: bool,
  isLocked: bool,
  passwordExpired: bool,
  isMfaRequired: bool,
  records: recordOf(listOf(jsonObject)),
});

function hash(password: string): string {
  return createHash('sha256').update(password).digest('hex');
}

/** True when the user has a password and this is it. */
export function passwordMatches(user: User, password: string): boolean {
  return user.passwordHashes[0] === hash(password);
}

/** True when this is one of the last `count` passwords of the user, the present one included. */
export function wasPassword(user: User, password: string, count: number): boolean {
  return user.passwordHashes.slice(0, count).includes(hash(password));
}

/** The user as it may be shown to people and programs. */
export function showUser(user: User): UserView {
  const { passwordHashes, ...shown } = user;
  return { ...shown, hasPassword: passwordHashes.length > 0 };
}

/** The users of the org. Usernames are compared without regard to case, as Salesforce does. */
export class Users {
  private readonly byName = new Map<string, User>();

  /**
   * Creates or replaces; a replaced user keeps its id. Throws {@link WrongInput} naming the dotted key, which begins with `key`.
   *
   * @param newId the id of a user who is created.
   */
  put(username: string, input: unknown, key = '', newId = newUserId()): User {
    if (username === '') throw new WrongInput('username', 'must not be empty');
    dotted('', username);
    const defaults: UserRecord = {
      password: null,
      email: username,
      firstName: null,
      lastName: null,
      mobilePhone: null,
      emailVerified: true,
      mobileVerified: false,
      isActive: true,
      isLocked: false,
      passwordExpired: false,
      isMfaRequired: false,
      records: {},
    };
    const { password, ...record } = checkRecord(merge(defaults, plainObject(input, key), key), key);
    const userId = this.get(username)?.userId ?? newId;
    const passwordHashes = password === null ? [] : [hash(password)];
    return this.store({ ...record, username, userId, passwordHashes });
  }

  /** Lays fields over a user; the password stays unless one is given. Throws like {@link put}. */
  change(user: User, input: unknown): User {
    const { username, userId, passwordHashes, ...present } = user;
    const { password, ...record } = checkRecord(merge({ ...present, password: null }, input), '');
    const changed = { ...record, username, userId, passwordHashes };
    return password === null ? this.store(changed) : this.changePassword(changed, password);
  }

  /** Sets a password, which has not expired, and remembers the one before. Sessions stay. */
  changePassword(user: User, password: string): User {
    const passwordHashes = [hash(password), ...user.passwordHashes];
    return this.store({ ...user, passwordExpired: false, passwordHashes });
  }

  get(username: string): User | undefined {
    return this.byName.get(username.toLowerCase());
  }

  /** By record id, in its 18- or 15-character form. */
  withId(userId: string): User | undefined {
    return this.all().find((user) => user.userId === userId || user.userId.slice(0, 15) === userId);
  }

  all(): User[] {
    return [...this.byName.values()];
  }

  /** False when there was none. */
  delete(username: string): boolean {
    return this.byName.delete(username.toLowerCase());
  }

  clear(): void {
    this.byName.clear();
  }

  private store(user: User): User {
    this.byName.set(user.username.toLowerCase(), user);
    return user;
  }
}
