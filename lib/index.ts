export * from './client/index.js';
export {
  HeadlessError,
  headlessErrorCodes,
  type HeadlessErrorCode,
  type HeadlessErrorDetails,
  type HeadlessFault,
} from './errors.js';
export type { SalesforceStatement } from './protocol/refusal.js';
export type { CodeLimits } from './session/codes.js';
export type {
  Guest,
  PendingCode,
  SessionIdentity,
  UpgradeOutcome,
} from './session/express-session.js';
export type { Headless, HeadlessRequest } from './session/headless.js';
export { headlessSession } from './session/headless-session.js';
export type { UpgradeMode } from './session/ledger.js';
export type { Locks } from './session/locks.js';
export type { LogoutOptions } from './session/logout-step.js';
export type { HeadlessSessionOptions } from './session/session-options.js';
export type { OnUpgrade, Upgrade } from './session/upgrade.js';
export type { VisitorCookieOptions } from './session/visitor-cookie.js';
export {
  GuestStrategy,
  type GuestStrategyOptions,
  type GuestUser,
} from './strategies/guest-strategy.js';
export type { LoginFailure, StrategyOptions } from './strategies/headless-strategy.js';
export {
  OtpStrategy,
  type OtpCredentials,
  type OtpRequest,
  type OtpStrategyOptions,
} from './strategies/otp-strategy.js';
export {
  PasswordStrategy,
  type PasswordCredentials,
  type PasswordStrategyOptions,
} from './strategies/password-strategy.js';
export type { Done, Login, LoginRequest, Verify } from './strategies/verify.js';
