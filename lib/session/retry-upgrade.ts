import { fetched, openSession, type HeadlessSessionData } from './express-session.js';
import type { Headless } from './headless.js';
import { userPropertyOf } from './passport-request.js';
import { postponed } from './upgrade.js';

/** How long (milliseconds) a request waits for another's run of the hook. */
const patience = 1_500;

/** A request that ran in parallel may have been quicker: its session, with whatever the hook wrote, is the newer one. */
async function adoptedFromStore({ request, guarded }: Headless): Promise<boolean> {
  const { id, store } = openSession(request);
  const blob = await fetched(store, id);
  if (typeof blob !== 'object' || blob === null) return false;
  const { sfHeadless } = blob as { sfHeadless?: HeadlessSessionData };
  if (sfHeadless?.upgrade === undefined || sfHeadless.upgrade.status === 'deferred') return false;
  store.createSession?.(request, blob);
  if (request.session) guarded.remember(id, request.session);
  return true;
}

/**
 * Tries a deferred upgrade again, on a request of the user it was promised to, and goes on. A hook that fails once more
 * only postpones it: the page the visitor wants is not the one to suffer.
 */
export function retryUpgrade(headless: Headless, next: (error?: unknown) => void): void {
  const { request, services, upgrade: outcome } = headless;
  const user: unknown = Reflect.get(request, userPropertyOf(request));
  const isDue = outcome?.status === 'deferred' && (outcome.retryAt ?? 0) <= Date.now();
  if (!isDue || user === undefined || user === null) {
    next();
    return;
  }
  const { session, id, store } = openSession(request);
  let hasLeft = false;
  const leave = (): void => {
    if (hasLeft) return;
    hasLeft = true;
    clearTimeout(timer);
    next();
  };
  // A request that finds another at it waits for a while to show what comes of it. It may be the one that logs out.
  const timer = services.upgrades.isRunning(outcome.uvid) ? setTimeout(leave, patience) : undefined;
  const work = async (): Promise<void> => {
    if (hasLeft) return;
    const { identity } = headless;
    const data = (session.sfHeadless ??= {});
    if (await adoptedFromStore(headless)) return;
    try {
      data.upgrade = await services.upgrades.complete(store, outcome, user, identity, request);
    } catch {
      data.upgrade = postponed(outcome, Date.now());
    }
    if (request.sessionID === id) await headless.saveNow(session);
  };
  services.locks.run(`visitor ${outcome.uvid.toLowerCase()}`, work).then(leave, leave);
}
