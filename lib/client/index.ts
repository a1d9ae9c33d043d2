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
export type { HeadlessClientOptions, UvidHintOptions } from './options.js';
export { TokenSet } from './token-set.js';
export type { Fields } from '../protocol/answer.js';
export type { VerificationMethod } from '../protocol/authorize.js';
export type { AccessTokenClaims, Subject } from '../protocol/claims.js';
export type { Recaptcha, RecaptchaEvent } from '../protocol/passwordless.js';
export type { HintSpelling } from '../protocol/uvid.js';
