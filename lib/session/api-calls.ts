import { isRepeatable } from '../client/api-body.js';
import type { ApiCall } from '../client/api-call.js';
import type { HeadlessClient } from '../client/headless-client.js';
import { saysDeadToken } from './dead-token.js';
import type { SessionTokens } from './session-tokens.js';

function signalOf(init: unknown): AbortSignal | undefined {
  const signal: unknown =
    typeof init === 'object' && init !== null ? Reflect.get(init, 'signal') : undefined;
  return signal instanceof AbortSignal ? signal : undefined;
}

/** What work yields, or the reason of the signal when that is aborted first. The work goes on. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      const reason: (reason: unknown) => void = reject;
      reason(signal.reason);
    };
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', abort);
    });
  });
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
  const signal = signalOf(init);
  const { accessToken, instanceUrl, kind } = await unlessAborted(tokens.current(), signal);
  // The tokens of guests are good on the site only (wire contract, login, 8.5).
  const base = kind === 'named' ? instanceUrl : undefined;
  const call = (token: string): Promise<Response> => client.fetch(token, target, init, base);
  const response = await call(accessToken);
  // An API that refused a token that had just been renewed refuses this user, or any token.
  if (tokens.isFutile || !(await saysDeadToken(response, client.timeout))) return response;
  const renewing = tokens.current(accessToken);
  if (!isRepeatable(init.body)) {
    // The next call has the new token.
    renewing.catch(() => undefined);
    return response;
  }
  const leave = (): void => {
    // Nobody reads it, and its connection serves the next call.
    response.body?.cancel().catch(() => undefined);
  };
  const renewed = await unlessAborted(renewing, signal).catch((error: unknown) => {
    leave();
    throw error;
  });
  if (renewed.accessToken === accessToken) return response;
  leave();
  const again = await call(renewed.accessToken);
  if (await saysDeadToken(again, client.timeout)) tokens.noteFutile();
  return again;
}
