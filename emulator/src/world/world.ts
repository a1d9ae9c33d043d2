import { BrowserLogins } from './browser-logins.js';
import { AuthSessions } from './auth-sessions.js';
import { Clients, type ClientInput } from './clients.js';
import { Clock } from './clock.js';
import { AuthorizationCodes } from './codes.js';
import { defaultClients, defaultUsers } from './default-world.js';
import { Faults } from './faults.js';
import type { CreateUser, Discover } from './hooks.js';
import { SigningKeys } from './keys.js';
import { OneTimeCodes } from './one-time-codes.js';
import { Outbox } from './outbox.js';
import { PasswordResets } from './password-resets.js';
import { organizationId, startingUserId } from './record-ids.js';
import { RequestLog } from './request-log.js';
import { patchSettings } from './settings-check.js';
import { defaultSettings, type Patch, type Settings } from './settings.js';
import { Tokens } from './tokens.js';
import { Users, type UserInput } from './users.js';

/** What a world starts from, and comes back to by a reset. */
export interface WorldOptions {
  /** Laid over the default settings. */
  readonly settings?: Patch<Settings>;
  /** Beside the default clients, or in their place where the id is the same. */
  readonly clients?: Readonly<Record<string, ClientInput>>;
  /** Beside the default users, or in their place where the username is the same. */
  readonly users?: Readonly<Record<string, UserInput>>;
  /** Replaces the default discovery: username, email or phone equal to the hint, case ignored. */
  readonly discover?: Discover;
  /** Replaces the default registration handler. */
  readonly createUser?: CreateUser;
}

/** Where the emulated site lies. */
export interface Site {
  /** `{origin}` plus the site path; no trailing slash. */
  readonly url: string;
  readonly origin: string;
  /** `/portal`, or empty. */
  readonly path: string;
  /** Path prefixes under which every endpoint answers. */
  readonly prefixes: readonly string[];
  readonly organizationId: string;
}

/** The place of a site: the origin it is served from, and its path (`/portal` or empty). */
export function siteAt(origin: string, path: string): Site {
  const prefixes = path === '' ? [''] : ['', path, `${path}vforcesite`];
  return { url: origin + path, origin, path, prefixes, organizationId };
}

/** Everything one emulator knows. */
export class World {
  readonly site: Site;
  readonly clock = new Clock();
  readonly clients: Clients;
  readonly users = new Users();
  readonly codes = new AuthorizationCodes(this.clock);
  readonly authSessions = new AuthSessions(this.clock);
  readonly tokens = new Tokens(this.clock);
  readonly oneTimeCodes = new OneTimeCodes(this.clock);
  readonly passwordResets = new PasswordResets();
  readonly browserLogins = new BrowserLogins(this.clock);
  readonly outbox = new Outbox();
  readonly log = new RequestLog();
  readonly faults = new Faults();
  readonly keys = new SigningKeys(this.clock);
  /** `jti` of client assertions seen, with the time each may be forgotten. */
  readonly assertionIds = new Map<string, number>();
  readonly options: WorldOptions;
  settings: Settings = defaultSettings;

  /** Throws {@link WrongInput} naming the dotted key when an option is wrong. */
  constructor(site: Site, options: WorldOptions) {
    this.site = site;
    this.options = options;
    this.clients = new Clients(site);
    this.fill();
  }

  /** Back to the state at start; the signing keys stay. */
  reset(): void {
    this.clock.reset();
    this.clients.clear();
    this.users.clear();
    this.codes.clear();
    this.authSessions.clear();
    this.tokens.clear();
    this.oneTimeCodes.clear();
    this.browserLogins.clear();
    this.passwordResets.clear();
    this.outbox.clear();
    this.log.reset();
    this.faults.clear();
    this.assertionIds.clear();
    this.fill();
  }

  private fill(): void {
    const { settings = {}, clients, users } = this.options;
    this.settings = patchSettings(defaultSettings, settings, 'settings');
    for (const [id, client] of Object.entries({ ...defaultClients, ...clients })) {
      this.clients.put(id, client, `clients.${id}`);
    }
    for (const [username, user] of Object.entries({ ...defaultUsers, ...users })) {
      this.users.put(username, user, `users.${username}`, startingUserId(username));
    }
  }
}
