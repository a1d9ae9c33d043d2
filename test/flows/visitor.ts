import type { Page } from '../upgrade/cart-shop.js';

/** What the app says: a page about the visitor, or an error. */
interface ShopPage extends Omit<Page, 'code'> {
  readonly code?: unknown;
  readonly fault?: string;
  readonly fields?: Readonly<Record<string, string>>;
}

/** One answer as a browser gets it. */
export interface Reply {
  readonly status: number;
  readonly body: ShopPage;
  /** Everything it says: status line, headers and body, as text. */
  readonly text: string;
  /** Where it sends the browser, or an empty text. */
  readonly location: string;
  /** The cookies it sets by name; an empty text takes one away. */
  readonly cookies: ReadonlyMap<string, string>;
}

/** Names and values, as a form has them. */
export type Form = Readonly<Record<string, string>>;

function cookiesOf(headers: Headers): Map<string, string> {
  const pairs = headers.getSetCookie().map((line) => {
    const [pair = ''] = line.split(';', 1);
    const at = pair.indexOf('=');
    return [pair.slice(0, at), pair.slice(at + 1)] as const;
  });
  return new Map(pairs);
}

/** A browser at the app: keeps cookies, and goes nowhere else by itself. */
export class Visitor {
  /** Every answer so far. */
  readonly answers: Reply[] = [];
  private readonly jar = new Map<string, string>();
  private readonly origin: string;

  constructor(origin: string) {
    this.origin = origin;
  }

  /** Another browser with the cookies of now. */
  copy(): Visitor {
    const other = new Visitor(this.origin);
    for (const [name, value] of this.jar) other.jar.set(name, value);
    return other;
  }

  /** Takes the cookies of an answer over. */
  remember({ cookies }: Reply): void {
    for (const [name, value] of cookies) {
      if (value === '') this.jar.delete(name);
      else this.jar.set(name, value);
    }
  }

  /** Sends a request with the cookies of now and leaves the jar as it is, so that requests can overlap. A form makes it a POST. */
  async send(path: string, form?: Form): Promise<Reply> {
    const cookie = [...this.jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(this.origin + path, {
      headers: { ...(cookie && { cookie }), ...(form && { 'content-type': 'application/json' }) },
      ...(form && { method: 'POST', body: JSON.stringify(form) }),
      redirect: 'manual',
      signal: AbortSignal.timeout(9_000),
    });
    const { status, headers } = response;
    const text = await response.text();
    const isJson = headers.get('content-type')?.startsWith('application/json') === true;
    const reply: Reply = {
      status,
      // A refused login is a line of plain text.
      body: (isJson ? JSON.parse(text) : {}) as ShopPage,
      text: `${String(status)} ${JSON.stringify([...headers])} ${text}`,
      location: headers.get('location') ?? '',
      cookies: cookiesOf(headers),
    };
    this.answers.push(reply);
    return reply;
  }

  /** Sends a request and remembers the cookies of its answer. */
  async visit(path: string, form?: Form): Promise<Reply> {
    const reply = await this.send(path, form);
    this.remember(reply);
    return reply;
  }
}
