import { HeadlessError } from '../errors.js';
import { openSession, type OpenSession } from './express-session.js';
import { guestTokens } from './guest.js';
import type { Headless } from './headless.js';
import type { TokenRecord } from './token-records.js';
import type { Tokens } from './tokens.js';

/** The tokens of one request's session. The store is read once, however often they are asked for. */
export class SessionTokens {
  private readonly headless: Headless;
  private seen: { readonly sessionId: string; readonly record: Promise<TokenRecord> } | undefined;

  constructor(headless: Headless) {
    this.headless = headless;
  }

  /**
   * Tokens that are good for a while yet: the user's, or else the guest's.
   *
   * @param refused an access token that Salesforce no longer takes, although it has not ended.
   * @throws {HeadlessError} `login_required` when there are none or the login has ended at Salesforce,
   *   `refresh_lost`, or what kept new ones away.
   */
  async current(refused?: string): Promise<TokenRecord> {
    const session = openSession(this.headless.request);
    const { seen } = this;
    const isKnown = seen?.sessionId === session.id && refused === undefined;
    const asked = isKnown ? seen.record : this.find(session, refused);
    this.seen = { sessionId: session.id, record: asked };
    try {
      const record = await asked;
      const { tokens } = this.headless.services;
      if (!isKnown || tokens?.freshness(record) !== 'stale') return record;
      const next = this.find(session, undefined);
      this.seen = { sessionId: session.id, record: next };
      return await next;
    } catch (error) {
      if (this.seen.sessionId === session.id) this.seen = undefined;
      throw error;
    }
  }

  /** Whether renewing the tokens of this session would be of no use, see {@link FutileRenewals}. */
  get isFutile(): boolean {
    const { request, services } = this.headless;
    return services.tokens?.futile.has(openSession(request).id) ?? false;
  }

  /** A token that had just been renewed was refused, too. */
  noteFutile(): void {
    const { request, services } = this.headless;
    services.tokens?.futile.note(openSession(request).id);
  }

  private async find(session: OpenSession, refused: string | undefined): Promise<TokenRecord> {
    const { identity, guest, services } = this.headless;
    const { tokens } = services;
    if (tokens === undefined) {
      throw new HeadlessError('login_required', {
        hint: 'No tokens are kept: headlessSession({ tokens: false }).',
      });
    }
    if (identity !== undefined) return this.ofUser(session, tokens, identity.userId, refused);
    if (guest !== undefined) return guestTokens(this.headless, services.client, refused);
    throw new HeadlessError('login_required');
  }

  private async ofUser(
    { store, id }: OpenSession,
    tokens: Tokens,
    userId: string,
    refused: string | undefined,
  ): Promise<TokenRecord> {
    const found = await tokens.of(store, id, { kind: 'named', owner: userId });
    if (found === undefined) throw new HeadlessError('login_required');
    const record = await tokens.withKnownEnd(store, id, found);
    const isRefused = record.accessToken === refused;
    const state = isRefused ? 'stale' : tokens.freshness(record);
    if (state === 'fresh') return record;
    const isAlive = !isRefused && tokens.isAlive(record);
    if (isAlive && record.refreshToken === undefined) return record;
    if (state === 'aging' && (await tokens.isRenewing(store, id, record))) return record;
    try {
      const renewed = await tokens.renew(store, id, record);
      // After a lost refresh there is no other token to be had.
      if (renewed.accessToken === refused) throw new HeadlessError('refresh_lost');
      return renewed;
    } catch (error) {
      // A token that lasts a little longer is better than none; the next request tries to renew it again.
      const isEnded = error instanceof HeadlessError && error.code === 'login_required';
      if (!isAlive || isEnded) throw error;
      return record;
    }
  }
}
