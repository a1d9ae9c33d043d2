import { formField, formOf } from './form.js';
import type { LoginRequest } from './verify.js';

/** What makes a request one that comes back from Salesforce. */
const marks = ['code', 'error', 'state'];
const names = [
  ...marks,
  'error_description',
  'iss',
  'sfdc_community_url',
  'sfdc_community_id',
] as const;

/** The query of a request, as it stands in its URL: parsers differ in what they make of what comes twice. */
export function queryOf({ url = '' }: LoginRequest): URLSearchParams {
  const at = url.indexOf('?');
  return new URLSearchParams(at < 0 ? '' : url.slice(at));
}

/** Whether a query or a form comes back from Salesforce. */
export function isCallback(fields: URLSearchParams): boolean {
  return marks.some((mark) => fields.has(mark));
}

/**
 * What a request brings back from Salesforce, or undefined: the query of a redirect, or the fields that a page has got
 * from the echo endpoint and hands on in a body.
 *
 * @throws {HeadlessError} `body_not_parsed`, `malformed_credentials`.
 */
export function callbackOf(req: LoginRequest): URLSearchParams | undefined {
  const query = queryOf(req);
  if (isCallback(query)) return query;
  const form = formOf(req);
  const fields = new URLSearchParams();
  for (const name of names) {
    const value = formField(form, name);
    if (value !== undefined) fields.append(name, value);
  }
  return isCallback(fields) ? fields : undefined;
}

/** The fields of a callback that a page needs to hand it on. */
export function fieldsOf(query: URLSearchParams): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = query.get(name);
      return value === null ? [] : [[name, value]];
    }),
  );
}
