import type { WireResponse } from './wire.js';

/** The fields of a JSON object or a form-encoded text, whichever Salesforce chose. */
export type Fields = Readonly<Record<string, unknown>>;

/** What an answer is, whatever its status and Content-Type claim. */
export type Answer =
  | { readonly kind: 'redirect'; readonly location: URL }
  | { readonly kind: 'fields'; readonly fields: Fields }
  | { readonly kind: 'html' }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'empty' };

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseJson(text: string): Fields | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  // The REST side of Salesforce wraps one error in an array: [{ errorCode, message }].
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return isObject(first) ? first : undefined;
}

/** A text such as `error=invalid_client_id&error_description=client%20identifier%20invalid`. */
const formEncoded = /^[\w.-]+=[^\s<>]*$/;

function isRedirect(status: number): boolean {
  return status >= 300 && status < 400 && status !== 304;
}

/**
 * Reads any answer of Salesforce in the order of the wire contract (login, 2.3): redirect, JSON,
 * form-encoded text, HTML, other text. The Content-Type is believed last, since HTML arrives where
 * JSON is expected and OAuth errors arrive as plain text.
 *
 * @param requestUrl what a relative `Location` is relative to.
 */
export function readAnswer(response: WireResponse, requestUrl: string): Answer {
  const location = response.headers['location'];
  if (isRedirect(response.status) && location !== undefined && URL.canParse(location, requestUrl)) {
    return { kind: 'redirect', location: new URL(location, requestUrl) };
  }
  const text = response.body.trim();
  if (text === '') return { kind: 'empty' };
  if (text.startsWith('{') || text.startsWith('[')) {
    const fields = parseJson(text);
    if (fields !== undefined) return { kind: 'fields', fields };
  }
  if (formEncoded.test(text)) {
    return { kind: 'fields', fields: Object.fromEntries(new URLSearchParams(text)) };
  }
  const type = response.headers['content-type'] ?? '';
  if (text.startsWith('<') || /\bhtml\b/i.test(type)) return { kind: 'html' };
  return { kind: 'text', text };
}

/** One field as text, or undefined when it is absent, empty or something else. */
export function textField(fields: Fields, name: string): string | undefined {
  const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
  return typeof value === 'string' && value !== '' ? value : undefined;
}
