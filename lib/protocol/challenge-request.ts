import type { VerificationMethod } from './authorize.js';
import type { ClientProof } from './client-authentication.js';
import { recaptchaSecrets, type Recaptcha } from './recaptcha.js';
import { hintValue, type Visitor } from './uvid.js';
import { formBody, formType, jsonOf, type WireRequest } from './wire.js';

/**
 * How the parameters of the challenge endpoint are called. No standard names them; the defaults are what Salesforce
 * calls them there, or in its older flows (wire contract, first-party, 3.5 to 3.7).
 */
export interface ChallengeParameterNames {
  readonly username: string;
  readonly password: string;
  readonly loginHint: string;
  readonly customdata: string;
  readonly verificationMethod: string;
  readonly otp: string;
  readonly recaptcha: string;
  readonly recaptchaEvent: string;
  readonly userdata: string;
  readonly emailTemplate: string;
  /** A visitor id in the body. */
  readonly uvidHint: string;
}

/** The names when none are given. */
export const challengeParameterNames: ChallengeParameterNames = {
  username: 'username',
  password: 'password',
  loginHint: 'login_hint',
  customdata: 'customdata',
  verificationMethod: 'verificationmethod',
  otp: 'otp',
  recaptcha: 'recaptcha',
  recaptchaEvent: 'recaptchaevent',
  userdata: 'userdata',
  emailTemplate: 'emailtemplate',
  uvidHint: 'uvid_hint',
};

/** What a person enters in one step. */
export interface ChallengeStep extends Recaptcha {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Any identifier in place of the username, for the site's discovery handler. */
  readonly loginHint?: string | undefined;
  /** JSON text for the handlers of the site. */
  readonly customdata?: string | undefined;
  readonly verificationMethod?: VerificationMethod | undefined;
  readonly otp?: string | undefined;
  /** Id of an allow-listed email template. */
  readonly emailTemplate?: string | undefined;
  /** The new user of a registration. */
  readonly userdata?: object | undefined;
  /** Further parameters, by the names that the server knows them by. None takes the place of one that is set here. */
  readonly parameters?: Readonly<Record<string, string>> | undefined;
}

/** One call of the challenge endpoint. */
export interface ChallengeCall extends ChallengeStep {
  readonly clientId: string;
  /** Whether `response_type=code` is sent, as the draft of 2026 wants it (wire contract, first-party, 4.1). */
  readonly responseType: boolean;
  /** On the first call of a session. Its method is named, as servers other than Salesforce take it as `plain` otherwise. */
  readonly codeChallenge?: string | undefined;
  readonly scope?: string | undefined;
  /** On every later call: the newest there is. */
  readonly authSession?: string | undefined;
  /** The guest who logs in. In the header a guest token stands raw, without a prefix (wire contract, first-party, 3.4). */
  readonly hint?: { readonly visitor: Visitor; readonly in: 'header' | 'body' } | undefined;
  /** Access token of an integration user, when the site requires authentication for this flow. */
  readonly integrationToken?: string | undefined;
  /** Attestation of the app, its authentication, or both. */
  readonly proof?: ClientProof | undefined;
  readonly names?: ChallengeParameterNames | undefined;
}

type Members = Readonly<Record<string, unknown>>;

function asText(value: unknown): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  return JSON.stringify(value);
}

function membersOf(call: ChallengeCall, isJson: boolean): Members {
  const { names = challengeParameterNames, hint, codeChallenge } = call;
  const own: Members = {
    [names.username]: call.username,
    [names.loginHint]: call.loginHint,
    [names.password]: call.password,
    [names.userdata]: call.userdata,
    [names.customdata]: isJson ? jsonOf(call.customdata) : call.customdata,
    [names.verificationMethod]: call.verificationMethod,
    [names.otp]: call.otp,
    [names.recaptcha]: call.recaptcha,
    [names.recaptchaEvent]: call.recaptchaEvent,
    [names.emailTemplate]: call.emailTemplate,
    [names.uvidHint]: hint?.in === 'body' ? hintValue(hint.visitor, false) : undefined,
    auth_session: call.authSession,
    client_id: call.clientId,
    response_type: call.responseType ? 'code' : undefined,
    scope: call.scope,
    code_challenge: codeChallenge,
    code_challenge_method: codeChallenge === undefined ? undefined : 'S256',
    ...call.proof?.parameters,
  };
  const set = Object.entries(own).filter(([, value]) => value !== undefined);
  return { ...call.parameters, ...Object.fromEntries(set) };
}

/**
 * One call of the challenge endpoint: a form, or JSON, which Salesforce wants for a registration (wire contract,
 * first-party, 3.5 and 3.7). What is undefined is left out.
 */
export function challengeRequest(
  endpoint: string,
  format: 'form' | 'json',
  call: ChallengeCall,
): WireRequest {
  const { hint, integrationToken, proof } = call;
  const members = membersOf(call, format === 'json');
  const form = Object.entries(members).map(([name, value]) => [name, asText(value)] as const);
  const guestToken = hint && 'guestToken' in hint.visitor ? hint.visitor.guestToken : undefined;
  const secrets = [
    call.password,
    call.otp,
    call.authSession,
    guestToken,
    integrationToken,
    ...recaptchaSecrets(call),
    ...Object.values(call.parameters ?? {}),
    ...(proof?.secrets ?? []),
  ];
  return {
    method: 'POST',
    url: endpoint,
    headers: {
      'content-type': format === 'json' ? 'application/json' : formType,
      accept: 'application/json',
      ...(hint?.in === 'header' && { 'uvid-hint': hintValue(hint.visitor, false) }),
      ...proof?.headers,
      ...(integrationToken !== undefined && { authorization: `Bearer ${integrationToken}` }),
    },
    body: format === 'json' ? JSON.stringify(members) : formBody(Object.fromEntries(form)),
    secrets: secrets.filter((secret) => secret !== undefined),
  };
}
