/** Text as it stands in HTML. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/**
 * The page that stands for "not accepted as headless": status 200, yet really a redirect to the
 * login page by script (wire contract, login, section 2.3).
 *
 * @param loginUrl where the script goes; `?ec=302&startURL=...` is added.
 */
export function loginStub(loginUrl: string): string {
  const target = `${loginUrl}?ec=302&startURL=${encodeURIComponent('/setup/secur/RemoteAccessAuthorizationPage.apexp')}`;
  return `<html>
<head><meta HTTP-EQUIV="PRAGMA" CONTENT="NO-CACHE"><title>Login</title>
<script>
function redirectOnLoad() { if (window.location.replace) { window.location.replace('${target}'); } }
redirectOnLoad();
</script>
</head>
<body><noscript><a href="${escapeHtml(target)}">Log in</a></noscript></body>
</html>
`;
}

/** In the head of pages for people: without it browsers ask for an icon, and the request would be logged and counted. */
export const noIcon = '<link rel="icon" href="data:,">';

/** An ordinary page of the site. */
export function page(title: string, text: string): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${escapeHtml(title)}</title>${noIcon}</head>
<body><main><h1>${escapeHtml(title)}</h1><p>${escapeHtml(text)}</p></main></body>
</html>
`;
}
