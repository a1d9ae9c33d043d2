export { startEmulator } from './start.js';
export type { Emulator, EmulatorOptions } from './emulator.js';
export type { RotatedKeys } from './control/keys.js';
export type { Deleted } from './control/records.js';
export type { SettingsAnswer } from './control/settings.js';
export type { State } from './control/state.js';
export type { TokenOrder } from './control/tokens.js';
export type { TlsOptions } from './http/server.js';
export type { ClientInput, ClientRecord, ClientView } from './world/clients.js';
export type { FaultKind, FaultRule } from './world/faults.js';
export type {
  CreatedUser,
  CreateUser,
  CreateUserInput,
  Discover,
  DiscoverInput,
  DiscoverResult,
  UserData,
} from './world/hooks.js';
export type { Channel, Message, Purpose } from './world/outbox.js';
export type { LogEntry } from './world/request-log.js';
export type {
  AuthorizeErrorStyle,
  FlowProtection,
  Patch,
  Quirks,
  Settings,
} from './world/settings.js';
export type { UserInput, UserRecord, UserView } from './world/users.js';
export type { Site, WorldOptions } from './world/world.js';
