import { fieldProblems } from '../client/invalid-fields.js';
import { HeadlessError, headlessErrorCodes, type HeadlessErrorCode } from '../errors.js';

/** Messages for the visitor by error code, in the app's own words or language. */
export type Messages = Partial<Record<HeadlessErrorCode, string>>;

/** @throws {TypeError} naming the owner and what is wrong: no object, a code that is none, a message that is no text. */
export function checkMessages(owner: string, messages: Messages = {}): Messages {
  const given: unknown = messages;
  if (typeof given !== 'object' || given === null) {
    throw new TypeError(`${owner}: option \`messages\` must be an object`);
  }
  for (const [code, message] of Object.entries(given)) {
    const option = `${owner}: option \`messages.${code}\``;
    if (!headlessErrorCodes.some((known) => known === code)) {
      throw new TypeError(`${option} is no error code`);
    }
    if (message !== undefined && typeof message !== 'string') {
      throw new TypeError(`${option} must be a text`);
    }
  }
  return messages;
}

/** Standing words about a field are those of the code that a whole form would get. */
function aboutField(messages: Messages, text: string): string {
  if (text === fieldProblems.missing) return messages.missing_credentials ?? text;
  if (text === fieldProblems.malformed) return messages.malformed_credentials ?? text;
  return text;
}

/** An error in the app's words, where the app has some. A message that was made for this one occurrence stays. */
export function inAppWords(messages: Messages, error: HeadlessError): HeadlessError {
  const { code, message, cause, hint, requestId } = error;
  const isStanding = message === new HeadlessError(code).message;
  const fields =
    error.fields &&
    Object.fromEntries(
      Object.entries(error.fields).map(([name, text]) => [name, aboutField(messages, text)]),
    );
  return new HeadlessError(code, {
    message: (isStanding ? messages[code] : undefined) ?? message,
    cause,
    requestId,
    fields,
    ...(hint !== undefined && { hint }),
  });
}
