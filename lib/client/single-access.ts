import { HeadlessError } from '../errors.js';
import {
  checkSingleAccessScope,
  pathInSite,
  readSingleAccess,
  singleAccessRequest,
} from '../protocol/single-access.js';
import { parseSite } from '../protocol/site.js';
import { checkToken } from './arguments.js';
import type { ClientContext } from './context.js';

/** What `HeadlessClient.singleAccess` may be told of the token. */
export interface SingleAccessOptions {
  /** The scopes of the token, as `tokens.scope` has them: one that cannot do it is then refused without a call. */
  readonly scope?: readonly string[] | undefined;
  /** URL of the site, as `tokens.communityUrl` has it; paths are relative to it. Default: the client's `site`. */
  readonly base?: string | undefined;
}

/** The access token goes there, so it must be the site or a trusted issuer. */
function readBase(base: string, origins: readonly string[]): string {
  try {
    const site = parseSite(base);
    if (origins.includes(site.origin)) return site.base;
  } catch (cause) {
    throw new HeadlessError('invalid_argument', { message: '`base` is no URL of a site.', cause });
  }
  throw new HeadlessError('untrusted_host', {
    message: '`base` is neither on the site’s host nor on a trusted issuer’s.',
  });
}

/** A link that opens the site's own pages to a browser as the user of an access token. */
export async function singleAccess(
  { settings, transport }: ClientContext,
  accessToken: string,
  path: string | undefined,
  options: SingleAccessOptions,
): Promise<string> {
  const { site, origins } = settings;
  const token = checkToken(accessToken, 'accessToken');
  const base = options.base === undefined ? site.base : readBase(options.base, origins);
  if (path !== undefined && typeof path !== 'string') {
    throw new HeadlessError('invalid_argument', { message: 'The path must be a text.' });
  }
  const redirectPath = path === undefined ? undefined : pathInSite(base, path);
  checkSingleAccessScope(options.scope ?? []);
  const request = singleAccessRequest(base, token, redirectPath);
  return readSingleAccess(origins, request, await transport.send(request));
}
