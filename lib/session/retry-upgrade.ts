import { openSession } from './express-session.js';
import type { Headless } from './headless.js';
import { userPropertyOf } from './passport-request.js';
import { postponed } from './upgrade.js';

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
  const { session, store } = openSession(request);
  const work = async (): Promise<void> => {
    const { identity } = headless;
    const data = (session.sfHeadless ??= {});
    try {
      data.upgrade = await services.upgrades.complete(store, outcome, user, identity, request);
    } catch {
      data.upgrade = postponed(outcome, Date.now());
    }
  };
  services.locks.run(`visitor ${outcome.uvid.toLowerCase()}`, work).then(
    () => {
      next();
    },
    () => {
      next();
    },
  );
}
