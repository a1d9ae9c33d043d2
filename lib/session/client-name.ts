/** What tells the clients of one app apart. */
interface Named {
  /** URL of the site. */
  readonly site: string;
  /** Consumer key of the app. */
  readonly clientId: string;
}

/**
 * The name of a client in records. Tokens, codes and verifiers belong to the client that they were made for: with another
 * one they would go out to its site, with its secret, and let people in by its rules.
 */
export function clientName({ site, clientId }: Named): string {
  return `${clientId} at ${site}`;
}
