/** The two halves of a Basic header. */
export interface Pair {
  readonly name: string;
  readonly secret: string;
}

/**
 * Reads an `Authorization: Basic` value: standard and URL-safe alphabet, padded or not, UTF-8, split
 * at the first colon (wire contract, login, section 2.1). Undefined for anything else.
 */
export function readBasic(authorization: string | undefined): Pair | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/_-]+={0,2})$/i.exec(authorization ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const decoded = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  if (colon === -1) return undefined;
  return { name: decoded.slice(0, colon), secret: decoded.slice(colon + 1) };
}
