/** What every variant knows of the org, alike. */
export interface Org {
  /** URL of the site. */
  readonly site: string;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly scope: string;
}

/** The emulator's public client: JWT access tokens, and an id token since `openid` is asked for. */
export function orgAt(site: string): Org {
  return {
    site,
    clientId: '3MVG9.public',
    redirectUri: 'http://localhost:3000/callback',
    scope: 'api openid refresh_token',
  };
}

/** The customer who logs in; one of the emulator's own. */
export const customer = { username: 'alice@example.com', password: 'Passw0rd!' };
