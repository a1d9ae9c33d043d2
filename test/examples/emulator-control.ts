/** The control calls of an emulator in another process, as far as the shop's tests need them. */
export class EmulatorControl {
  private readonly base: string;

  constructor(origin: string | undefined) {
    if (origin === undefined) throw new Error('the shop did not say where its emulator is');
    this.base = `${origin}/__emulator__`;
  }

  /** What the shop asked of Salesforce since `forget`, as `METHOD /path` without the site prefix. */
  async calls(): Promise<string[]> {
    const log = (await this.call('GET', 'log')) as { method: string; path: string }[];
    return log.map(({ method, path }) => `${method} ${path.replace(/^\/portal/, '')}`);
  }

  async forget(): Promise<void> {
    await this.call('DELETE', 'log');
  }

  /** What the shop sent to one endpoint since `forget`, newest last: the fields of its JSON bodies. */
  async sentTo(path: string): Promise<Record<string, unknown>[]> {
    const log = (await this.call('GET', 'log')) as { path: string; body: string }[];
    const found = log.filter((entry) => entry.path.replace(/^\/portal/, '') === path);
    return found.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
  }

  /** How many messages somebody has been sent. */
  async messagesTo(to: string): Promise<number> {
    return ((await this.call('GET', `outbox?to=${encodeURIComponent(to)}`)) as unknown[]).length;
  }

  async change(settings: object): Promise<void> {
    await this.call('PATCH', 'settings', settings);
  }

  /** Creates a user, or replaces one. */
  async user(username: string, record: object): Promise<void> {
    await this.call('PUT', `users/${encodeURIComponent(username)}`, record);
  }

  async client(id: string, record: object): Promise<void> {
    await this.call('PUT', `clients/${encodeURIComponent(id)}`, record);
  }

  /** Moves Salesforce's time forward. */
  async wait(seconds: number): Promise<void> {
    await this.call('POST', 'clock', { advance: seconds });
  }

  /** The newest code sent to somebody. */
  async codeFor(to: string): Promise<string> {
    const path = `outbox?to=${encodeURIComponent(to)}`;
    const [message] = (await this.call('GET', path)) as { code: string }[];
    if (message === undefined) throw new Error(`no message to ${to}`);
    return message.code;
  }

  async breakWith(...faults: object[]): Promise<void> {
    await this.call('PUT', 'faults', faults);
  }

  /** Everything as at the start. */
  async reset(): Promise<void> {
    await this.call('POST', 'reset');
  }

  async mend(): Promise<void> {
    await this.call('DELETE', 'faults');
  }

  private async call(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`${this.base}/${path}`, {
      method,
      ...(body !== undefined && {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`);
    return response.json();
  }
}
