import { openSession } from './express-session.js';
import type { Headless } from './headless.js';
import { LoginStep } from './login-step.js';
import { settleOwed } from './owed.js';
import type { LogIn } from './passport-request.js';

/**
 * Logs a user in, in the place of Passport's `req.logIn`: always under a new session id, with nothing of the old session
 * but the keys named in `carry`, and those only from a stranger's, a guest's or the same person's session.
 *
 * @throws {HeadlessError} `storage_failed`, `upgrade_refused`, `keep_session_info_refused`, or what the serializer
 *   throws; the request is then as it was before.
 */
export async function logIn(
  headless: Headless,
  original: LogIn,
  user: unknown,
  options: object,
): Promise<void> {
  const news = await headless.takeNews();
  const { locks } = headless.services;
  const { id, session } = openSession(headless.request);
  const promised = session.sfHeadless?.promised;
  const step = new LoginStep(headless, news);
  const { uvid } = news;
  const whole = async (): Promise<void> => {
    const enter = (): Promise<void> => step.enter(original, user, options);
    // A browser that sent no session cannot be logging in twice in it.
    await (headless.hadSession ? locks.run(`session ${id}`, enter) : enter());
    await step.settle(user);
  };
  await (uvid === undefined ? whole() : locks.run(`visitor ${uvid.toLowerCase()}`, whole));
  // The login stands, whatever comes of the joined one and of older debts.
  await step.settleJoined(user).catch(() => undefined);
  await settleOwed(headless, news, user, promised?.uvid).catch(() => undefined);
}
