export * from './client/index.js';
export type { CodeLimits } from './session/codes.js';
export type {
  Guest,
  PendingChallenge,
  PendingCode,
  SessionIdentity,
  UpgradeOutcome,
} from './session/express-session.js';
export type { Headless, HeadlessRequest } from './session/headless.js';
export { headlessSession } from './session/headless-session.js';
export type { UpgradeMode } from './session/ledger.js';
export type { HeldLock, Locks } from './session/locks.js';
export type { LoggedOut, LogoutOptions } from './session/logout-step.js';
export type { HeadlessSessionOptions } from './session/session-options.js';
export type { TokenOptions } from './session/token-options.js';
export type { TokenTimes } from './session/token-records.js';
export type { OnUpgrade, Upgrade } from './session/upgrade.js';
export type { VisitorCookieOptions } from './session/visitor-cookie.js';
export {
  browserFlow,
  type BrowserFlow,
  type BrowserFlowOptions,
} from './strategies/browser-flow.js';
export {
  GuestStrategy,
  type GuestStrategyOptions,
  type GuestUser,
} from './strategies/guest-strategy.js';
export type { FirstPartyCredentials } from './strategies/first-party-form.js';
export {
  FirstPartyStrategy,
  type ChallengeFailure,
  type FirstPartyStrategyOptions,
} from './strategies/first-party-strategy.js';
export type { LoginFailure, StrategyOptions } from './strategies/headless-strategy.js';
export type { OtpCredentials } from './strategies/code-form.js';
export type { Messages } from './strategies/messages.js';
export type { Middleware } from './strategies/middleware.js';
export {
  OtpStrategy,
  type OtpRequest,
  type OtpStrategyOptions,
} from './strategies/otp-strategy.js';
export {
  passwordReset,
  type PasswordReset,
  type PasswordResetCredentials,
  type PasswordResetOptions,
  type PasswordResetRequest,
} from './strategies/password-reset.js';
export {
  PasswordStrategy,
  type PasswordCredentials,
  type PasswordStrategyOptions,
} from './strategies/password-strategy.js';
export type { RegistrationRequest } from './strategies/registration-form.js';
export {
  RegistrationStrategy,
  type RegistrationStrategyOptions,
} from './strategies/registration-strategy.js';
export { SsoStrategy, type SsoStrategyOptions } from './strategies/sso-strategy.js';
export type { Done, Login, LoginRequest, Verify } from './strategies/verify.js';
