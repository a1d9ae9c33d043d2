import { HeadlessError } from '../errors.js';
import type { LoginRequest } from './verify.js';

/**
 * The parsed body of a request.
 *
 * @throws {HeadlessError} `body_not_parsed` when there is a body and nobody parsed it: without this, a missing body
 *   parser would look like a visitor who left the form empty.
 */
export function formOf(req: LoginRequest): object {
  const { body } = req;
  if (typeof body === 'object' && body !== null) return body;
  const length = Number(req.headers['content-length'] ?? 0);
  if (length > 0 || req.headers['transfer-encoding'] !== undefined) {
    throw new HeadlessError('body_not_parsed');
  }
  return {};
}

/**
 * One field of a form. Body parsers make lists and objects out of repeated and bracketed names; only text is a field.
 *
 * @throws {HeadlessError} `malformed_credentials` when the field is there and is no text.
 */
export function formField(form: object, name: string): string | undefined {
  const value: unknown = Object.hasOwn(form, name) ? Reflect.get(form, name) : undefined;
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') throw new HeadlessError('malformed_credentials');
  return value;
}

/**
 * The function by which an app reads its requests, or the standing one.
 *
 * @throws {TypeError} naming the class and the option when it is no function.
 */
export function readerOf<T>(
  owner: string,
  options: object,
  option: string,
  standing: (req: LoginRequest) => T,
): (req: LoginRequest) => T {
  const given: unknown = Reflect.get(options, option);
  if (given === undefined) return standing;
  if (typeof given !== 'function') {
    throw new TypeError(`${owner}: option \`${option}\` must be a function`);
  }
  return given.bind(options) as (req: LoginRequest) => T;
}
