import {
  HeadlessError,
  salesforceDescriptions,
  salesforceErrors,
  type HeadlessErrorCode,
} from '../errors.js';
import { readAnswer, textField, type Answer, type Fields } from './answer.js';
import { formBody, type WireRequest, type WireResponse } from './wire.js';

/** What Salesforce said, as far as it is safe to repeat. It is the `cause` of a refusal. */
export interface SalesforceStatement {
  readonly status: number;
  /** The error code of the answer, such as `invalid_grant`. */
  readonly error?: string;
  /** The description beside it, with every secret of the request taken out. */
  readonly description?: string;
}

/** Meanings that hold at one endpoint only. */
export type LocalMeanings = Readonly<Record<string, HeadlessErrorCode>>;

const errorNames = ['error', 'errorCode', 'status_code', 'error_code'] as const;
const descriptionNames = [
  'error_description',
  'message',
  'otp_error',
  'password_error',
  'invalid_request',
] as const;
const longestDescription = 300;
const pageHint =
  'A page or a redirect came in place of data: Salesforce’s maintenance, or a proxy in between, or `site` is not the ' +
  'address of the Experience Cloud site.';

function firstText(fields: Fields, names: readonly string[]): string | undefined {
  for (const name of names) {
    const text = textField(fields, name);
    if (text !== undefined) return text;
  }
  return undefined;
}

/** A secret of few characters shows where it stands alone, not where it happens to be part of a word. */
function asSecret(text: string): RegExp {
  const literal = text.replace(/[$()*+./?[\\\]^{|}]/g, '\\$&');
  return text.length < 6
    ? new RegExp(`(?<![\\p{L}\\p{N}])${literal}(?![\\p{L}\\p{N}])`, 'gu')
    : new RegExp(literal, 'gu');
}

/** Takes every secret of a request out of a text, in each spelling an answer might repeat. */
function withoutSecrets(text: string, request: WireRequest): string {
  // The header first: it may end in what is also the Base64 of the secret alone.
  const authorization = request.headers['authorization']?.replace(/^\w+ /, '');
  let clean = authorization === undefined ? text : text.replaceAll(authorization, '[redacted]');
  for (const secret of request.secrets) {
    if (secret === '') continue;
    const spellings = [
      secret,
      encodeURIComponent(secret),
      formBody({ secret }).replace('secret=', ''),
      Buffer.from(secret).toString('base64'),
    ];
    for (const spelling of spellings) {
      clean = clean.replaceAll(asSecret(spelling), '[redacted]');
    }
  }
  return clean.replace(/\p{Cc}+/gu, ' ').slice(0, longestDescription);
}

function statement(
  request: WireRequest,
  response: WireResponse,
  fields: Fields | undefined,
  local: LocalMeanings,
) {
  const said: { status: number; error?: string; description?: string } = {
    status: response.status,
  };
  const error = fields && firstText(fields, errorNames);
  const description = fields && firstText(fields, descriptionNames);
  if (error !== undefined && /^[\w.-]{1,64}$/.test(error)) {
    // A word of Salesforce's own is none of the visitor's, even where the password is `password`.
    const isKnown = Object.hasOwn(local, error) || salesforceErrors.has(error);
    said.error = isKnown ? error : withoutSecrets(error, request);
  } else if (fields && textField(fields, 'invalid_request') !== undefined) {
    said.error = 'invalid_request';
  }
  if (description !== undefined) said.description = withoutSecrets(description, request);
  return said satisfies SalesforceStatement;
}

/** Salesforce's words about a refusal, without any secret of the request, or an empty text. */
export function descriptionOf(error: HeadlessError): string {
  const said = error.cause;
  const isStatement = typeof said === 'object' && said !== null && 'description' in said;
  return isStatement ? String(said.description) : '';
}

/** Salesforce's id of a request, when it has the shape of one. */
export function requestIdOf(response: WireResponse): string | undefined {
  const id = response.headers['x-sfdc-request-id'] ?? response.headers['x-request-id'];
  return id !== undefined && /^[\w.-]{1,64}$/.test(id) ? id : undefined;
}

function isPage({ kind }: Answer): boolean {
  return kind === 'html' || kind === 'redirect';
}

function meaningOf(
  answer: Answer,
  said: SalesforceStatement,
  local: LocalMeanings,
  page: HeadlessErrorCode,
): HeadlessErrorCode {
  if (said.status >= 500) return 'server_error';
  if (said.status === 429) return 'rate_limited';
  if (said.status === 404) return 'site_not_found';
  for (const [pattern, code] of salesforceDescriptions) {
    if (said.description !== undefined && pattern.test(said.description)) return code;
  }
  if (said.error !== undefined) {
    const own = Object.hasOwn(local, said.error) ? local[said.error] : undefined;
    const code = own ?? salesforceErrors.get(said.error);
    if (code !== undefined) return code;
  }
  if (isPage(answer)) return page;
  return 'unexpected_answer';
}

/**
 * Turns an answer that is no success into the error that says who can mend it.
 *
 * @param local what an error code means at this endpoint, where that differs from everywhere else.
 * @param page what a page or a redirect means at this endpoint. That it is Salesforce's "not accepted as headless" is
 *   known of authorize alone (wire contract, login, 2.3); anywhere else it may as well be a proxy's, or maintenance.
 */
export function refusal(
  request: WireRequest,
  response: WireResponse,
  local: LocalMeanings = {},
  page: HeadlessErrorCode = 'unexpected_answer',
): HeadlessError {
  const answer = readAnswer(response, request.url);
  let fields: Fields | undefined;
  if (answer.kind === 'fields') fields = answer.fields;
  if (answer.kind === 'text' && /^[A-Z]\w{2,40}$/.test(answer.text)) {
    fields = { error: answer.text };
  }
  if (answer.kind === 'redirect') {
    const { search, hash } = answer.location;
    fields = Object.fromEntries(new URLSearchParams(search || hash.replace(/^#/, '?')));
  }
  const said = statement(request, response, fields, local);
  const code = meaningOf(answer, said, local, page);
  return new HeadlessError(code, {
    cause: said,
    requestId: requestIdOf(response),
    ...(code === 'unexpected_answer' && isPage(answer) && { hint: pageHint }),
  });
}
