import { sitePage } from './site-page.js';
import { escapeHtml } from './stub.js';

/** What the login page shows and sends back. */
export interface LoginForm {
  /** Where the form goes. */
  readonly action: string;
  readonly username: string;
  /** Sent back with the form, as it came. */
  readonly startUrl: string;
  /** Sent back with the form; the same as in a cookie, which another site cannot read. */
  readonly formToken: string;
  /** Names of identity providers, each with where its button leads. */
  readonly providers: readonly (readonly [name: string, url: string])[];
  /** Why the last attempt failed. */
  readonly alert?: string;
}

function hidden(name: string, value: string): string {
  return `<input type="hidden" name="${name}" value="${escapeHtml(value)}">`;
}

/** The page at which people log in on the site: username, password, identity providers. */
export function loginPage(form: LoginForm): string {
  const links = form.providers.map(
    ([name, url]) => `<li><a href="${escapeHtml(url)}">Log in with ${escapeHtml(name)}</a></li>`,
  );
  const alert =
    form.alert === undefined ? '' : `<p class="alert" role="alert">${escapeHtml(form.alert)}</p>`;
  return sitePage(
    'Log in',
    `${alert}
<form method="post" action="${escapeHtml(form.action)}">
${hidden('startURL', form.startUrl)}
${hidden('formToken', form.formToken)}
<label for="username">Username</label>
<input id="username" name="username" value="${escapeHtml(form.username)}" autocomplete="username" autocapitalize="none" required>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<button type="submit">Log in</button>
</form>
${links.length === 0 ? '' : `<ul>\n${links.join('\n')}\n</ul>`}`,
  );
}
