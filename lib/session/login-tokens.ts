import type { Store } from './express-session.js';
import type { HeadlessServices } from './headless-services.js';
import type { LoginNews } from './login-news.js';

/** Keeps the tokens of a login before its session is in the store: nobody is logged in without them. */
export async function keepLoginTokens(
  { tokens }: HeadlessServices,
  store: Store,
  sessionId: string,
  { tokens: fresh, identity, guest }: LoginNews,
): Promise<void> {
  if (fresh === undefined || tokens === undefined) return;
  if (guest !== undefined) {
    await tokens.keep(store, sessionId, { kind: 'guest', owner: guest.uvid }, fresh);
  } else if (identity !== undefined) {
    await tokens.keep(store, sessionId, { kind: 'named', owner: identity.userId }, fresh);
  }
}

/** A login that joined the session of an earlier one leaves it that one's tokens; its own would be nobody's. */
export function discardLoginTokens(
  { tokens }: HeadlessServices,
  store: Store,
  { tokens: unused }: LoginNews,
): void {
  if (unused !== undefined) tokens?.discard(store, unused).catch(() => undefined);
}
