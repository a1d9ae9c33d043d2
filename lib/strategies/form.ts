import { HeadlessError } from '../errors.js';
import type { LoginRequest } from './verify.js';

/** What an app that takes forms has a parser for. */
const parsed =
  /^\s*(?:application\/(?:json|x-www-form-urlencoded)|multipart\/form-data)\s*(?:;|$)/i;

/**
 * The parsed body of a request.
 *
 * @throws {HeadlessError} `body_not_parsed` when there is a form or JSON and nobody parsed it: without this, a missing
 *   body parser would look like a visitor who left the form empty. `malformed_credentials` for any other kind of body: no
 *   parser takes it, so it is the sender's mistake.
 */
export function formOf(req: LoginRequest): object {
  const { body } = req;
  if (typeof body === 'object' && body !== null) return body;
  const length = Number(req.headers['content-length'] ?? 0);
  if (length > 0 || req.headers['transfer-encoding'] !== undefined) {
    const type = req.headers['content-type'] ?? '';
    throw new HeadlessError(parsed.test(type) ? 'body_not_parsed' : 'malformed_credentials');
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

/** Reads something of a request. */
export type Reader<T> = (req: LoginRequest) => Promise<T>;

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The function of an app that reads a text of its requests, or the standing one. */
export function textReaderOf(
  options: object,
  option: string,
  standing: (req: LoginRequest) => string | undefined,
): Reader<string | undefined> {
  const read = functionOf(options, option) ?? standing;
  return async (req) => (await read(req)) as string | undefined;
}

/**
 * The function by which an app reads its requests, or the standing one. The app's may be asynchronous. What it gives that
 * is no object is a {@link HeadlessError} `invalid_argument`: it would look like a visitor who left the form empty.
 *
 * @param mayBeNothing whether it may give undefined, too.
 */
export function readerOf<T>(
  owner: string,
  options: object,
  option: string,
  standing: (req: LoginRequest) => T,
  mayBeNothing = false,
): Reader<T> {
  const read = functionOf(options, option) ?? standing;
  return async (req) => {
    const given = await read(req);
    if (isObject(given) || (mayBeNothing && given === undefined)) return given as T;
    throw new HeadlessError('invalid_argument', {
      message: `${owner}: option \`${option}\` must give an object, or a promise of one.`,
    });
  };
}

function functionOf(options: object, option: string): ((req: LoginRequest) => unknown) | undefined {
  const given: unknown = Reflect.get(options, option);
  return typeof given === 'function'
    ? (given.bind(options) as (req: LoginRequest) => unknown)
    : undefined;
}
