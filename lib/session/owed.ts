import { openSession } from './express-session.js';
import type { Headless } from './headless.js';
import type { LoginNews } from './login-news.js';
import { ownerOf } from './owner.js';
import { serializedUser } from './passport-request.js';

/**
 * Completes what earlier logins of this user left undone, wherever that was.
 *
 * @param promised a former guest of this very session, whose promise may not have been made firm.
 */
export async function settleOwed(
  headless: Headless,
  news: LoginNews,
  user: unknown,
  promised: string | undefined,
): Promise<void> {
  const { request, services } = headless;
  const { locks, upgrades } = services;
  if (!upgrades.takesGoods || news.guest !== undefined || !request.session) return;
  const { session, store } = openSession(request);
  const principal = serializedUser(request, session);
  if (principal === undefined) return;
  const owner = ownerOf(news, principal);
  for (const owed of await upgrades.owedTo(store, owner, promised)) {
    if (owed.uvid === headless.upgrade?.uvid) continue;
    const complete = async (): Promise<void> => {
      const outcome = await upgrades.complete(store, owed, user, news.identity, request);
      // The page has news where this login itself had none.
      if (session.sfHeadless) session.sfHeadless.upgrade ??= outcome;
    };
    // What fails stays owed: the next login tries again.
    await locks.run(`visitor ${owed.uvid}`, complete).catch(() => undefined);
  }
}
