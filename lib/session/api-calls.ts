import { isRepeatable } from '../client/api-body.js';
import type { ApiCall } from '../client/api-call.js';
import type { HeadlessClient } from '../client/headless-client.js';
import type { SessionTokens } from './session-tokens.js';

/** The plain text by which some endpoints say that a token is dead, with status 403 (hazard 12). */
const deadToken = /^\s*Bad_OAuth_Token\s*$/;
const longestWord = 100;
/** An API that always refuses costs a session no more than one renewal in this time (milliseconds). */
const renewalsApart = 10_000;

/** The beginning of an answer, which stays unread; empty when it breaks off or takes longer than `patience` (milliseconds). */
async function beginningOf(response: Response, patience: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  const reader: ReadableStreamDefaultReader<Uint8Array> | undefined = response
    .clone()
    .body?.getReader();
  const leave = (): void => {
    // It ends when the other copy of the body does, so this is not waited for.
    reader?.cancel().catch(() => undefined);
  };
  const timer = setTimeout(() => {
    text = '';
    leave();
  }, patience);
  try {
    while (reader !== undefined && text.length < longestWord) {
      const { done, value } = await reader.read();
      if (done) break;
      text += decoder.decode(value, { stream: true });
    }
    return text;
  } catch {
    // Whoever reads the answer sees for themselves.
    return '';
  } finally {
    clearTimeout(timer);
    leave();
  }
}

async function saysDeadToken(response: Response, patience: number): Promise<boolean> {
  if (response.status === 401) return true;
  const isText = (response.headers.get('content-type') ?? '').startsWith('text/plain');
  const isShort = Number(response.headers.get('content-length') ?? 0) < longestWord;
  if (response.status !== 403 || !isText || !isShort) return false;
  return deadToken.test(await beginningOf(response, patience));
}

/**
 * An API call in the name of a session. A token that Salesforce no longer takes although it has not ended (revoked,
 * password changed, session timed out) is renewed once, and the call made once more when its body can be sent again.
 */
export async function callApi(
  client: HeadlessClient,
  tokens: SessionTokens,
  target: string | URL,
  init: ApiCall,
): Promise<Response> {
  const { accessToken, instanceUrl, kind, generation, storedAt } = await tokens.current();
  // The tokens of guests are good on the site only (wire contract, login, 8.5).
  const base = kind === 'named' ? instanceUrl : undefined;
  const response = await client.fetch(accessToken, target, init, base);
  // A token that has just been renewed is not what is wrong: an API may refuse this user, or any token.
  const isJustRenewed = generation > 0 && Date.now() - storedAt < renewalsApart;
  if (isJustRenewed || !isRepeatable(init.body)) return response;
  if (!(await saysDeadToken(response, client.timeout))) return response;
  const leave = (): void => {
    // Nobody reads it, and its connection serves the next call.
    response.body?.cancel().catch(() => undefined);
  };
  const renewed = await tokens.current(accessToken).catch((error: unknown) => {
    leave();
    throw error;
  });
  if (renewed.accessToken === accessToken) return response;
  leave();
  return client.fetch(renewed.accessToken, target, init, base);
}
