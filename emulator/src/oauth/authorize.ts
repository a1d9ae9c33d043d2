import { html, json, redirect, type Answer } from '../http/answer.js';
import { given, parameters, type SiteRequest } from '../http/site-request.js';
import { loginStub } from '../pages/stub.js';
import type { World } from '../world/world.js';
import {
  codePairs,
  errorToCallback,
  registeredClient,
  textRefusal,
  toCallback,
} from './callback.js';
import { checkChallenge, issueCode } from './issue-code.js';
import { redirectFlow } from './redirect-flow.js';
import { NotHeadless, Refused, refusal } from './refusals.js';
import { requestTypes, type AuthorizeCall, type RequestType } from './request-types.js';

function notHeadless(world: World, reason: string): Answer {
  const loginUrl = `${world.site.url}/login`;
  if (world.settings.quirks.notHeadlessStyle === 'redirect') return redirect(loginUrl, 302, reason);
  return html(loginStub(loginUrl), 200, reason);
}

function refuse(refused: Refused, call: AuthorizeCall): Answer {
  switch (call.world.settings.quirks.authorizeErrorStyle) {
    case 'json400':
      return refusal(refused);
    case 'text400':
      return textRefusal(refused);
    case 'html200':
      return notHeadless(call.world, refused.message);
    case 'redirect':
      return errorToCallback(call.parameters, refused);
  }
}

/** Which flow a request asks for (wire contract, login, section 2.1). */
function requestType({ request, parameters: all }: AuthorizeCall): RequestType {
  const responseType = given(all, 'response_type');
  const header = request.headers['auth-request-type'];
  const credentials = given(all, 'username') ?? given(all, 'login_hint');
  const inferred =
    responseType === 'code_credentials' &&
    credentials !== undefined &&
    given(all, 'password') !== undefined;
  if (header === undefined && !inferred) throw new NotHeadless('no Auth-Request-Type');
  const type = requestTypes.get(header ?? 'Named-User');
  if (type === undefined) {
    throw new Refused('invalid_request', 'invalid headers', 'unknown Auth-Request-Type');
  }
  if (responseType !== 'code_credentials') {
    throw new Refused('unsupported_response_type', 'response type not supported');
  }
  return type;
}

async function headlessCode(call: AuthorizeCall): Promise<string> {
  const { parameters: all, client, world } = call;
  const type = requestType(call);
  type.checkApp(call);
  const scopes = type.scopes(call);
  checkChallenge(all, client);
  return issueCode({ scopes, ...(await type.identify(call)) }, all, client, world);
}

async function headlessFlow(call: AuthorizeCall): Promise<Answer> {
  const { parameters: all, world } = call;
  try {
    const pairs = codePairs(await headlessCode(call), all, world);
    return world.settings.quirks.authorizeSuccessStyle === 'json200'
      ? json(Object.fromEntries(pairs))
      : toCallback(all, pairs);
  } catch (error) {
    if (error instanceof NotHeadless) return notHeadless(world, error.message);
    if (error instanceof Refused) return refuse(error, call);
    throw error;
  }
}

const browserResponseTypes = new Set(['code', 'token', 'token id_token', 'hybrid_token']);

/** What a browser asks for; of the types for it there is only `code`. */
function browserFlow(call: AuthorizeCall, responseType: string): Answer {
  try {
    if (responseType === 'code') return redirectFlow(call);
    throw new Refused('unsupported_response_type', 'response type not supported');
  } catch (error) {
    if (error instanceof Refused) return errorToCallback(call.parameters, error);
    throw error;
  }
}

/**
 * `GET|POST /services/oauth2/authorize`: the redirect flow for a `response_type` of browsers without
 * `Auth-Request-Type`, else a headless one. An unknown client or redirect URI is answered in text
 * and never by a redirect; other refusals of headless flows come in the style of
 * `quirks.authorizeErrorStyle`.
 */
export function authorize(request: SiteRequest, world: World): Answer | Promise<Answer> {
  const all = parameters(request);
  const client = registeredClient(all, world);
  if (client instanceof Refused) return textRefusal(client);
  const call: AuthorizeCall = { request, parameters: all, client, world };
  const responseType = given(all, 'response_type') ?? '';
  return request.headers['auth-request-type'] === undefined &&
    browserResponseTypes.has(responseType)
    ? browserFlow(call, responseType)
    : headlessFlow(call);
}
