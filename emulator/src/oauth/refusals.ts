import { json, type Answer } from '../http/answer.js';

/** An OAuth error. `reason` is for people and holds nothing secret. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly error: string;
  readonly description: string;

  constructor(error: string, description: string, reason = description) {
    super(reason);
    this.error = error;
    this.description = description;
  }
}

/** The site does not take a request as headless and answers with its login page. */
export class NotHeadless extends Error {
  override readonly name = 'NotHeadless';
}

/** One answer for unknown users, wrong passwords and users who may not log in (wire contract, login, section 2.3). */
export function authenticationFailure(reason: string): Refused {
  return new Refused('invalid_grant', 'authentication failure', reason);
}

/** The one text for every mistake with a visitor id (wire contract, login, section 10.2). */
export function uvidInvalid(reason: string): Refused {
  return new Refused('invalid_request', 'uvid invalid', reason);
}

/** `{ error, error_description }` with status 400 (wire contract, first-party, section 1.6). */
export function refusal({ error, description, message }: Refused): Answer {
  return json({ error, error_description: description }, 400, message);
}
