const longest = 2048;
/** Never reached: a text that is a path of the app stays on whatever host it is read on. */
const anywhere = 'http://app.invalid';

/**
 * A place in the app to go to after a login, or undefined when the text could lead a browser out of the app: another
 * host by `//` or `\`, another scheme, control characters, or no path at all. What is given is encoded, fit for a
 * `Location` header.
 */
export function safeReturnTo(text: unknown): string | undefined {
  if (typeof text !== 'string' || text.length > longest) return undefined;
  if (!/^\/(?!\/)/.test(text) || /[\\\p{Cc}]/u.test(text)) return undefined;
  if (!URL.canParse(text, anywhere)) return undefined;
  const url = new URL(text, anywhere);
  // `/.//host` is a path that turns into `//host`.
  if (url.origin !== anywhere || url.pathname.startsWith('//')) return undefined;
  return url.pathname + url.search + url.hash;
}
