import type { Fields } from '../protocol/answer.js';
import { identityUrlRequest, readIdentityAnswer } from '../protocol/identity-url.js';
import { checkToken } from './arguments.js';
import type { ClientContext } from './context.js';

/** What Salesforce knows of the user of an identity URL. */
export async function askIdentityUrl(
  { settings, transport }: ClientContext,
  identityUrl: string,
  accessToken: string,
): Promise<Fields> {
  const token = checkToken(accessToken, 'accessToken');
  const request = identityUrlRequest(identityUrl, token, settings.origins);
  return readIdentityAnswer(request, await transport.send(request));
}
