import type { ServerResponse } from 'node:http';
import { HeadlessError } from '../errors.js';
import { inAppWords, type Messages } from './messages.js';
import { asError } from './thrown.js';
import type { LoginRequest } from './verify.js';

/** Middleware that fits Express 4 and 5. */
export type Middleware = (
  req: LoginRequest,
  res: ServerResponse,
  next: (error?: unknown) => void,
) => void;

/** Middleware that does something and goes on, or hands its error on in the words of the app. */
export function middleware(
  messages: Messages,
  run: (req: LoginRequest) => Promise<void>,
): Middleware {
  return (req, _res, next) => {
    run(req).then(
      () => {
        next();
      },
      (error: unknown) => {
        next(error instanceof HeadlessError ? inAppWords(messages, error) : asError(error));
      },
    );
  };
}
