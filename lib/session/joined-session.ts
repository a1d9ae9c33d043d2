import { openSession, type Session } from './express-session.js';
import type { Headless } from './headless.js';

/**
 * Completes the upgrade of a session that a second login of the same person has joined: its outcome may not have been
 * written yet, or the process that was to write it has died.
 */
export async function completeJoined(
  { request, services }: Headless,
  { sfHeadless: data }: Session,
  user: unknown,
): Promise<void> {
  if (data?.upgrade?.status !== 'deferred') return;
  const { store } = openSession(request);
  try {
    const { upgrade, identity } = data;
    data.upgrade = await services.upgrades.complete(store, upgrade, user, identity, request);
  } catch {
    // It stays deferred, and a later request tries again.
  }
}
