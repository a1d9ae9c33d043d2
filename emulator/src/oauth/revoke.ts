import { json, text, typed, type Answer } from '../http/answer.js';
import { given, parameters, type SiteRequest } from '../http/site-request.js';
import type { World } from '../world/world.js';

function refused(error: string, description: string, callback: string | undefined): Answer {
  const body = { error, error_description: description };
  if (callback === undefined) return json(body, 400, error);
  return script(`${callback}(${JSON.stringify(body)})`, 400, error);
}

function script(body: string, status = 200, reason?: string): Answer {
  return typed('text/javascript;charset=UTF-8', body, status, reason);
}

/**
 * `GET|POST /services/oauth2/revoke`, without client authentication, and with `callback=` as JSONP
 * (wire contract, login, section 5.2; first-party, section 9). Tokens that are unknown or already
 * dead are errors, unlike RFC 7009.
 */
export function revoke(request: SiteRequest, world: World): Answer {
  const all = parameters(request);
  const callback = given(all, 'callback');
  if (callback !== undefined && !/^[\w$.]+$/.test(callback)) {
    return refused('invalid_request', 'callback is not a function name', undefined);
  }
  const hint = given(all, 'token_type_hint');
  if (hint !== undefined && hint !== 'access_token' && hint !== 'refresh_token') {
    return refused('unsupported_token_type', 'this token type is not supported', callback);
  }
  const value = given(all, 'token');
  if (value === undefined) return refused('invalid_token', 'invalid token: none', callback);
  if (!world.tokens.revoke(value)) {
    return refused('invalid_token', `invalid token: ${value}`, callback);
  }
  return callback === undefined ? text('') : script(`${callback}({})`);
}
