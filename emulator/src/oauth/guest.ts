import { given } from '../http/site-request.js';
import { NotHeadless, Refused, uvidInvalid } from './refusals.js';
import type { RequestType } from './request-types.js';
import { areOnApp, splitScopes } from './scopes.js';
import { readUvidHint } from './uvid.js';

/** A visitor without a name (wire contract, login, section 10). */
export const guest: RequestType = {
  checkApp({ client, request }) {
    if (!client.isCodeCredFlowEnabled) throw new NotHeadless('isCodeCredFlowEnabled is off');
    if (!client.isGuestCodeCredFlowEnabled) {
      throw new Refused('invalid_request', 'guest flow not enabled');
    }
    if (client.isCodeCredPostOnly && request.method !== 'POST') {
      throw new NotHeadless('isCodeCredPostOnly is on and the request is no POST');
    }
  },

  scopes({ parameters, client }) {
    const scopes = splitScopes(parameters.get('scope'));
    if (scopes.length === 0 || !areOnApp(scopes, client)) {
      throw new Refused('invalid_scope', 'the requested scope is not allowed');
    }
    return scopes;
  },

  identify({ request, parameters, world }) {
    const hint = request.headers['uvid-hint'] ?? given(parameters, 'uvid_hint');
    if (hint === undefined) throw uvidInvalid('no visitor id');
    return { userId: undefined, uvid: readUvidHint(hint, 'required', world) };
  },
};
