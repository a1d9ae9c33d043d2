import { isAboutAccount } from '../client/decoys.js';
import { HeadlessClient } from '../client/headless-client.js';
import type { PasswordResetStart } from '../client/password-reset.js';
import { HeadlessError } from '../errors.js';
import type { CodeUser } from '../session/code-attempts.js';
import type { SentCode } from '../session/codes.js';
import { finishedReset, noteFinishedReset } from '../session/finished-resets.js';
import { headlessOf } from '../session/headless.js';
import {
  methodField,
  readCode,
  recaptchaField,
  typedCode,
  userFields,
  type OtpCredentials,
} from './code-form.js';
import { formField, formOf, readerOf } from './form.js';
import { checkMessages, type Messages } from './messages.js';
import { middleware, type Middleware } from './middleware.js';
import { checkKinds, refuseUnknown, type OptionKinds } from './options.js';
import type { PasswordCredentials } from './password-strategy.js';
import type { LoginRequest } from './verify.js';

/** Who forgot the password. Without a username or login hint the newest code of the session is sent again. */
export type PasswordResetRequest = Partial<PasswordResetStart>;

/** What a visitor sets a new password with. */
export interface PasswordResetCredentials extends OtpCredentials {
  /** Sent as it is. */
  readonly newPassword?: string | undefined;
}

/** Options of {@link passwordReset}. */
export interface PasswordResetOptions {
  readonly client: HeadlessClient;
  /** Messages for the visitor by error code, in the app's own words or language. */
  readonly messages?: Messages | undefined;
  /** Reads the request of `start()`. Default: the body's `username` or `login_hint`, `method` and `recaptcha` (or `g-recaptcha-response`). */
  request?(req: LoginRequest): PasswordResetRequest | Promise<PasswordResetRequest>;
  /** Reads the request of `finish()`. Default: the body's `code` (or `otp`), `newPassword` (or `newpassword`) and `attempt`. */
  credentials?(req: LoginRequest): PasswordResetCredentials | Promise<PasswordResetCredentials>;
}

const known: OptionKinds<PasswordResetOptions> = {
  client: 'other',
  messages: 'other',
  request: 'function',
  credentials: 'function',
};

/** The two halves of a password reset, and the way from there to a login. */
export interface PasswordReset {
  /**
   * Middleware that has a code sent and goes on; `req.headless.code` then says how and until when. It goes on alike for a
   * user who does not exist. A refusal goes to the error handler as a {@link HeadlessError}.
   */
  readonly start: () => Middleware;
  /**
   * Middleware that sets the new password of the user whom `start()` was asked for, whatever user the form names, and goes
   * on. It logs nobody in. A refusal goes to the error handler as a {@link HeadlessError}.
   */
  readonly finish: () => Middleware;
  /**
   * The user and the new password of a request that `finish()` let through: the option `credentials` of a
   * `PasswordStrategy` that logs the user in right after.
   */
  readonly credentials: (req: LoginRequest) => PasswordCredentials;
}

function readRequest(req: LoginRequest): PasswordResetRequest {
  const form = formOf(req);
  return { ...userFields(form), method: methodField(form), recaptcha: recaptchaField(form) };
}

function readChange(req: LoginRequest): PasswordResetCredentials {
  const form = formOf(req);
  const newPassword = formField(form, 'newPassword') ?? formField(form, 'newpassword');
  return { ...readCode(req), newPassword };
}

function isError(error: unknown, code: HeadlessError['code']): error is HeadlessError {
  return error instanceof HeadlessError && error.code === code;
}

/**
 * Forgotten passwords: a code that Salesforce sends by email or SMS, and a new password. Needs `headlessSession`: the user
 * is the one whom the session asked a code for. A login it is not.
 *
 * @throws {TypeError} naming the option that is missing or wrong.
 */
export function passwordReset(options: PasswordResetOptions): PasswordReset {
  const given = options as Partial<PasswordResetOptions> | undefined;
  if (!(given?.client instanceof HeadlessClient)) {
    throw new TypeError('passwordReset: option `client` must be a HeadlessClient');
  }
  refuseUnknown('passwordReset', options, known);
  checkKinds('passwordReset', options, known);
  const { client } = given;
  const messages = checkMessages('passwordReset', given.messages);
  const request = readerOf('passwordReset', options, 'request', readRequest);
  const credentials = readerOf('passwordReset', options, 'credentials', readChange);
  const changed = new WeakMap<LoginRequest, PasswordCredentials>();

  async function start(req: LoginRequest): Promise<void> {
    const { codes } = headlessOf(req).services;
    const { username, loginHint, customdata, method, ...rest } = await request(req);
    const isNew = username !== undefined || loginHint !== undefined;
    const asked = { user: isNew ? { username, loginHint } : undefined, method, keep: customdata };
    await codes.start(
      req,
      'password-reset',
      asked,
      async (sending): Promise<SentCode | undefined> => {
        const { user, method: by = 'email', kept } = sending;
        try {
          await client.startPasswordReset({ ...rest, ...user, customdata: kept, method: by });
        } catch (error) {
          // Whether an account exists is not for a stranger to learn: the answer is that of any other.
          if (isAboutAccount(error)) return undefined;
          throw error;
        }
        return { identifier: '', method: by };
      },
    );
  }

  async function change(req: LoginRequest): Promise<void> {
    const { codes, sealing } = headlessOf(req).services;
    const { code, newPassword, attempt } = await credentials(req);
    const typed = { code: typedCode(code), newPassword: newPassword ?? '' };
    if (typed.newPassword === '') throw new HeadlessError('missing_credentials');
    let user: CodeUser | undefined;
    try {
      user = await codes.finish(req, 'password-reset', attempt, async (sent) => {
        await client.finishPasswordReset({ ...sent.user, ...typed });
        await noteFinishedReset(req, sealing, typed, sent.user);
        return sent.user;
      });
    } catch (error) {
      // A double click: its first half has changed the password and used the code up.
      if (isError(error, 'no_code_requested')) user = await finishedReset(req, sealing, typed);
      if (isError(error, 'account_refused')) {
        throw new HeadlessError('invalid_code', { cause: error.cause, requestId: error.requestId });
      }
      if (user === undefined) throw error;
    }
    changed.set(req, { ...user, password: typed.newPassword });
  }

  return {
    start: () => middleware(messages, start),
    finish: () => middleware(messages, change),
    credentials: (req) => changed.get(req) ?? {},
  };
}
