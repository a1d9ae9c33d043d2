import { Strategy } from 'passport-strategy';
import { HeadlessClient } from '../client/headless-client.js';
import type { Identity } from '../client/identity.js';
import { isTimeout } from '../client/options.js';
import { HeadlessError, type HeadlessErrorCode } from '../errors.js';
import { checkMessages, inAppWords, type Messages } from './messages.js';
import { middleware, type Middleware } from './middleware.js';
import { checkKinds, refuseUnknown, type Kinds, type OptionKinds } from './options.js';
import { asError } from './thrown.js';
import { runVerify, type Login, type LoginRequest, type Verdict, type Verify } from './verify.js';

/** What every strategy of this library takes. */
export interface StrategyOptions {
  readonly client: HeadlessClient;
  /** The name to register under; any name, such as `local` in an app that says `authenticate('local')`. */
  readonly name?: string | undefined;
  /** Messages for the visitor by error code, in the app's own words or language. */
  readonly messages?: Messages | undefined;
  /** Milliseconds that a verify function which returns nothing has for calling `done`. Default 5,000. */
  readonly verifyTimeout?: number | undefined;
}

const sharedOptions: OptionKinds<StrategyOptions> = {
  client: 'other',
  name: 'other',
  messages: 'other',
  verifyTimeout: 'other',
};

/** What a failed login tells Passport: `info` of custom callbacks, the source of flash messages. */
export interface LoginFailure {
  readonly type: 'error';
  /** For the visitor. */
  readonly message: string;
  readonly code: HeadlessErrorCode;
  /** What is wrong with which field, where that is known. */
  readonly fields?: Readonly<Record<string, string>>;
}

/** A call of exactly one of Passport's verbs, ready to be made. */
export type Verb = () => void;

/**
 * Passport hands out one object per request, or, when a strategy is passed as an instance, the same one to all, and
 * writes its verbs onto it. This pins the verbs of this request before anything is waited for (hazard 1).
 */
function withPinnedVerbs<T extends object>(strategy: T): T {
  return Object.assign(Object.create(Object.getPrototypeOf(strategy) as object) as T, strategy);
}

/** Whether it is an object that may be taken apart: not one of a class, such as an Error. */
function isPlain(info: unknown): info is object {
  if (typeof info !== 'object' || info === null) return false;
  const prototype: unknown = Object.getPrototypeOf(info);
  return prototype === Object.prototype || prototype === null;
}

/**
 * What the strategies share: options, the verify function, and the one place where everything that can happen ends in
 * exactly one of Passport's verbs. Subclasses must not use `#private` members: Passport runs them on derived objects.
 */
export abstract class HeadlessStrategy<I extends Identity> extends Strategy {
  /** The name Passport registers it under. */
  readonly name: string;
  protected readonly client: HeadlessClient;
  private readonly messages: Messages;
  private readonly verify: Verify<Login<I>>;
  private readonly verifyTimeout: number;

  /** @throws {TypeError} naming the class and the option that is missing or wrong. */
  protected constructor(
    standardName: string,
    ownOptions: Kinds,
    options: StrategyOptions,
    verify: Verify<Login<I>>,
  ) {
    super();
    const refuse = (what: string): never => {
      throw new TypeError(`${new.target.name}: ${what}`);
    };
    const given = options as Partial<StrategyOptions> | undefined;
    if (!(given?.client instanceof HeadlessClient)) {
      refuse('option `client` must be a HeadlessClient');
    }
    // A class that an app derives may have options of its own among them.
    const isDerived = Object.getPrototypeOf(new.target) !== HeadlessStrategy;
    if (!isDerived) refuseUnknown(new.target.name, options, { ...sharedOptions, ...ownOptions });
    checkKinds(new.target.name, options, ownOptions);
    const { name, messages, verifyTimeout } = options;
    if (name !== undefined && (typeof (name as unknown) !== 'string' || name === '')) {
      refuse('option `name` must be a text that is not empty');
    }
    if (verifyTimeout !== undefined && !isTimeout(verifyTimeout)) {
      refuse(
        'option `verifyTimeout` must be a number of milliseconds above zero, at most 2147483647',
      );
    }
    if (typeof (verify as unknown) !== 'function') refuse('needs a verify function');
    this.name = name ?? standardName;
    this.client = options.client;
    this.messages = checkMessages(new.target.name, messages);
    this.verify = verify;
    this.verifyTimeout = verifyTimeout ?? 5_000;
  }

