import type { LoginNews } from './login-news.js';
import type { Before } from './new-session.js';

/** Who logs in, for comparing with who did before: Salesforce's user where there is one, else Passport's. */
export function ownerOf(news: LoginNews, principal: string): string {
  return news.identity
    ? `salesforce ${news.identity.userId.slice(0, 15)}`
    : `passport ${principal}`;
}

/** Who was logged in before, or undefined for a stranger or a guest. */
export function previousOwner({ principal, data }: Before): string | undefined {
  if (data.guestIsUser === true) return undefined;
  // The name outlives Passport's entry, which goes when the app no longer knows the user: what is here is still theirs.
  return data.owner ?? (principal === undefined ? undefined : `passport ${principal}`);
}
