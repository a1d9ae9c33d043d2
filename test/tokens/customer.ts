import { Agent } from 'undici';

/** What the app answers to a customer. */
export interface Answer {
  readonly status: number;
  readonly body: {
    readonly user?: { readonly id: string };
    readonly token?: string;
    readonly bookings?: { readonly records?: readonly { readonly Name: string }[] };
    readonly code?: string;
  };
}

/** Connections for every customer of a test; each process gets so many requests at once. */
export function openAgent(): Agent {
  return new Agent({ connections: 50, headersTimeout: 30_000, bodyTimeout: 30_000 });
}

/** A logged-in browser, which any process may be asked by. */
export class Customer {
  readonly username: string;
  private readonly agent: Agent;
  private cookie = '';

  constructor(username: string, agent: Agent) {
    this.username = username;
    this.agent = agent;
  }

  async logIn(origin: string): Promise<Answer> {
    return this.send(origin, '/shared/login', {
      username: this.username,
      password: 'Passw0rd!',
    });
  }

  ask(origin: string, path: string): Promise<Answer> {
    return this.send(origin, path);
  }

  private async send(origin: string, path: string, form?: object): Promise<Answer> {
    const method = form === undefined ? 'GET' : 'POST';
    const body = form === undefined ? null : JSON.stringify(form);
    const headers = {
      ...(form !== undefined && { 'content-type': 'application/json' }),
      ...(this.cookie !== '' && { cookie: this.cookie }),
    };
    const answer = await this.agent.request({ origin, path, method, headers, body });
    const line = [answer.headers['set-cookie'] ?? []]
      .flat()
      .find((each) => each.startsWith('connect.sid='));
    if (line !== undefined) this.cookie = line.split(';')[0] ?? '';
    return { status: answer.statusCode, body: (await answer.body.json()) as Answer['body'] };
  }
}
