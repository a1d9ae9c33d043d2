import { HeadlessError } from '../errors.js';
import { mostAttempts } from './code-attempts.js';
import type { CodeLimits } from './codes.js';
import type { OpenSession } from './express-session.js';
import { Records } from './records.js';

interface Sends {
  /** Milliseconds since the epoch, within the last hour. */
  readonly sentAt: readonly number[];
}

function isSends(value: unknown): Sends | undefined {
  return typeof value === 'object' && value !== null && 'sentAt' in value
    ? (value as Sends)
    : undefined;
}

const hour = 3_600_000;

/**
 * How many one-time codes a session may have sent in an hour, whomever they go to: as many as all the attempts that it has
 * room for. Without it, a session could mail everybody by naming somebody else each time.
 */
export class SendBudget {
  private readonly most: number;
  private readonly records: Records<Sends>;

  /** @param kind which codes are counted, one word. Whoever counts them must take turns within a session. */
  constructor(kind: string, { codeSends }: CodeLimits) {
    this.most = codeSends * mostAttempts;
    this.records = new Records(`sends-${kind}`, isSends);
  }

  /** @throws {HeadlessError} `too_many_codes` when nothing is left. */
  async check(session: OpenSession): Promise<void> {
    const { length } = await this.recent(session);
    if (length >= this.most) throw new HeadlessError('too_many_codes');
  }

  /** Counts a code that was sent. */
  async note(session: OpenSession): Promise<void> {
    const now = Date.now();
    const sentAt = [...(await this.recent(session)), now];
    await this.records.set(session.store, session.id, { sentAt }, now + hour);
  }

  private async recent({ store, id }: OpenSession): Promise<readonly number[]> {
    const since = Date.now() - hour;
    const sends = await this.records.get(store, id);
    return (sends?.sentAt ?? []).filter((time) => time > since);
  }
}
