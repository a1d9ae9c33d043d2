import { HeadlessError } from '../errors.js';
import { readAnswer, textField, type Fields } from './answer.js';
import { refusal, requestIdOf } from './refusal.js';
import { originOf, type Site } from './site.js';
import type { WireRequest, WireResponse } from './wire.js';

/** The site's OpenID Connect metadata. It lies at the origin; a path prefix is not part of its address. */
export function discoveryRequest(site: Site): WireRequest {
  return {
    method: 'GET',
    url: `${site.origin}/.well-known/openid-configuration`,
    headers: { accept: 'application/json' },
    secrets: [],
  };
}

/**
 * Reads the metadata, as captured from live sites (wire contract, login, 7.1).
 *
 * @throws {HeadlessError} `untrusted_host` when the issuer is another host than the site's.
 */
export function readDiscovery(site: Site, request: WireRequest, response: WireResponse): Fields {
  const answer = readAnswer(response, request.url);
  if (answer.kind !== 'fields' || response.status !== 200) throw refusal(request, response);
  if (originOf(textField(answer.fields, 'issuer') ?? '') !== site.origin) {
    throw new HeadlessError('untrusted_host', { requestId: requestIdOf(response) });
  }
  return answer.fields;
}

/** The request for the keys that sign id tokens and JWT access tokens (wire contract, login, 7.2). */
export function keysRequest(site: Site): WireRequest {
  return {
    method: 'GET',
    url: `${site.origin}/id/keys`,
    headers: { accept: 'application/json' },
    secrets: [],
  };
}
