import { Visitor, type Page } from './visitor.js';

function fieldOf(html: string, pattern: RegExp): string {
  const [, value] = pattern.exec(html) ?? [];
  if (value === undefined) throw new Error(`there is no ${pattern.source} on the page`);
  return value.replaceAll('&amp;', '&');
}

/** The same browser on Salesforce's side: goes where the shop sends it, with the cookies of that host. */
export class SalesforceSite {
  private readonly origin: string;
  private readonly browser: Visitor;

  constructor(origin: string | undefined) {
    if (origin === undefined) throw new Error('the shop did not say where its emulator is');
    this.origin = origin;
    this.browser = new Visitor(origin);
  }

  /** Follows redirects from an address of Salesforce to the first page there. */
  async open(url: string): Promise<Page> {
    const { page } = await this.follow(url);
    if (page === undefined) throw new Error('Salesforce sent the browser away');
    return page;
  }

  /** Follows redirects from an address of Salesforce until one leads away; gives that address. */
  async through(url: string): Promise<string> {
    const { next } = await this.follow(url);
    if (next === undefined) throw new Error('Salesforce kept the browser');
    return next;
  }

  /** Sends the form of the site's own login page, and follows redirects until one leads away; gives that address. */
  async logIn({ html }: Page, username: string, password = 'Passw0rd!'): Promise<string> {
    const action = fieldOf(html, /<form[^>]* action="([^"]*)"/);
    const hidden = ['startURL', 'formToken'].map((name) => [
      name,
      fieldOf(html, new RegExp(`name="${name}" value="([^"]*)"`)),
    ]);
    const fields = {
      ...(Object.fromEntries(hidden) as Record<string, string>),
      username,
      password,
    };
    const { pathname, search } = new URL(action, `${this.origin}/portal/login`);
    const { location } = await this.browser.post(pathname + search, fields);
    if (location === undefined) throw new Error('Salesforce kept the browser');
    return this.through(new URL(location, this.origin).href);
  }

  private async follow(url: string): Promise<{ page?: Page; next?: string }> {
    let next = url;
    for (let step = 0; step < 10; step++) {
      if (!next.startsWith(`${this.origin}/`)) return { next };
      const page = await this.browser.get(next.slice(this.origin.length));
      if (page.location === undefined) return { page };
      next = new URL(page.location, next).href;
    }
    throw new Error('redirects without end');
  }
}
