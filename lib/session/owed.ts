import { openSession } from './express-session.js';
import type { Headless, LoginNews } from './headless.js';
import { ownerOf } from './owner.js';
import { serializedUser } from './passport-request.js';

/** Completes what earlier logins of this user left undone, wherever that was. */
export async function settleOwed(
  headless: Headless,
  news: LoginNews,
  user: unknown,
): Promise<void> {
  const { request, services } = headless;
  const { locks, upgrades } = services;
  if (!upgrades.takesGoods || news.guest !== undefined || !request.session) return;
  const { session, store } = openSession(request);
  const principal = serializedUser(request, session);
  if (principal === undefined) return;
  const owner = ownerOf(news, principal);
  for (const owed of await upgrades.owedTo(store, owner)) {
    if (owed.uvid === headless.upgrade?.uvid) continue;
    const complete = () => upgrades.complete(store, owed, user, news.identity, request);
    // What fails stays owed: the next login tries again.
    await locks.run(`visitor ${owed.uvid}`, complete).catch(() => undefined);
  }
}
