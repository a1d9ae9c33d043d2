import { HeadlessError } from '../errors.js';
import { checkCredential } from './arguments.js';

/** How a caller names the user: by username, or by any identifier that the site's discovery handler knows. */
export interface UserArgument {
  /** Sent as it is. */
  readonly username?: string | undefined;
  /** Any identifier in place of the username: an email address, a phone number, an order number. Sent as it is. */
  readonly loginHint?: string | undefined;
  /** For the discovery handler, beside `loginHint`: an object, or JSON text. */
  readonly customdata?: object | string | undefined;
}

/** The user as calls carry it. */
export interface NamedUser {
  readonly username?: string;
  readonly loginHint?: string;
  /** JSON text. */
  readonly customdata?: string;
}

const longestCustomdata = 16_000;

/**
 * Custom data as JSON text.
 *
 * @throws {HeadlessError} `malformed_credentials` for what JSON cannot say, and for more than 16,000 characters.
 */
function customdataText(customdata: unknown): string | undefined {
  if (customdata === undefined || customdata === null) return undefined;
  let text: unknown;
  try {
    text = typeof customdata === 'string' ? customdata : JSON.stringify(customdata);
  } catch {
    text = undefined;
  }
  if (typeof text !== 'string' || text.length > longestCustomdata) {
    throw new HeadlessError('malformed_credentials');
  }
  return text;
}

/**
 * Holds the name of a user to what can be sent unchanged: exactly one of username and login hint.
 *
 * @throws {HeadlessError} `missing_credentials` without either, `malformed_credentials`, `invalid_argument` with both.
 */
export function readUser({ username, loginHint, customdata }: UserArgument): NamedUser {
  if (loginHint === undefined) return { username: checkCredential(username, 'name') };
  if (username !== undefined) {
    throw new HeadlessError('invalid_argument', {
      message: 'Give either `username` or `loginHint`, not both.',
    });
  }
  const text = customdataText(customdata);
  return {
    loginHint: checkCredential(loginHint, 'name'),
    ...(text !== undefined && { customdata: text }),
  };
}
