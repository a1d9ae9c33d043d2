import type { RotatedKeys } from './control/keys.js';
import type { Deleted } from './control/records.js';
import type { SettingsAnswer } from './control/settings.js';
import type { State } from './control/state.js';
import type { TokenOrder } from './control/tokens.js';
import type { TlsOptions } from './http/server.js';
import type { ClientInput, ClientView } from './world/clients.js';
import type { FaultRule } from './world/faults.js';
import type { Message } from './world/outbox.js';
import type { LogEntry } from './world/request-log.js';
import type { Patch, Settings } from './world/settings.js';
import type { UserInput, UserView } from './world/users.js';
import type { WorldOptions } from './world/world.js';

/** What {@link startEmulator} takes; everything has a default. */
export interface EmulatorOptions extends WorldOptions {
  /** Port on 127.0.0.1; default 0, a free one. */
  readonly port?: number;
  /** Path of the site, one segment with a leading slash; default `/portal`, empty for none. */
  readonly sitePath?: string;
  /** Serve HTTPS (HTTP/1.1 and HTTP/2 by ALPN) with this key and certificate. Default: plain HTTP. */
  readonly tls?: TlsOptions;
}

/**
 * A running emulator. Its functions are the control calls: the same code, without HTTP. Each throws
 * a `TypeError` naming the dotted key when its input is wrong, and then has changed nothing.
 */
export interface Emulator {
  /** Base URL of the site, with its path and without trailing slash. */
  readonly url: string;
  /** Scheme, host and port. */
  readonly origin: string;
  /** Settings, clients, users and counters; no secrets. */
  state(): State;
  /** Merges a patch into the settings, if one is given, and returns them. */
  settings(patch?: Patch<Settings>): SettingsAnswer;
  /** Creates or replaces a client; keys left out take their default. */
  client(id: string, record?: ClientInput): ClientView;
  /** Removes a client; throws when there is none. */
  deleteClient(id: string): Deleted;
  /** Creates or replaces a user; keys left out take their default, the `userId` is kept. */
  user(username: string, record?: UserInput): UserView;
  /** Removes a user; throws when there is none. */
  deleteUser(username: string): Deleted;
  /** Messages sent, newest first; all, or those to one address or phone, bare or as `{ to }`. */
  outbox(to?: string | { readonly to?: string }): Message[];
  /** Requests received, oldest first, raw. */
  log(): LogEntry[];
  /** Forgets the requests received. */
  clearLog(): void;
  /** Replaces the faults, if a list is given (empty clears), and returns them. */
  faults(list?: readonly FaultRule[]): FaultRule[];
  /** Moves the emulator's time forward by seconds, bare or as `{ advance }`; `now` is in milliseconds. */
  clock(by: number | { readonly advance: number }): { now: number };
  /** New signing keys; the old ones stay published. */
  rotateKeys(): Promise<RotatedKeys>;
  /** Takes a key out of the published set. */
  retireKey(kid: string): Promise<{ kids: string[] }>;
  /** An access token without any flow. */
  tokens(order: TokenOrder): Promise<{ access_token: string }>;
  /** Back to the state at start; the signing keys stay. */
  reset(): State;
  /** Ends every connection at once, hung ones included, and frees the port. */
  close(): Promise<void>;
}
