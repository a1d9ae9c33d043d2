import type { IncomingMessage } from 'node:http';
import { HeadlessError } from '../errors.js';

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
  /** Name of the attempt: put it in a hidden field named `attempt` where one browser may run several. */
  readonly attempt: string;
  readonly method: 'email' | 'sms';
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** What this library keeps in the session blob itself, under `sfHeadless`: nothing secret. */
export interface HeadlessSessionData {
  guest?: Guest;
  codes?: PendingCode[];
}

/** The part of an express-session session that is used here. */
interface Session {
  sfHeadless?: HeadlessSessionData;
  save(callback: (error?: unknown) => void): unknown;
}

type StoreCallback = (error?: unknown, value?: unknown) => void;

/** The part of an express-session store that is used here. */
interface Store {
  get(id: string, callback: StoreCallback): unknown;
  set(id: string, value: object, callback: StoreCallback): unknown;
  destroy(id: string, callback: StoreCallback): unknown;
}

/** A request that express-session has seen. */
export interface SessionRequest extends IncomingMessage {
  session?: Session | null;
  sessionID?: string;
  sessionStore?: Store;
}

/** A request's session, its id and its store. */
export interface OpenSession {
  readonly session: Session;
  readonly id: string;
  readonly store: Store;
}

/** @throws {HeadlessError} `session_required` when express-session did not run, or its store is disconnected. */
export function openSession(req: SessionRequest): OpenSession {
  const { session, sessionID: id, sessionStore: store } = req;
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

/** Writes the session now, so that what the response says is already true in the store. */
export async function saveSession({ session }: OpenSession): Promise<void> {
  await stored((done) => session.save(done));
}

/** The data of this library in a session, made when absent. */
export function dataOf({ session }: OpenSession): HeadlessSessionData {
  return (session.sfHeadless ??= {});
}
