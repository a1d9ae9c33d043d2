import type { VerificationMethod } from '../protocol/authorize.js';
import type { Recaptcha } from '../protocol/recaptcha.js';
import type { VisitorArgument } from './arguments.js';
import type { GuestIdentity, NamedIdentity } from './identity.js';
import type { TokenSet } from './token-set.js';
import type { UserArgument } from './user-argument.js';

/** What `HeadlessClient.login` takes. */
export interface LoginInput extends VisitorArgument, UserArgument {
  /** Sent as it is: never trimmed, never normalised. */
  readonly password: string;
}

/** What `HeadlessClient.startOtp` takes. */
export interface OtpStart extends Recaptcha, UserArgument {
  /** Default `email`. */
  readonly method?: VerificationMethod | undefined;
  /** Id of an email template that the site allows. */
  readonly emailTemplate?: string | undefined;
}

/** What `HeadlessClient.startOtp` gives and `HeadlessClient.finishOtp` needs back. */
export interface OtpTicket {
  /** Salesforce's opaque name of the request. Keep it on the server. */
  readonly identifier: string;
  /** How the code was sent. */
  readonly method: VerificationMethod;
}

/** What `HeadlessClient.finishOtp` takes. */
export interface OtpFinish extends OtpTicket, VisitorArgument {
  /** The code as the visitor typed it. */
  readonly code: string;
}

/** A finished login of a customer. */
export interface NamedLogin {
  readonly identity: NamedIdentity;
  readonly tokens: TokenSet;
  /** The visitor id that went with the login. */
  readonly uvid: string | undefined;
  /** Whether Salesforce refused that id, so that the login went through without it. */
  readonly uvidRefused: boolean;
}

/** A visitor with a guest token. */
export interface GuestLogin {
  readonly identity: GuestIdentity;
  readonly tokens: TokenSet;
  readonly uvid: string;
}
