import { HeadlessError } from 'passport-sf-headless';
import { logOut } from './logout.js';

/** Codes by which the library says that the shop's session goes on, but the login at Salesforce does not. */
const codes = ['login_required', 'refresh_lost', 'step_up_required'];

export function isLoginEnded(error) {
  return error instanceof HeadlessError && codes.includes(error.code);
}

/** Where to go after a login, for a request that needs one: back to a page, and to the account after a button. */
export function pageOf(req) {
  return req.method === 'GET' ? req.originalUrl : '/account';
}

/**
 * Error handler: a customer whose login Salesforce has ended logs in again, and goes on where they were. The shop's own
 * session ends as well, or it would show somebody as logged in whom Salesforce no longer serves.
 */
export async function loginEnded(error, req, res, next) {
  if (!isLoginEnded(error) || res.headersSent) {
    next(error);
    return;
  }
  await logOut(req, res);
  res.redirect(303, `/login?${new URLSearchParams({ returnTo: pageOf(req), ended: '1' })}`);
}
