import { Agent } from 'undici';
import type { StoreView } from './session-app.js';

/** One browser, or as many as like to show the same cookies. */
export class SessionVisitor {
  private readonly origin: string;
  private readonly agent: Agent;
  private readonly cookies = new Map<string, string>();

  constructor(origin: string, agent: Agent) {
    this.origin = origin;
    this.agent = agent;
  }

  /** Sends one request and returns the answer's text; fails at any status but 200. */
  async send(method: 'GET' | 'POST', path: string, body?: object): Promise<string> {
    const headers: Record<string, string> = {};
    if (this.cookies.size > 0) {
      headers['cookie'] = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    }
    if (body !== undefined) headers['content-type'] = 'application/json';
    const { origin } = this;
    const sent = body === undefined ? null : JSON.stringify(body);
    const answer = await this.agent.request({ origin, path, method, headers, body: sent });
    const text = await answer.body.text();
    if (answer.statusCode !== 200) {
      throw new Error(`${method} ${path} failed: ${answer.statusCode} ${text.slice(0, 200)}`);
    }
    for (const line of [answer.headers['set-cookie'] ?? []].flat()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '') this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return text;
  }

  async store(): Promise<StoreView> {
    return JSON.parse(await this.send('GET', '/store')) as StoreView;
  }

  /** Views the page so many times in all, so many at a time. */
  async view(views: number, atATime: number): Promise<void> {
    let started = 0;
    const lane = async (): Promise<void> => {
      while (started < views) {
        started += 1;
        await this.send('GET', '/');
      }
    };
    await Promise.all(Array.from({ length: atATime }, lane));
  }
}
