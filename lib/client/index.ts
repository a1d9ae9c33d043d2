export {
  HeadlessError,
  headlessErrorCodes,
  type HeadlessErrorCode,
  type HeadlessErrorDetails,
  type HeadlessFault,
} from '../errors.js';
export { HeadlessClient } from './headless-client.js';
export type { ApiCall } from './api-call.js';
export type { VisitorArgument } from './arguments.js';
export type {
  BrowserFlowName,
  BrowserRequest,
  BrowserRequestInput,
  BrowserStart,
  RedeemGuestInput,
} from './browser-request.js';
export type { Callback, CallbackInput } from './callback.js';
export type { FlowTrace } from './diagnostics.js';
export type { GuestIdentity, Identity, NamedIdentity } from './identity.js';
export type {
  GuestLogin,
  LoginInput,
  NamedLogin,
  OtpFinish,
  OtpStart,
  OtpTicket,
} from './inputs.js';
export type {
  IntegrationCallback,
  IntegrationClient,
  IntegrationOptions,
} from './integration-options.js';
export type { IntrospectionOptions } from './introspection.js';
export type { HeadlessClientOptions } from './options.js';
export type { NamedPrivateKey, PrivateKey, PrivateKeySource } from './private-keys.js';
export type { SingleAccessOptions } from './single-access.js';
export type { PasswordResetFinish, PasswordResetStart } from './password-reset.js';
export type { RegistrationStart, RegistrationTicket } from './registration.js';
export type { UserArgument } from './user-argument.js';
export type { Userdata } from './userdata.js';
export type { UvidHintOptions } from './uvid-hint-options.js';
export type { IntegrationScope } from '../protocol/integration.js';
export type { RedeemInput, SsoInput, SsoStart } from './redirect-login.js';
export type { RefreshInput } from './refresh.js';
export { RefreshUnverified } from './refresh-unverified.js';
export { StepUpRequired } from './step-up.js';
export { TokenSet } from './token-set.js';
export type { Fields } from '../protocol/answer.js';
export type { VerificationMethod } from '../protocol/authorize.js';
export type { AccessTokenClaims, Subject } from '../protocol/claims.js';
export type { DomainSession, WebSession } from '../protocol/hybrid.js';
export type {
  ActiveToken,
  InactiveToken,
  Introspection,
  TokenTypeHint,
} from '../protocol/introspect.js';
export type { Recaptcha, RecaptchaEvent } from '../protocol/recaptcha.js';
export type { SalesforceStatement } from '../protocol/refusal.js';
export type { HintSpelling } from '../protocol/uvid.js';
export type {
  ChallengeAnswer,
  ChallengeInput,
  ChallengeOutcome,
  PasswordChallenge,
  PasswordlessChallenge,
  RegistrationChallenge,
} from './challenge-input.js';
export { ChallengeSession, type ChallengeFlow } from './challenge-session.js';
export type { Attestation, FirstPartyOptions } from './first-party-options.js';
export type { LoginStatus } from '../protocol/challenge.js';
export type { ChallengeParameterNames } from '../protocol/challenge-request.js';
