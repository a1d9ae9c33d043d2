import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  GuestStrategy,
  HeadlessClient,
  HeadlessError,
  headlessSession,
  OtpStrategy,
  PasswordStrategy,
  type Done,
  type Login,
  type NamedIdentity,
} from 'passport-sf-headless';
import { HeadlessClient as ClientAlone } from 'passport-sf-headless/client';

const client: HeadlessClient = new ClientAlone({
  site: 'http://localhost:8080/portal',
  clientId: '3MVG9.example',
  redirectUri: 'http://localhost:3000/callback',
});

function verify(login: Login<NamedIdentity>, done: Done): void {
  done(null, { id: login.identity.userId });
}

export const strategies = [
  new PasswordStrategy({ client }, verify),
  new OtpStrategy({ client }, verify),
  new GuestStrategy({ client }),
];

type Middleware = (req: IncomingMessage, res: ServerResponse, next: () => void) => void;

/** Without Express: anything that hands on Node's own request and response will do. */
export const middleware: Middleware = headlessSession({ client });

export function statusOf(error: unknown): number {
  return error instanceof HeadlessError ? error.status : 500;
}
