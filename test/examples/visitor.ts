/** What a visitor sees of one answer. */
export interface Page {
  readonly status: number;
  readonly headers: Headers;
  readonly html: string;
  /** Path and query a redirect leads to. */
  readonly location: string | undefined;
}

/** Ids of the trips on a page. */
export function tripsOn({ html }: Page): string[] {
  return [...html.matchAll(/class="card" id="([^"]+)"/g)].map(([, id]) => id ?? '');
}

/** A browser without the browser: keeps cookies, sends forms as a page of the shop would. */
export class Visitor {
  readonly cookies = new Map<string, string>();
  private readonly shop: string;

  constructor(shop: string) {
    this.shop = shop;
  }

  /** Another tab of the same browser, whose cookies go their own way from now on. @param shop another address of it. */
  twin(shop = this.shop): Visitor {
    const twin = new Visitor(shop);
    for (const [name, value] of this.cookies) twin.cookies.set(name, value);
    return twin;
  }

  get(path: string): Promise<Page> {
    return this.request(path, { method: 'GET' });
  }

  /** Sends a form. `headers` replaces what says where the form came from. */
  post(
    path: string,
    fields: Record<string, string> = {},
    headers: Record<string, string> = { origin: this.shop },
  ): Promise<Page> {
    return this.request(path, { method: 'POST', body: new URLSearchParams(fields), headers });
  }

  /** Sends a form and opens the page that it leads to. */
  async postAndFollow(path: string, fields: Record<string, string> = {}): Promise<Page> {
    const { location } = await this.post(path, fields);
    if (location === undefined) throw new Error(`POST ${path} led nowhere`);
    return this.get(location);
  }

  /** Saves a trip, by its button. */
  save(trip: string): Promise<Page> {
    return this.post(`/trips/${trip}/save`);
  }

  /** Logs in by the password form. */
  logIn(username: string, password = 'Passw0rd!', returnTo = '/saved'): Promise<Page> {
    return this.post('/login', { username, password, returnTo });
  }

  /** Ids of the trips on the page of saved trips. */
  async savedTrips(): Promise<string[]> {
    return tripsOn(await this.get('/saved'));
  }

  private async request(path: string, init: RequestInit): Promise<Page> {
    const headers = new Headers(init.headers);
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    if (cookie !== '') headers.set('cookie', cookie);
    const response = await fetch(this.shop + path, { ...init, headers, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '' || /max-age=0\b|expires=Thu, 01 Jan 1970/i.test(line))
        this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return {
      status: response.status,
      headers: response.headers,
      html: await response.text(),
      location: response.headers.get('location') ?? undefined,
    };
  }
}
