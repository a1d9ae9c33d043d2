/** What an endpoint says, before the stock headers of the site are added. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
  /** Values of `Set-Cookie`, beside the stock ones. */
  readonly cookies?: readonly string[];
  /** Why, for people: sent as `X-Emulator-Reason`. Never holds a password, code or token. */
  readonly reason?: string;
}

/** A JSON answer. */
export function json(value: unknown, status = 200, reason?: string): Answer {
  return typed('application/json;charset=UTF-8', JSON.stringify(value), status, reason);
}

/** A plain text answer. */
export function text(body: string, status = 200, reason?: string): Answer {
  return typed('text/plain;charset=UTF-8', body, status, reason);
}

/** An HTML answer. */
export function html(body: string, status = 200, reason?: string): Answer {
  return typed('text/html;charset=UTF-8', body, status, reason);
}

/** A redirect. */
export function redirect(location: string, status = 302, reason?: string): Answer {
  return because({ status, headers: { Location: location }, body: '' }, reason);
}

/** An answer of the given media type. */
export function typed(mediaType: string, body: string, status: number, reason?: string): Answer {
  return because({ status, headers: { 'Content-Type': mediaType }, body }, reason);
}

/** The answer with more headers. */
export function withHeaders(answer: Answer, headers: Readonly<Record<string, string>>): Answer {
  return { ...answer, headers: { ...answer.headers, ...headers } };
}

/** The answer with more cookies. */
export function withCookies(answer: Answer, cookies: readonly string[]): Answer {
  return { ...answer, cookies: [...(answer.cookies ?? []), ...cookies] };
}

function because(answer: Answer, reason: string | undefined): Answer {
  return reason === undefined ? answer : { ...answer, reason };
}
