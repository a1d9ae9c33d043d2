/** What the app says of a visitor. */
export interface Answer {
  readonly status: number;
  readonly setsCookie: boolean;
  readonly body: {
    readonly user?: { readonly id: string };
    readonly guest?: { readonly uvid: string };
    readonly upgrade?: { readonly status: string; readonly uvid: string };
    readonly cart?: unknown;
    readonly error?: string;
  };
}

/** A browser behind a balancer without stickiness: each request goes to the next process. */
export class Browser {
  readonly cookies = new Map<string, string>();
  private readonly origins: readonly string[];
  private turn = 0;

  constructor(processes: readonly { readonly url: string }[]) {
    this.origins = processes.map(({ url }) => url);
  }

  get(path: string): Promise<Answer> {
    return this.send(path, { method: 'GET' });
  }

  post(path: string, body: object = {}): Promise<Answer> {
    const headers = { 'content-type': 'application/json' };
    return this.send(path, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  private async send(path: string, init: RequestInit): Promise<Answer> {
    const origin = this.origins[this.turn++ % this.origins.length] ?? '';
    const headers = new Headers(init.headers);
    if (this.cookies.size > 0) {
      headers.set(
        'cookie',
        [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
      );
    }
    const signal = AbortSignal.timeout(30_000);
    const response = await fetch(origin + path, { ...init, headers, signal });
    const lines = response.headers.getSetCookie();
    for (const line of lines) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '') this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return {
      status: response.status,
      setsCookie: lines.length > 0,
      body: (await response.json()) as Answer['body'],
    };
  }
}