  /** Called by Passport, once per request. */
  override authenticate(req: LoginRequest, options?: unknown): void {
    const acting = withPinnedVerbs(this);
    acting
      .verbFor(req, options)
      .then((verb) => {
        verb();
      })
      // What throws now is the app's own code behind the verb: its custom callback, its serializer. The verb has been
      // used, so the error goes where Express takes errors of this request; elsewhere the process must hear of it.
      .catch((error: unknown) => {
        if (req.next !== undefined) {
          req.next(asError(error));
          return;
        }
        queueMicrotask(() => {
          throw asError(error);
        });
      });
  }

  /** The one place that catches: what is thrown or rejected below would leave the request hanging (hazard 3). */
  private async verbFor(req: LoginRequest, options: unknown): Promise<Verb> {
    try {
      return await this.attempt(req, options);
    } catch (error) {
      return this.refusal(error);
    }
  }

  /** One login, from reading the request to the one verb that Passport is to hear. It may reject. */
  protected abstract attempt(req: LoginRequest, options: unknown): Promise<Verb>;

  /**
   * Asks the app who the verified identity is to it. What its verify function throws is an error as it is, whatever its
   * fault: only what this library finds wrong with a login is the visitor's.
   *
   * @param extra goes to the app with the info of its verify function, which comes first.
   */
  protected async conclude(
    login: Login<I>,
    beforeSuccess?: () => void,
    extra?: object,
  ): Promise<Verb> {
    let verdict: Verdict;
    try {
      verdict = await runVerify(this.verify, login, this.verifyTimeout);
    } catch (error) {
      this.endTokens(login);
      // An error of the app's own, even one of ours that it met on its way, is never the visitor's.
      return this.failing(error);
    }
    const { user, info } = verdict;
    if (user === undefined) {
      this.endTokens(login);
      const refused = new HeadlessError('login_refused');
      const told = this.failure(refused);
      return () => {
        this.fail(isPlain(info) ? { ...told, ...info } : (info ?? told), refused.status);
      };
    }
    return () => {
      beforeSuccess?.();
      const isObject = typeof info === 'object' && info !== null;
      this.success(user, extra && (isObject || info === undefined) ? { ...extra, ...info } : info);
    };
  }

  /**
   * Salesforce keeps few logins of one user alive and ends the oldest for a new one: a login that comes to nothing must
   * not cost the user one on another device.
   */
  private endTokens({ tokens: { refreshToken } }: Login<I>): void {
    if (refreshToken === undefined) return;
    // Nobody waits for it, and there is nobody to tell: it ends by itself one day.
    this.client.revoke(refreshToken).catch(() => undefined);
  }

  /** Middleware of a strategy, beside `passport.authenticate`: its errors are in the app's words, too. */
  protected middleware(run: (req: LoginRequest) => Promise<void>): Middleware {
    return middleware(this.messages, run);
  }

  private refusal(error: unknown): Verb {
    if (!(error instanceof HeadlessError) || error.fault !== 'credentials') {
      return this.failing(error);
    }
    return () => {
      this.fail(this.failure(error), error.status);
    };
  }

  private failing(error: unknown): Verb {
    return () => {
      this.error(asError(error));
    };
  }

  private failure(error: HeadlessError): LoginFailure {
    const { code, message, fields } = inAppWords(this.messages, error);
    return { type: 'error', message, code, ...(fields && { fields }) };
  }
}
