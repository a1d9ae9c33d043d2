import { FormData, type BodyInit } from 'undici';

/** Whoever makes forms has a class of their own: Node, undici, packages older than both. */
function isFormData(body: object): body is Iterable<readonly [string, unknown]> {
  return Object.prototype.toString.call(body) === '[object FormData]' && Symbol.iterator in body;
}

function isBinary(body: object): body is ArrayBuffer | NodeJS.ArrayBufferView | Blob {
  return ArrayBuffer.isView(body) || body instanceof ArrayBuffer || body instanceof Blob;
}

function isStream(body: object): body is AsyncIterable<Uint8Array> {
  return Symbol.asyncIterator in body;
}

/** The same form as one of undici's, which would send another's as the text `[object FormData]`. */
function formOf(given: Iterable<readonly [string, unknown]>): FormData {
  const form = new FormData();
  for (const [name, value] of given) {
    if (value instanceof Blob) form.append(name, value);
    else form.append(name, String(value));
  }
  return form;
}

/** Whether a body can be sent a second time. */
export function isRepeatable(body: unknown): boolean {
  if (body === undefined || body === null || typeof body === 'string') return true;
  if (typeof body !== 'object') return false;
  return isBinary(body) || body instanceof URLSearchParams || isFormData(body);
}

/**
 * A body as undici takes it.
 *
 * @throws {TypeError} for what is none.
 */
export function sendable(body: unknown): BodyInit {
  if (body === undefined || body === null || typeof body === 'string') return body ?? null;
  if (typeof body === 'object') {
    if (isBinary(body) || body instanceof URLSearchParams || isStream(body)) return body;
    if (isFormData(body)) return formOf(body);
  }
  throw new TypeError('no body');
}
