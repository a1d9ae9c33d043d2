/** One request to Salesforce, complete, not yet sent. */
export interface WireRequest {
  readonly method: 'GET' | 'POST';
  /** Absolute URL. Never carries a credential, a code or a token. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The secret values inside, so that no text derived from the answer can repeat one of them. */
  readonly secrets: readonly string[];
}

/** One answer of Salesforce, as received. Header names are lower case; the body is decoded text. */
export interface WireResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

export const formType = 'application/x-www-form-urlencoded';

/** A form body. Parameters that are undefined are left out; everything else is percent-encoded. */
export function formBody(parameters: Readonly<Record<string, string | undefined>>): string {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) form.append(name, value);
  }
  return form.toString();
}

/** What JSON text says, where a JSON body can say it without quoting it twice. Text that is no JSON stays text. */
export function jsonOf(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
