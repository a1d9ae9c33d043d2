import type { HeadlessClient } from '../client/headless-client.js';
import { HeadlessError } from '../errors.js';
import type { Codes } from './codes.js';
import type { Guest, PendingCode, SessionRequest } from './express-session.js';
import { ensureGuest, guestOf } from './guest.js';
import type { Turns } from './turns.js';

/** What one `headlessSession` shares among the requests that pass it. */
export interface HeadlessServices {
  readonly client: HeadlessClient;
  readonly codes: Codes;
  readonly turns: Turns;
}

/** `req.headless`: what is known of the visitor of this request, and what can be done with it. */
export class Headless {
  readonly #req: SessionRequest;
  readonly #services: HeadlessServices;

  /** @internal */
  constructor(req: SessionRequest, services: HeadlessServices) {
    this.#req = req;
    this.#services = services;
  }

  /** The guest of this session, or undefined. Reading it creates nothing. */
  get guest(): Guest | undefined {
    return guestOf(this.#req);
  }

  /** The newest one-time code that this session waits for, or undefined. */
  get code(): PendingCode | undefined {
    return this.#services.codes.pending(this.#req).at(-1);
  }

  /**
   * The guest of this session, created on first need: a visitor id and a guest token. Calls that run in parallel
   * get the same one.
   *
   * @throws {HeadlessError} `session_required`, `storage_failed`, or what kept the guest token away.
   */
  ensureGuest(): Promise<Guest> {
    return ensureGuest(this.#req, this.#services.client, this.#services.turns);
  }

  /** @internal */
  get services(): HeadlessServices {
    return this.#services;
  }
}

/** A request that may have passed `headlessSession`. */
export interface HeadlessRequest extends SessionRequest {
  headless?: Headless;
}

/** @throws {HeadlessError} `session_required` when the request did not pass `headlessSession`. */
export function headlessOf(req: HeadlessRequest): Headless {
  if (req.headless === undefined) throw new HeadlessError('session_required');
  return req.headless;
}
