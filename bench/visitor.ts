import { Agent } from 'undici';
import { customer } from './org.js';

const form = new URLSearchParams(customer).toString();

/** Browsers without cookies, each of which logs in once. */
export class Visitors {
  private readonly app: string;
  private readonly agent = new Agent({ headersTimeout: 10_000, bodyTimeout: 10_000 });

  /** @param app URL of the app. */
  constructor(app: string) {
    this.app = app;
  }

  /**
   * One login by a new visitor.
   *
   * @param userId who must be logged in by it.
   * @returns the session cookie.
   */
  async login(variant: string, userId: string): Promise<string> {
    const { statusCode, headers, body } = await this.agent.request({
      origin: this.app,
      path: `/${variant}/login`,
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: form,
    });
    const text = await body.text();
    const cookie = String(headers['set-cookie'] ?? '').split(';')[0] ?? '';
    if (statusCode !== 200 || text !== JSON.stringify({ id: userId }) || cookie === '') {
      throw new Error(`a login by ${variant} failed: ${statusCode} ${text.slice(0, 200)}`);
    }
    return cookie;
  }

  /** Whether the session of a cookie is that of a user. */
  async isLoggedIn(cookie: string, userId: string): Promise<boolean> {
    const path = '/me';
    const request = { origin: this.app, path, method: 'GET', headers: { cookie } } as const;
    const { body } = await this.agent.request(request);
    return (await body.text()) === JSON.stringify({ id: userId });
  }

  async close(): Promise<void> {
    await this.agent.destroy();
  }
}
