export { HeadlessClient } from './headless-client.js';
export type { VisitorArgument } from './arguments.js';
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
export type { NamedPrivateKey, PrivateKey, PrivateKeySource } from './client-assertions.js';
export type {
  IntegrationCallback,
  IntegrationClient,
  IntegrationOptions,
} from './integration-options.js';
export type { HeadlessClientOptions } from './options.js';
export type { UserArgument } from './user-argument.js';
export type { UvidHintOptions } from './uvid-hint-options.js';
export type { IntegrationScope } from '../protocol/integration.js';
export { TokenSet } from './token-set.js';
export type { Fields } from '../protocol/answer.js';
export type { VerificationMethod } from '../protocol/authorize.js';
export type { AccessTokenClaims, Subject } from '../protocol/claims.js';
export type { Recaptcha, RecaptchaEvent } from '../protocol/recaptcha.js';
export type { HintSpelling } from '../protocol/uvid.js';
