import { HeadlessError } from '../errors.js';

/** What a login at the challenge endpoint is done by. */
export type ChallengeFlow = 'password' | 'passwordless' | 'registration';

/** What one login at the challenge endpoint must remember from call to call. */
export interface ChallengeState {
  readonly flow: ChallengeFlow;
  /** Of the first call; the code at the end is exchanged with it. */
  readonly codeVerifier: string;
  /** The newest there is. */
  readonly authSession?: string | undefined;
  /** Calls that there have been. */
  readonly rounds: number;
  /** The visitor who logs in. */
  readonly uvid?: string | undefined;
  /** The same, when it went to Salesforce. */
  readonly sentUvid?: string | undefined;
  readonly uvidRefused: boolean;
  /** Whether the session has yielded a code before: the next one needs the code challenge again. */
  readonly isStepUp: boolean;
  /** Whether Salesforce refused the account, which the visitor must not notice: its steps come to nothing. */
  readonly isRefused?: boolean | undefined;
}

const flows: readonly unknown[] = ['password', 'passwordless', 'registration'];

function isOptionalText(value: unknown): boolean {
  return value === undefined || typeof value === 'string';
}

function isState(value: unknown): value is ChallengeState {
  if (typeof value !== 'object' || value === null) return false;
  const member = (name: keyof ChallengeState): unknown => Reflect.get(value, name);
  return (
    flows.includes(member('flow')) &&
    typeof member('codeVerifier') === 'string' &&
    typeof member('rounds') === 'number' &&
    typeof member('uvidRefused') === 'boolean' &&
    typeof member('isStepUp') === 'boolean' &&
    isOptionalText(member('authSession')) &&
    isOptionalText(member('uvid')) &&
    isOptionalText(member('sentUvid'))
  );
}

/**
 * A login at the challenge endpoint that goes on. It holds Salesforce's `auth_session` and the code verifier, and shows
 * neither by accident: inspecting, spreading or stringifying it shows nothing secret. Every call gives a new one, and
 * only the newest is good for the next.
 */
export class ChallengeSession {
  readonly #state: ChallengeState;

  /** @internal */
  constructor(state: ChallengeState) {
    this.#state = state;
  }

  /** @throws {HeadlessError} `invalid_argument` for a text that `serialize` did not write. */
  static from(text: string): ChallengeSession {
    let state: unknown;
    try {
      state = JSON.parse(text);
    } catch {
      state = undefined;
    }
    if (isState(state)) return new ChallengeSession(state);
    throw new HeadlessError('invalid_argument', {
      message: 'A ChallengeSession is made from what `serialize` has written.',
    });
  }

  get flow(): ChallengeFlow {
    return this.#state.flow;
  }

  /** Calls that there have been. */
  get rounds(): number {
    return this.#state.rounds;
  }

  /** Everything, secrets included. Keep it on the server, sealed, bound to the browser that logs in. */
  serialize(): string {
    return JSON.stringify(this.#state);
  }

  /** @internal */
  get state(): ChallengeState {
    return this.#state;
  }
}
