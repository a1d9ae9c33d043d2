const longest = 200;

/** What something that is no Error says of itself, without what else it may hold. */
function wordsOf(reason: unknown): string {
  const message: unknown =
    typeof reason === 'object' && reason !== null ? Reflect.get(reason, 'message') : reason;
  if (typeof message === 'string') return message.slice(0, longest);
  return reason === null ? 'null' : `a value of type ${typeof reason}`;
}

/**
 * What an app's own function threw, as an Error: what is one stays as it is. Express reads other values as orders,
 * `'route'` to leave the route out, and nothing at all as "go on". The value itself is the `cause`.
 */
export function asError(reason: unknown): Error {
  if (reason instanceof Error) return reason;
  return new Error(`login failed: ${wordsOf(reason)}`, { cause: reason });
}
