import { IncomingMessage } from 'node:http';
import { createRequire } from 'node:module';
import type { RequestHandler, Express, ErrorRequestHandler } from 'express';
import type { Authenticator } from 'passport';

const require = createRequire(import.meta.url);

/** One pairing of Express and Passport that apps out there run. */
export interface Stack {
  readonly title: string;
  readonly express: string;
  readonly passport: string;
}

const expresses = { express416: 'Express 4.16', express4: 'Express 4', express: 'Express 5' };
const passports = {
  passport04: 'Passport 0.4.1',
  passport05: 'Passport 0.5',
  passport06: 'Passport 0.6',
  passport: 'Passport 0.7',
};

/** Every Express with every Passport. */
export const stacks: readonly Stack[] = Object.entries(expresses).flatMap(([express, onExpress]) =>
  Object.entries(passports).map(([passport, withPassport]) => ({
    title: `${onExpress} with ${withPassport}`,
    express,
    passport,
  })),
);

/** The newest of both. */
export const newest: Stack = { title: 'newest', express: 'express', passport: 'passport' };

interface ExpressModule {
  (): Express;
  urlencoded(options: { extended: boolean }): RequestHandler;
  json(): RequestHandler;
}

/** An Express of the stack: the app factory with its body parsers. */
export function expressOf(stack: Stack): ExpressModule {
  return require(stack.express) as ExpressModule;
}

/** What Passport 0.4 and 0.5 write onto every request of the process. */
const patched = ['login', 'logIn', 'logout', 'logOut', 'isAuthenticated', 'isUnauthenticated'];

/**
 * A Passport of the stack, of its own: nothing registered by another test is in it. An app has one Passport, so what
 * an older one of an earlier test has left on all requests of this process is taken away first.
 */
export function passportOf(stack: Stack): Authenticator {
  for (const name of patched) Reflect.deleteProperty(IncomingMessage.prototype, name);
  const { Passport } = require(stack.passport) as { Passport: new () => Authenticator };
  return new Passport();
}

export type { Express, RequestHandler, ErrorRequestHandler };
