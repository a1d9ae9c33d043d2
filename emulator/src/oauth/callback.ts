import { redirect, text, type Answer } from '../http/answer.js';
import type { Parameters } from '../http/site-request.js';
import type { Client } from '../world/clients.js';
import type { World } from '../world/world.js';
import { Refused } from './refusals.js';

/** Parameters of a callback, in their order. */
export type Pairs = readonly (readonly [string, string])[];

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

/** What a callback says about success (wire contract, login, section 2.2). */
export function codePairs(code: string, all: Parameters, { site, settings }: World): Pairs {
  return [
    ['code', code],
    ['sfdc_community_url', site.url],
    ['sfdc_community_id', settings.site.networkId],
    ...statePairs(all),
  ];
}

/** Sends the browser or app to the redirect URI of its request, which must have been checked. */
export function toCallback(all: Parameters, pairs: Pairs, reason?: string): Answer {
  const redirectUri = all.get('redirect_uri') ?? '';
  const separator = redirectUri.includes('?') ? '&' : '?';
  return redirect(redirectUri + separator + encode(pairs), 302, reason);
}

/** A refusal at the callback: error, description and state. */
export function errorToCallback(all: Parameters, refused: Refused): Answer {
  return toCallback(all, [...errorPairs(refused), ...statePairs(all)], refused.message);
}

/** A refusal that goes nowhere: urlencoded text with status 400 (wire contract, login, section 2.3). */
export function textRefusal(refused: Refused): Answer {
  return text(encode(errorPairs(refused)), 400, refused.message);
}

/** The client of an authorize request, provided that its redirect URI is registered; else why not. */
export function registeredClient(all: Parameters, world: World): Client | Refused {
  const client = world.clients.get(all.get('client_id') ?? '');
  if (client === undefined) return new Refused('invalid_client_id', 'client identifier invalid');
  if (client.redirectUris.includes(all.get('redirect_uri') ?? '')) return client;
  return new Refused('redirect_uri_mismatch', 'redirect_uri must match configuration');
}
