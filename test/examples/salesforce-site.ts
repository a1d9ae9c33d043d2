import { Visitor, type Page } from './visitor.js';

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
