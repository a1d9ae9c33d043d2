import type { IncomingMessage } from 'node:http';
import type { NamedIdentity } from '../client/identity.js';
import { HeadlessError } from '../errors.js';
import type { UpgradeMode } from './ledger.js';

/** A visitor who has a guest token, as the app sees it. */
export interface Guest {
  /** The unique visitor id: what the app ties a cart to. */
  readonly uvid: string;
  /** When the visitor got this id, milliseconds since the epoch. */
  readonly since: number;
  /** When the guest token ends; it is renewed with the same id when next needed. Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** A one-time code that this browser is waited for to type. */
export interface PendingCode {
  /** What the code is for. */
  readonly flow: 'otp' | 'registration' | 'password-reset';
  /** Name of the attempt: put it in a hidden field named `attempt` where one browser may run several. */
  readonly attempt: string;
  readonly method: 'email' | 'sms';
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** A login at the challenge endpoint that this browser is in the middle of. */
export interface PendingChallenge {
  readonly flow: 'password' | 'passwordless' | 'registration';
  /** What comes next, in the server's words: `otp_sent`, `invalid_credentials`, `credentials_required`; or `redirect`. */
  readonly state: string;
  /** How a one-time code travels, when one was sent. */
  readonly method?: 'email' | 'sms';
  /** Name of the attempt: put it in a hidden field named `attempt` where one browser may run several. */
  readonly attempt: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** Who is logged in, as Salesforce said it at the login. */
export type SessionIdentity = Omit<NamedIdentity, 'claims'>;

/** What came of the step from guest to named user. */
export interface UpgradeOutcome {
  /**
   * `linked`: what the guest had is the user's. `already-linked`: it was before. `not-linked`: see `reason`.
   * `deferred`: the app's hook failed and will be tried again on a later request.
   */
  readonly status: 'linked' | 'already-linked' | 'not-linked' | 'deferred';
  /** Stable for this guest and this user: the idempotency key of the app's writes. */
  readonly upgradeId: string;
  readonly uvid: string;
  /**
   * `uvid-refused`: Salesforce did not take the visitor id; the app's hook ran all the same. `another-user`: somebody
   * else was logged in here. `visitor-of-another`: the guest has become somebody else. The hook did not run then.
   */
  readonly reason?: 'uvid-refused' | 'another-user' | 'visitor-of-another';
  /** What the hook said it did. */
  readonly mode?: UpgradeMode;
  /** Of a deferred upgrade: not before this time, milliseconds since the epoch. */
  readonly retryAt?: number;
  /** Of a deferred upgrade: when the hook last failed, milliseconds since the epoch. */
  readonly failedAt?: number;
}

/** What this library keeps in the session blob itself, under `sfHeadless`: nothing secret. */
export interface HeadlessSessionData {
  guest?: Guest;
  codes?: PendingCode[];
  challenges?: PendingChallenge[];
  /** Who logged in here, for telling the next person from this one. */
  owner?: string;
  identity?: SessionIdentity;
  /** A former guest whose goods are promised to whoever began to log in here; they are no longer in this session. */
  promised?: { readonly uvid: string; readonly since: number };
  /** Ended sessions that the browser still named when this one was made. */
  formerly?: string[];
  /** Whether the browser has, or may have, a session on the Experience Cloud site too. */
  siteSession?: true;
  /** Whether this session has ended and is about to be removed. */
  closed?: true;
  /** Whether the user that Passport knows of is the guest. */
  guestIsUser?: true;
  upgrade?: UpgradeOutcome;
}

/** The part of an express-session session that is used here. */
export interface Session {
  sfHeadless?: HeadlessSessionData;
  save(callback: (error?: unknown) => void): unknown;
  regenerate?(callback: (error?: unknown) => void): unknown;
}

/** Where a store that stands in front of another keeps it. */
export const beneath = Symbol('the store beneath');

export type StoreCallback = (error?: unknown, value?: unknown) => void;

/** The part of an express-session store that is used here. */
export interface Store {
  get(id: string, callback: StoreCallback): unknown;
  set(id: string, value: object, callback: StoreCallback): unknown;
  destroy(id: string, callback: StoreCallback): unknown;
  generate?(req: SessionRequest): void;
  createSession?(req: SessionRequest, data: object): Session;
  /** The app's own store, when this one stands in front of it. */
  readonly [beneath]?: Store;
}

/** A request that express-session has seen. */
export interface SessionRequest extends IncomingMessage {
  session?: Session | null;
  sessionID?: string;
  sessionStore?: Store;
}

/** A request's session, its id and the app's own store. */
export interface OpenSession {
  readonly session: Session;
  readonly id: string;
  readonly store: Store;
}

/**
 * @throws {HeadlessError} `session_required` when express-session did not run, or ran after `headlessSession`, or its
 *   store is disconnected.
 */
export function openSession(req: SessionRequest): OpenSession {
  const { session, sessionID: id, sessionStore } = req;
  // Without it, what guards a session has not been put in front of its store.
  const store = sessionStore?.[beneath];
  if (!session || id === undefined || store === undefined) {
    throw new HeadlessError('session_required');
  }
  return { session, id, store };
}

/** Runs one operation of the store; an error, thrown or handed over, becomes `storage_failed`. */
export function stored(operation: (callback: StoreCallback) => unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown): void => {
      reject(new HeadlessError('storage_failed', { cause }));
    };
    try {
      operation((error, value) => {
        if (error === undefined || error === null) resolve(value);
        else fail(error);
      });
    } catch (error) {
      fail(error);
    }
  });
}

/** What the store has under a key. Stores of files answer a key they lack with `ENOENT`, as express-session knows. */
export function fetched(store: Store, id: string): Promise<unknown> {
  return stored((done) =>
    store.get(id, (error, value) => {
      const isMissing = error instanceof Error && Reflect.get(error, 'code') === 'ENOENT';
      done(isMissing ? undefined : error, value);
    }),
  );
}

/** Writes the session now, so that what the response says is already true in the store. */
export async function saveSession({ session }: OpenSession): Promise<void> {
  await stored((done) => session.save(done));
}

/** The data of this library in a session, made when absent. */
export function dataOf({ session }: OpenSession): HeadlessSessionData {
  return (session.sfHeadless ??= {});
}
