import assert from 'node:assert/strict';
import type { Emulator } from 'sf-headless-emulator';
import { header, password, publicClient, send, type Form, type Reply } from './browserless.js';

/** Where a journey ended: on a page of the emulator, or at a redirect that leaves it. */
export interface Arrival {
  readonly url: URL;
  readonly reply: Reply;
  /** Paths of the emulator that were called on the way, without site path. */
  readonly way: readonly string[];
}

export const callback = 'http://localhost:3000/callback';

/** A browser without a window: keeps the cookies of one emulator and follows redirects inside it. */
export class CookieVisitor {
  readonly emulator: Emulator;
  readonly cookies = new Map<string, string>();

  constructor(emulator: Emulator) {
    this.emulator = emulator;
  }

  /** One request, with cookies. */
  async send(url: string | URL, form?: Form): Promise<Reply> {
    const isUnderSite = `${new URL(url).href}/`.startsWith(`${this.emulator.url}/`);
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const reply = await send(String(url), {
      method: form === undefined ? 'GET' : 'POST',
      headers: {
        ...(isUnderSite && { cookie }),
        ...(form !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
      },
      ...(form !== undefined && { body: new URLSearchParams(form).toString() }),
    });
    for (const line of [reply.headers['set-cookie'] ?? []].flat()) {
      const [name = '', value = ''] = (line.split(';')[0] ?? '').split('=');
      if (!line.includes('HttpOnly')) continue;
      if (value === '') this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return reply;
  }

  /** A request and every redirect that stays on the emulator. */
  async go(start: string | URL, form?: Form): Promise<Arrival> {
    let url = new URL(start);
    let reply = await this.send(url, form);
    const path = (at: URL): string => at.pathname.replace(/^\/portal(?=\/)/, '');
    const way = [path(url)];
    while (reply.status === 302) {
      url = new URL(header(reply, 'location'));
      if (url.origin !== this.emulator.origin) return { url, reply, way };
      assert.ok(way.length < 10, `redirected round: ${way.join(' ')}`);
      way.push(path(url));
      reply = await this.send(url);
    }
    return { url, reply, way };
  }

  /** The authorize URL of the public client. */
  authorizeUrl(query: Form = {}): URL {
    const url = new URL(`${this.emulator.url}/services/oauth2/authorize`);
    url.search = new URLSearchParams({
      response_type: 'code',
      client_id: publicClient,
      redirect_uri: callback,
      state: 's-1',
      ...query,
    }).toString();
    return url;
  }

  authorize(query: Form = {}): Promise<Arrival> {
    return this.go(this.authorizeUrl(query));
  }

  /** Sends the form of a login page, as a person would. */
  fillIn(page: Arrival, username = 'alice@example.com', secret = password): Promise<Arrival> {
    return this.go(new URL(hidden(page, 'action'), page.url), {
      startURL: hidden(page, 'startURL'),
      formToken: hidden(page, 'formToken'),
      username,
      password: secret,
    });
  }

  /** Logs in on the site itself. */
  async logIn(username = 'alice@example.com'): Promise<Arrival> {
    return this.fillIn(await this.go(`${this.emulator.url}/login`), username);
  }
}

/** A hidden field of a login page, or the `action` of its form. */
export function hidden(page: Arrival, name: string): string {
  const pattern =
    name === 'action'
      ? /<form[^>]* action="([^"]*)"/
      : new RegExp(`name="${name}" value="([^"]*)"`);
  const found = pattern.exec(page.reply.text)?.[1];
  assert.ok(found !== undefined, `no ${name} in ${page.reply.text}`);
  return found.replaceAll('&amp;', '&');
}

/** The parameters of a callback. */
export function answered(arrival: Arrival): Record<string, string> {
  assert.equal(arrival.url.origin + arrival.url.pathname, callback, arrival.reply.text);
  return Object.fromEntries(arrival.url.searchParams);
}
