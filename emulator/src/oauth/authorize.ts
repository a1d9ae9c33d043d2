import { html, json, redirect, text, type Answer } from '../http/answer.js';
import { given, parameters, type Parameters, type SiteRequest } from '../http/site-request.js';
import { loginStub } from '../pages/stub.js';
import type { World } from '../world/world.js';
import { NotHeadless, Refused, refusal } from './refusals.js';
import { requestTypes, type AuthorizeCall, type RequestType } from './request-types.js';

type Pairs = readonly (readonly [string, string])[];

function encode(pairs: Pairs): string {
  return pairs.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
}

function errorPairs({ error, description }: Refused): Pairs {
  return [
    ['error', error],
    ['error_description', description],
  ];
}

function statePairs(all: Parameters): Pairs {
  const state = all.get('state');
  return state === undefined ? [] : [['state', state]];
}

function callback(redirectUri: string, pairs: Pairs): string {
  return `${redirectUri}${redirectUri.includes('?') ? '&' : '?'}${encode(pairs)}`;
}

function textRefusal(refused: Refused): Answer {
  return text(encode(errorPairs(refused)), 400, refused.message);
}

function notHeadless(world: World, reason: string): Answer {
  const loginUrl = `${world.site.url}/login`;
  if (world.settings.quirks.notHeadlessStyle === 'redirect') return redirect(loginUrl, 302, reason);
  return html(loginStub(loginUrl), 200, reason);
}

function refuse(refused: Refused, call: AuthorizeCall, redirectUri: string): Answer {
  switch (call.world.settings.quirks.authorizeErrorStyle) {
    case 'json400':
      return refusal(refused);
    case 'text400':
      return textRefusal(refused);
    case 'html200':
      return notHeadless(call.world, refused.message);
    case 'redirect': {
      const pairs = [...errorPairs(refused), ...statePairs(call.parameters)];
      return redirect(callback(redirectUri, pairs), 302, refused.message);
    }
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

async function codeFor(call: AuthorizeCall, redirectUri: string): Promise<string> {
  const { parameters: all, client, world } = call;
  const type = requestType(call);
  type.checkApp(call);
  const scopes = type.scopes(call);
  const codeChallenge = given(all, 'code_challenge');
  if (client.isPkceRequired && codeChallenge === undefined) {
    throw new Refused('invalid_request', 'missing required code challenge');
  }
  const { userId, uvid } = await type.identify(call);
  const grant = {
    clientId: client.id,
    redirectUri,
    scopes,
    userId,
    uvid,
    codeChallenge,
    nonce: given(all, 'nonce'),
    issuedBy: 'authorize' as const,
  };
  return world.codes.issue(grant, world.settings.codeTtl);
}

function success(code: string, call: AuthorizeCall, redirectUri: string): Answer {
  const { site, settings } = call.world;
  const pairs: Pairs = [
    ['code', code],
    ['sfdc_community_url', site.url],
    ['sfdc_community_id', settings.site.networkId],
    ...statePairs(call.parameters),
  ];
  return settings.quirks.authorizeSuccessStyle === 'json200'
    ? json(Object.fromEntries(pairs))
    : redirect(callback(redirectUri, pairs));
}

/**
 * `GET|POST /services/oauth2/authorize`. An unknown client or redirect URI is answered in text and
 * never by a redirect; other refusals come in the style of `quirks.authorizeErrorStyle`.
 */
export async function authorize(request: SiteRequest, world: World): Promise<Answer> {
  const all = parameters(request);
  const client = world.clients.get(all.get('client_id') ?? '');
  if (client === undefined) {
    return textRefusal(new Refused('invalid_client_id', 'client identifier invalid'));
  }
  const redirectUri = all.get('redirect_uri') ?? '';
  if (!client.redirectUris.includes(redirectUri)) {
    return textRefusal(
      new Refused('redirect_uri_mismatch', 'redirect_uri must match configuration'),
    );
  }
  const call: AuthorizeCall = { request, parameters: all, client, world };
  try {
    return success(await codeFor(call, redirectUri), call, redirectUri);
  } catch (error) {
    if (error instanceof NotHeadless) return notHeadless(world, error.message);
    if (error instanceof Refused) return refuse(error, call, redirectUri);
    throw error;
  }
}
