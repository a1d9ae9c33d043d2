/** Pages with a form whose answer leads to the saved trips. */
const forms = /^\/(login|register|forgot-password)(\/|$)/;

/**
 * Words for a visitor whose browser seems to refuse the shop's cookie: they have pressed a button, and the page that
 * followed knows nothing of it. A stranger who has pressed none looks the same, so the words begin with "if".
 *
 * @param cookie name of the cookie that every button here leads to.
 */
export function refusedCookieNotice(req, cookie) {
  if (req.method !== 'GET' || (req.headers.cookie ?? '').includes(`${cookie}=`)) return undefined;
  const from = req.get('referer');
  if (from === undefined || !URL.canParse(from)) return undefined;
  const { host, pathname } = new URL(from);
  // A form that leads back to its own page, or from a login to what is saved.
  const isAfterForm = pathname === req.path || (req.path === '/saved' && forms.test(pathname));
  if (host !== req.host || !isAfterForm) return undefined;
  return 'If you have just pressed a button, your browser refuses the cookie of this shop. Allow it, and try again.';
}
