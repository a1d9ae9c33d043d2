/** One answer as a page would see it. */
export interface Answer<Body> {
  readonly status: number;
  readonly body: Body;
  /** The cookies it sets by name; an empty text takes one away. */
  readonly cookies: ReadonlyMap<string, string>;
}

function cookiesOf(response: Response): Map<string, string> {
  const pairs = response.headers.getSetCookie().map((line) => {
    const [pair = ''] = line.split(';', 1);
    const at = pair.indexOf('=');
    return [pair.slice(0, at), pair.slice(at + 1)] as const;
  });
  return new Map(pairs);
}

/** A browser with its cookies. What it sends and what it remembers of answers are separate steps, so that requests can overlap. */
export class Browser<Body> {
  readonly jar = new Map<string, string>();
  private readonly origin: () => string;

  /** @param origin where the app listens now; it may move when the app starts again. */
  constructor(origin: () => string) {
    this.origin = origin;
  }

  /** Another browser with the same cookies. */
  copy(): Browser<Body> {
    const other = new Browser<Body>(this.origin);
    other.remember(this.jar);
    return other;
  }

  /** Takes the cookies of an answer over. */
  remember(cookies: ReadonlyMap<string, string>): void {
    for (const [name, value] of cookies) {
      if (value === '') this.jar.delete(name);
      else this.jar.set(name, value);
    }
  }

  /** Sends a request with the cookies of now and leaves the jar as it is. A body makes it a POST. */
  async send(path: string, body?: object): Promise<Answer<Body>> {
    const cookie = [...this.jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(this.origin() + path, {
      headers: { ...(cookie && { cookie }), ...(body && { 'content-type': 'application/json' }) },
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(10_000),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
    return {
      status: response.status,
      // A refused login is a line of plain text.
      body: (isJson ? JSON.parse(text) : {}) as Body,
      cookies: cookiesOf(response),
    };
  }

  /** Sends a request and remembers the cookies of its answer. */
  async visit(path: string, body?: object): Promise<Answer<Body>> {
    const answer = await this.send(path, body);
    this.remember(answer.cookies);
    return answer;
  }
}
