import type { ServerResponse } from 'node:http';
import { HeadlessClient } from '../client/headless-client.js';
import { Codes, type CodeLimits } from './codes.js';
import { Headless, type HeadlessRequest } from './headless.js';
import { Turns } from './turns.js';

/** Options of {@link headlessSession}. */
export interface HeadlessSessionOptions {
  /** Mints guests. */
  readonly client: HeadlessClient;
  /** How much of one-time codes a session gets. */
  readonly limits?: Partial<CodeLimits>;
}

declare global {
  // eslint-disable-next-line @typescript-eslint/no-namespace
  namespace Express {
    interface Request {
      /** Present on requests that have passed `headlessSession`. */
      headless: Headless;
    }
  }
}

const defaultLimits: CodeLimits = { codeAttempts: 3, codeSends: 5, codeLifetime: 900 };

function readLimits(given: Partial<CodeLimits> | undefined): CodeLimits {
  const limits = { ...defaultLimits, ...given };
  for (const [name, value] of Object.entries(limits)) {
    if (!Object.hasOwn(defaultLimits, name)) {
      throw new TypeError(`headlessSession: option \`limits.${name}\` is not known`);
    }
    if (typeof value !== 'number' || !(value > 0)) {
      throw new TypeError(`headlessSession: option \`limits.${name}\` must be a number above zero`);
    }
  }
  return limits;
}

/**
 * Middleware that gives every request `req.headless`. Mount it after express-session. On a plain page view it reads
 * and writes nothing: no session, no cookie, no call.
 *
 * @throws {TypeError} naming the option that is missing or wrong.
 */
export function headlessSession(
  options: HeadlessSessionOptions,
): (req: HeadlessRequest, res: ServerResponse, next: (error?: unknown) => void) => void {
  if (
    !((options as Partial<HeadlessSessionOptions> | undefined)?.client instanceof HeadlessClient)
  ) {
    throw new TypeError('headlessSession: option `client` must be a HeadlessClient');
  }
  const turns = new Turns();
  const codes = new Codes(turns, readLimits(options.limits));
  const services = { client: options.client, codes, turns };
  return (req, _res, next) => {
    req.headless = new Headless(req, services);
    next();
  };
}
