import { isError } from '../errors.js';
import { dataOf, openSession } from './express-session.js';
import type { Headless } from './headless.js';
import type { SessionTokens } from './session-tokens.js';

/** A link into the site for the user of a session; a token that Salesforce no longer takes is renewed once. */
export async function siteLink(
  { request, services }: Headless,
  tokens: SessionTokens,
  path: string | undefined,
): Promise<string> {
  const session = openSession(request);
  const linkBy = async (refused?: string): Promise<string> => {
    const { accessToken, scope, communityUrl } = await tokens.current(refused);
    try {
      return await services.client.singleAccess(accessToken, path, { scope, base: communityUrl });
    } catch (error) {
      const isDead = isError(error, 'access_token_refused');
      if (!isDead || refused !== undefined) throw error;
      return linkBy(accessToken);
    }
  };
  const link = await linkBy();
  // From now on the browser may have a session there, which a logout here leaves behind.
  dataOf(session).siteSession = true;
  return link;
}
