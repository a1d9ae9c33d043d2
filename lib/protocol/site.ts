/** The Experience Cloud site that every call goes to. */
export interface Site {
  /** Site URL with its path prefix and without trailing slash; endpoint paths are appended to it. */
  readonly base: string;
  /** Scheme, host and port. */
  readonly origin: string;
}

const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/**
 * Reads the URL of a site. The path prefix is kept, trailing slashes are not (wire contract, login, section 1).
 *
 * @throws {TypeError} when it is no absolute https URL (http is for loopback only), or has a query, a fragment or credentials.
 */
export function parseSite(text: string): Site {
  if (!URL.canParse(text)) throw new TypeError('must be an absolute URL');
  const url = new URL(text);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && loopback.test(url.hostname))) {
    throw new TypeError('must use https (http is accepted for loopback addresses only)');
  }
  if (url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '') {
    throw new TypeError('must have no query, fragment or credentials');
  }
  return { base: url.origin + url.pathname.replace(/\/+$/, ''), origin: url.origin };
}

/**
 * The origin of a web address, or undefined when the text is none. `blob:` and other schemes have an origin that is not
 * where they lead.
 */
export function originOf(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url?.protocol === 'https:' || url?.protocol === 'http:' ? url.origin : undefined;
}
