import type { NamedIdentity } from '../client/identity.js';
import type { UserArgument } from '../client/user-argument.js';
import { HeadlessError } from '../errors.js';
import { announceLogin, visitorFor } from '../session/headless.js';
import { userFields } from './code-form.js';
import { inHandlersWords } from './discovery-message.js';
import { formField, formOf, readerOf, type Reader } from './form.js';
import { HeadlessStrategy, type StrategyOptions, type Verb } from './headless-strategy.js';
import type { OwnOptionKinds } from './options.js';
import type { Login, LoginRequest, Verify } from './verify.js';

/** What a visitor logs in with. Sent as it is: nothing is trimmed or normalised. */
export interface PasswordCredentials extends UserArgument {
  readonly password?: string | undefined;
}

/** Options of {@link PasswordStrategy}. */
export interface PasswordStrategyOptions extends StrategyOptions {
  /** Reads the request. Default: the fields `username` (or `login_hint`) and `password` of the body. */
  credentials?(req: LoginRequest): PasswordCredentials | Promise<PasswordCredentials>;
  /**
   * Whether a visitor sees what the site's discovery handler says about a login hint. Default false: it can tell who has
   * an account.
   */
  readonly discoveryMessage?: boolean | undefined;
}

const ownOptions: OwnOptionKinds<PasswordStrategyOptions, StrategyOptions> = {
  credentials: 'function',
  discoveryMessage: 'boolean',
};

function readForm(req: LoginRequest): PasswordCredentials {
  const form = formOf(req);
  return {
    ...userFields(form),
    password: formField(form, 'password'),
  };
}

/**
 * Login by username, or any identifier that the site's discovery handler knows, and password, `sf-headless-password`.
 * Salesforce checks the password; the app keeps its own form.
 * A guest's visitor id goes along when `headlessSession` is mounted.
 */
export class PasswordStrategy extends HeadlessStrategy<NamedIdentity> {
  private readonly credentials: Reader<PasswordCredentials>;
  private readonly discoveryMessage: boolean;

  /** @throws {TypeError} naming the option that is missing or wrong. */
  constructor(options: PasswordStrategyOptions, verify: Verify<Login<NamedIdentity>>) {
    super('sf-headless-password', ownOptions, options, verify);
    this.credentials = readerOf(new.target.name, options, 'credentials', readForm);
    this.discoveryMessage = options.discoveryMessage ?? false;
  }

  protected override async attempt(req: LoginRequest): Promise<Verb> {
    const { password, ...user } = await this.credentials(req);
    const isNamed = user.username !== undefined || user.loginHint !== undefined;
    if (!isNamed || password === undefined) throw new HeadlessError('missing_credentials');
    const uvid = await visitorFor(req);
    const isShown = this.discoveryMessage && user.loginHint !== undefined;
    const login = await this.client
      .login({ ...user, password, uvid })
      .catch((error: unknown): never => {
        throw (isShown ? inHandlersWords(error) : undefined) ?? error;
      });
    return this.conclude(
      { flow: 'password', identity: login.identity, tokens: login.tokens, uvid, req },
      () => {
        announceLogin(req, 'password', login);
      },
    );
  }
}
