import type { HeadlessClient } from '../client/headless-client.js';
import type { RefreshUnverified } from '../client/refresh-unverified.js';
import type { TokenSet } from '../client/token-set.js';
import { HeadlessError } from '../errors.js';
import type { Store } from './express-session.js';
import { pause } from './pause.js';
import type { RefreshMark, RefreshMarks } from './refresh-marks.js';
import type { Revocations } from './revocations.js';
import type { TokenOptions } from './token-options.js';
import { renewedRecord, type TokenRecord, type TokenRecords } from './token-records.js';

const storeTries = 3;

/** What {@link RenewedTokens} works with. */
interface Services {
  readonly client: HeadlessClient;
  readonly records: TokenRecords;
  readonly marks: RefreshMarks;
  readonly revocations: Revocations;
  readonly options: TokenOptions;
}

/**
 * Brings the tokens that a refresh has yielded into the store, before anybody uses them. The only copy of a new refresh
 * token is in this process until then.
 */
export class RenewedTokens {
  private readonly services: Services;

  constructor(services: Services) {
    this.services = services;
  }

  /**
   * Keeps new tokens, unless their session has ended: then they end too.
   *
   * @throws {HeadlessError} `login_required`; `storage_failed`, and then nobody has them.
   */
  async keep(
    store: Store,
    id: string,
    before: TokenRecord,
    tokens: TokenSet,
    mark: RefreshMark,
  ): Promise<TokenRecord> {
    const { client, options } = this.services;
    const next = renewedRecord(before, tokens, {
      ahead: client.clockAhead,
      assumedLife: options.sessionTimeout * 1000,
    });
    await this.take(store, id, before, next, mark, tokens.refreshToken);
    return next;
  }

  /**
   * Keeps the new refresh token of tokens that could not be verified. The old access token stays in its place: nobody is
   * handed one that nobody has looked at.
   */
  async keepUnverified(
    store: Store,
    id: string,
    before: TokenRecord,
    { refreshToken }: RefreshUnverified,
    mark: RefreshMark,
  ): Promise<TokenRecord> {
    const next: TokenRecord = {
      ...before,
      ...(refreshToken !== undefined && { refreshToken }),
      generation: before.generation + 1,
    };
    await this.take(store, id, before, next, mark, refreshToken);
    return next;
  }

  /** @param fresh the new refresh token; undefined when the one that was sent stays good. */
  private async take(
    store: Store,
    id: string,
    { generation }: TokenRecord,
    next: TokenRecord,
    mark: RefreshMark,
    fresh: string | undefined,
  ): Promise<void> {
    const { marks, revocations } = this.services;
    let isTaken: boolean;
    try {
      isTaken = await this.store(store, id, next);
    } catch (error) {
      if (fresh === undefined) {
        await marks.delete(store, id, generation).catch(() => undefined);
      } else {
        await marks.set(store, id, generation, { ...mark, lost: true }).catch(() => undefined);
        await revocations.end(store, fresh);
      }
      throw error;
    }
    if (!isTaken) {
      await revocations.end(store, next.refreshToken ?? next.accessToken);
      throw new HeadlessError('login_required');
    }
    // The tokens are safe: a mark that stays for its whole time harms nobody.
    await marks.settle(store, id, generation, mark).catch(() => undefined);
  }

  /** A store that stumbles gets another chance. */
  private async store(store: Store, id: string, record: TokenRecord): Promise<boolean> {
    const { records } = this.services;
    for (let left = storeTries - 1; ; left -= 1) {
      try {
        const isThere = (await records.get(store, id)) !== undefined;
        return isThere && (await records.replace(store, id, record));
      } catch (error) {
        if (left === 0) throw error;
        await pause(100);
      }
    }
  }
}
